import Glibc
import Kernel
import TestSupport
import Testing

@testable import PolicyCompiling

@Suite("What could be run")
struct ExecutableFileTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    private func examine(_ bytes: [UInt8], name: String = "tool", isPermitted: Bool = false) throws -> ExecutableFile {
        let file = try Files.open(try scratch.write(name, bytes), O_RDONLY)
        return try ExecutableFile.examine(file.number, name: name, isPermitted: isPermitted)
    }

    private static func file(_ path: String) throws -> ExecutableFile {
        let file = try Files.open(path, O_RDONLY)
        let real = try Files.path(of: file)
        return try ExecutableFile.examine(file.number, name: Paths.name(real), isPermitted: true)
    }

    private static let loader = "/lib64/ld-test.so.2"

    @Test("is a program of this host, with its loader")
    func programs() throws {
        for path in ["/bin/sh", "/usr/bin/env", "/proc/self/exe"] {
            guard case .program(let loader) = try Self.file(path) else {
                Issue.record("\(path) is no program")
                continue
            }
            #expect(loader?.hasPrefix("/lib") == true, "\(path)")
        }
    }

    @Test("is no library of this host, though libc.so.6 names a loader")
    func libraries() throws {
        let maps = String(decoding: try Files.contents("/proc/self/maps"), as: UTF8.self)
        let paths = Set(maps.split(separator: "\n").compactMap { $0.split(separator: " ").dropFirst(5).first })
            .filter { $0.contains(".so") && $0.hasPrefix("/") }
        #expect(paths.contains { $0.contains("libc.so") })
        for path in paths { #expect(try Self.file(String(path)) == .no, "\(path)") }
    }

    @Test("is a program with a loader, whether it may be executed or not")
    func withLoader() throws {
        for type in [2, 3] as [UInt16] {
            let image = ELFImage(type: type, interpreter: Self.loader)
            #expect(try examine(image.bytes) == .program(loader: Self.loader))
        }
        #expect(try examine(ELFImage(type: 1, interpreter: Self.loader).bytes) == .no)
    }

    @Test("is a program without one: static, or static and position-independent")
    func withoutLoader() throws {
        #expect(try examine(ELFImage(type: 2).bytes) == .program(loader: nil))
        let image = ELFImage(tags: [ELFImage.position])
        #expect(try examine(image.bytes) == .program(loader: nil))
        #expect(try examine(ELFImage(tags: [(1, 1)]).bytes) == .no)
        #expect(try examine(ELFImage(tags: [(1, 1)]).bytes, isPermitted: true) == .program(loader: nil))
    }

    @Test("is no library, by its name and by the name that it gives itself")
    func library() throws {
        let image = ELFImage(interpreter: Self.loader, tags: [(1, 1), ELFImage.name])
        for name in ["libc.so.6", "ld-linux-x86-64.so.2"] {
            #expect(try examine(image.bytes, name: name, isPermitted: true) == .no)
        }
        #expect(try examine(image.bytes, name: "tool.so") == .program(loader: Self.loader))
        // Without a name of its own, the file's name proves nothing.
        #expect(try examine(ELFImage(interpreter: Self.loader).bytes, name: "libx.so") == .program(loader: Self.loader))
        #expect(try examine(ELFImage(tags: [ELFImage.name]).bytes, name: "plugin", isPermitted: true) == .no)
        #expect(try examine(ELFImage(tags: [(1, 1)]).bytes, name: "plugin.so", isPermitted: true) == .no)
    }

    @Test("is a program whose headers stand at its end, as patchelf leaves them")
    func far() throws {
        let image = ELFImage(interpreter: Self.loader, gap: 100_000)
        #expect(try examine(image.bytes) == .program(loader: Self.loader))
    }

    @Test("is a script that may be executed, and no text")
    func scripts() throws {
        #expect(try examine(Array("#!/bin/sh\n".utf8), isPermitted: true) == .script)
        #expect(try examine(Array("#!".utf8), isPermitted: true) == .script)
        #expect(try examine(Array("#!/bin/sh\n".utf8)) == .no)
        for text in ["", "#", "echo", " #!/bin/sh", "\u{7f}EL", "\u{7f}ELF"] {
            #expect(try examine(Array(text.utf8), isPermitted: true) == .no, "\(text)")
        }
    }

    @Test("is nothing that this host could not load: cut off, 32 bit, big-endian, or with headers of another size")
    func foreign() throws {
        let bytes = ELFImage(type: 2, interpreter: Self.loader).bytes
        for count in [5, 20, 63] { #expect(try examine(Array(bytes[..<count]), isPermitted: true) == .no) }
        for (place, value) in [(4, 1), (5, 2), (54, 32), (54, 0)] as [(Int, UInt8)] {
            var other = bytes
            other[place] = value
            #expect(try examine(other, isPermitted: true) == .no, "byte \(place)")
        }
    }

    @Test(
        "is asked of headers that lie, without a crash",
        arguments: [0, 1, 63, 64, 1 << 20, 1 << 62, UInt64(Int64.max), 1 << 63, UInt64.max - 55, UInt64.max] as [UInt64]
    )
    func lies(number: UInt64) throws {
        for count in [0, 1, 2, 0xffff] as [UInt16] {
            for type in [2, 3] as [UInt16] {
                _ = try examine(ELFImage.start(type: type, table: number, size: 56, count: count), isPermitted: true)
                for kind in [2, 3] as [UInt32] {
                    for part in [(number, 16), (64, number), (number, number)] as [(UInt64, UInt64)] {
                        let header = ELFImage.header(kind, at: part.0, size: part.1)
                        let bytes = ELFImage.start(type: type, table: 64, size: 56, count: count) + header
                        _ = try examine(bytes, name: "libx.so", isPermitted: true)
                    }
                }
            }
        }
    }

    @Test("is asked of any bytes, without a crash", arguments: UInt64(0)..<60)
    func random(seed: UInt64) throws {
        var random = SplitMix(seed)
        for _ in 0..<20 {
            var bytes = ELFImage(interpreter: Self.loader, tags: [ELFImage.name, ELFImage.position]).bytes
            for _ in 0..<Int.random(in: 1...12, using: &random) {
                let place = Int.random(in: 4..<bytes.count, using: &random)
                bytes[place] = [0, 1, 0x7f, 0x80, 0xff].randomElement(using: &random) ?? 0
            }
            bytes.removeLast(Int.random(in: 0...bytes.count / 2, using: &random))
            _ = try examine(bytes, name: ["tool", "libx.so"].randomElement(using: &random) ?? "", isPermitted: true)
        }
    }
}
