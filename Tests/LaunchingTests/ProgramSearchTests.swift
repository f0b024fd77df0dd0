import Glibc
import Kernel
import Policy
import TestSupport
import Testing

@testable import Launching

@Suite("The search for a program")
struct ProgramSearchTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
        try scratch.write("bin/tool", "x", mode: 0o755)
        try scratch.write("bin/data", "x", mode: 0o644)
        try scratch.makeDirectory("bin/directory")
        try scratch.write("local/tool", "y", mode: 0o755)
    }

    private func find(_ name: String, path: [String] = ["bin"]) throws -> ProgramSearch.Finding {
        try ProgramSearch.find(name, path: path.map { "\(scratch.path)/\($0)" }, directory: scratch.path)
    }

    private func found(_ name: String, path: [String] = ["bin"]) throws -> String? {
        if case .program(let program) = try find(name, path: path) { return program.path }
        return nil
    }

    private func why(_ name: String) throws -> String? {
        if case .unusable(_, let why) = try find(name) { return why }
        return nil
    }

    @Test("takes the first directory of the list that has it")
    func order() throws {
        #expect(try found("tool", path: ["bin", "local"]) == "\(scratch.path)/bin/tool")
        #expect(try found("tool", path: ["local", "bin"]) == "\(scratch.path)/local/tool")
        #expect(try found("tool", path: ["missing", "bin"]) == "\(scratch.path)/bin/tool")
        #expect(try find("tool", path: []) == .nothing)
    }

    @Test("goes on behind a file that can't be executed, and names it only if there is no other")
    func unusable() throws {
        try scratch.write("local/data", "y", mode: 0o755)
        #expect(try found("data", path: ["bin", "local"]) == "\(scratch.path)/local/data")
        #expect(try why("data") == "it has no execute permission")
        #expect(try why("directory") == "it is a directory")
    }

    @Test(
        "follows links to the file itself, whatever the spelling",
        arguments: ["link", "./bin/link", "bin/../bin/./link", "bin//link"])
    func spelling(name: String) throws {
        try scratch.link("bin/link", to: "tool")
        #expect(try found(name) == "\(scratch.path)/bin/tool")
    }

    @Test("takes a name with a slash relative to the directory, and never from the list")
    func relative() throws {
        #expect(try found("./local/tool") == "\(scratch.path)/local/tool")
        #expect(try found("\(scratch.path)/local/tool") == "\(scratch.path)/local/tool")
        #expect(try find("./tool") == .nothing)
        #expect(try find("tool/") == .nothing)
    }

    @Test(
        "finds nothing where there is nothing",
        arguments: ["", "missing", "tool\0", "a\0b", "bin/tool/x", "x".repeated(300), "x".repeated(5000)])
    func nothing(name: String) throws {
        #expect(try find(name) == .nothing)
    }

    @Test("finds no device, no FIFO and no loop of links")
    func special() throws {
        _ = try checked { mkfifo("\(scratch.path)/bin/fifo", 0o777) }
        #expect(try why("fifo") == "it is not a regular file")
        #expect(try why("/dev/null") == "it is not a regular file")
        try scratch.link("bin/loop", to: "loop")
        #expect(try why("loop")?.contains("ELOOP") == true)
        try scratch.link("bin/dangling", to: "nowhere")
        #expect(try find("dangling") == .nothing)
        #expect(try why("..") == "it is a directory")
    }

    @Test("expands a pattern to what can be executed, without hidden files and in order")
    func expand() throws {
        try scratch.write("bin/tool2", "x", mode: 0o755)
        try scratch.write("bin/.tool3", "x", mode: 0o755)
        func paths(_ pattern: String) throws -> [String] {
            try ProgramSearch.expand("\(scratch.path)/\(pattern)").map {
                String($0.path.dropFirst(scratch.path.count + 1))
            }
        }
        #expect(try paths("bin/*") == ["bin/tool", "bin/tool2"])
        #expect(try paths("*/tool") == ["bin/tool", "local/tool"])
        #expect(try paths("bin/t*2") == ["bin/tool2"])
        #expect(try paths("missing/*").isEmpty)
        #expect(try paths("bin/tool/*").isEmpty)
        #expect(try paths("bin/tool") == ["bin/tool"])
    }
}

@Suite("The first line of a script")
struct ScriptTests {
    @Test(
        "is taken apart as the kernel does",
        arguments: [
            ("#!/bin/sh\n", "/bin/sh", nil), ("#!/bin/sh", "/bin/sh", nil), ("#! /bin/sh -e \t\nrest", "/bin/sh", "-e"),
            ("#!\t/usr/bin/env  python3 -u\n", "/usr/bin/env", "python3 -u"), ("#!/bin/sh\r\n", "/bin/sh\r", nil),
            ("#!/usr/bin/env sh\r\n", "/usr/bin/env", "sh\r"), ("#!/bin/sh\0 -x\n", "/bin/sh", nil),
            ("#!/bin/sh -a\0b\n", "/bin/sh", "-a"), ("#!a b\u{301}  c\n", "a", "b\u{301}  c"),
            ("#!/bin/x \u{301}\n", "/bin/x", "\u{301}"), ("#!relative\n", "relative", nil),
        ] as [(String, String, String?)])
    func parsed(text: String, interpreter: String, argument: String?) {
        let script = Script.parse(Array(text.utf8))
        #expect(script.map { Array($0.interpreter.utf8) } == Array(interpreter.utf8))
        #expect(script?.argument.map { Array($0.utf8) } == argument.map { Array($0.utf8) })
    }

    @Test(
        "that names nothing is none",
        arguments: ["", "#", "#!", "#!\n", "#!   \n/bin/sh", " #!/bin/sh\n", "!#/bin/sh\n", "#!\0/bin/sh\n"])
    func none(text: String) {
        #expect(Script.parse(Array(text.utf8)) == nil)
    }

    @Test("ends where the kernel ends it: a longer name is cut off, and so it is none")
    func long() {
        let name = "/" + "x".repeated(252)
        #expect(Script.parse(Array("#!\(name)\n".utf8))?.interpreter == name)
        #expect(Script.parse(Array("#!\(name)x\n".utf8)) == nil)
        #expect(Script.parse(Array("#!/bin/sh \("y".repeated(400))\n".utf8))?.argument == "y".repeated(245))
    }

    @Test("of any bytes is read without a crash", arguments: UInt64(0)..<200)
    func random(seed: UInt64) {
        var random = SplitMix(seed)
        let letters = Array("#! \t\n\0/a\r".utf8) + [0xff, 0xcc, 0x81]
        let bytes = [0x23, 0x21] + (0..<300).map { _ in letters.randomElement(using: &random) ?? 0 }
        guard let script = Script.parse(bytes) else { return }
        #expect(!script.interpreter.isEmpty)
        #expect(!script.interpreter.utf8.contains { [0, 0x20, 0x09, 0x0a].contains($0) })
        #expect(script.argument?.utf8.contains { [0, 0x0a].contains($0) } != true)
    }
}

extension String {
    func repeated(_ count: Int) -> String { String(repeating: self, count: count) }
}
