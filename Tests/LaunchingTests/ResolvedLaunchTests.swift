import Kernel
import Policy
import TestSupport
import Testing

@testable import Launching

@Suite("A command that is looked up and decided on")
struct ResolvedLaunchTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
        try scratch.write("bin/tool", "\u{7f}ELF", mode: 0o755)
        try scratch.write("bin/other", "\u{7f}ELF", mode: 0o755)
        try scratch.write("bin/sh", "\u{7f}ELF", mode: 0o755)
    }

    private func resolve(
        _ command: RequestedCommand, _ allow: [String] = ["tool", "sh"], shell: ShellUse? = nil,
        _ change: (inout EffectivePolicy) -> Void = { _ in }
    ) throws -> ResolvedLaunch {
        var policy = EffectivePolicy.allowing(allow, path: ["\(scratch.path)/bin"])
        change(&policy)
        return try ResolvedLaunch.resolve(
            command, try CompiledPolicy.sample(policy), directory: scratch.path, workspace: scratch.path, shell: shell)
    }

    @Test("is allowed by the file that its name is, however it is spelled")
    func allowed() throws {
        try scratch.link("bin/alias", to: "tool")
        for name in ["tool", "alias", "\(scratch.path)/bin/tool", "./bin/tool", "bin/../bin/alias"] {
            let resolved = try resolve(.arguments([name, "-x"]))
            #expect(resolved.decision.isAllowed, "\(name)")
            #expect(resolved.program?.path == "\(scratch.path)/bin/tool")
            #expect(resolved.executed == [name, "-x"])
        }
        #expect(try !resolve(.arguments(["other"])).decision.isAllowed)
    }

    @Test("that is not found, or can't be executed, is an error of its own")
    func notFound() throws {
        #expect(try resolve(.arguments(["missing"])).decision.refusal(arguments: [])?.exitCode == 127)
        try scratch.write("bin/data", mode: 0o644)
        let error = #expect(throws: LaunchError.self) { try resolve(.arguments(["data"])) }
        #expect(error?.exitCode == 126)
        #expect(error?.remedy.isEmpty == false)
        #expect(throws: LaunchError.self) { try resolve(.arguments(["./bin"])) }
    }

    @Test("with a NUL in an argument, or without arguments, is refused")
    func malformed() throws {
        #expect(throws: LaunchError.self) { try resolve(.arguments(["tool", "-c\0x"])) }
        #expect(throws: LaunchError.self) { try resolve(.arguments(["tool\0"])) }
        #expect(try !resolve(.arguments([])).decision.isAllowed)
        #expect(try !resolve(.arguments([""])).decision.isAllowed)
        #expect(try !resolve(.string("")).decision.isAllowed)
    }

    @Test("given as a string is split where no shell is needed, and names the character where one is")
    func string() throws {
        #expect(try resolve(.string("tool 'a b' c")).executed == ["tool", "a b", "c"])
        let refused = try resolve(.string("tool; other"))
        #expect(!refused.decision.isAllowed)
        #expect(refused.program == nil)
        #expect(refused.decision.reasons.first?.text.contains("\";\" at column 5") == true)
        #expect(refused.decision.reasons.first?.text.contains("argv") == true)
        #expect(try resolve(.string("tool 'x")).decision.reasons.first?.text.contains("column 6") == true)
    }

    @Test("that needs a shell gets one only where policy and caller agree")
    func shell() throws {
        let checked = try resolve(.string("tool; other")) { $0.commands.shell = .check }
        #expect(checked.executed == ["sh", "-c", "tool; other"])
        #expect(checked.decision.isAllowed)
        #expect(try !resolve(.string("a; b"), shell: .refuse) { $0.commands.shell = .check }.decision.isAllowed)
        #expect(try !resolve(.string("a; b"), shell: .check) { $0.commands.shell = .refuse }.decision.isAllowed)
        #expect(try resolve(.string("a '"), shell: .check) { $0.commands.shell = .check }.program == nil)
    }

    // MARK: scripts

    private func script(_ name: String, _ line: String) throws { try scratch.write("bin/\(name)", line, mode: 0o755) }

    @Test("that is a script runs its interpreter, with the argument of its first line")
    func script() throws {
        try script("hello", "#!\(scratch.path)/bin/sh -eu\necho")
        let resolved = try resolve(.arguments(["hello", "a"]), ["hello", "sh"])
        let bin = "\(scratch.path)/bin"
        #expect(resolved.decision.isAllowed)
        #expect(resolved.program?.path == "\(bin)/sh")
        #expect(resolved.arguments == ["hello", "a"])
        #expect(resolved.executed == ["\(bin)/sh", "-eu", "\(bin)/hello", "a"])
    }

    @Test("that is a script of a script runs the last interpreter, and too many of them are refused")
    func nested() throws {
        let bin = "\(scratch.path)/bin"
        try script("s1", "#!\(bin)/sh\n")
        for level in 2...5 { try script("s\(level)", "#!\(bin)/s\(level - 1) -\(level)\n") }
        let names = ["sh", "s1", "s2", "s3", "s4", "s5"]
        let resolved = try resolve(.arguments(["s3"]), names)
        #expect(resolved.executed == ["\(bin)/sh", "\(bin)/s1", "-2", "\(bin)/s2", "-3", "\(bin)/s3"])
        #expect(resolved.program?.path == "\(bin)/sh")
        _ = try resolve(.arguments(["s4"]), names)
        let error = #expect(throws: LaunchError.self) { try resolve(.arguments(["s5"]), names) }
        #expect(error?.kind == .notExecutable)
        try script("loop", "#!\(bin)/loop\n")
        #expect(throws: LaunchError.self) { try resolve(.arguments(["loop"]), ["loop"]) }
    }

    @Test("that is a script names its interpreter if that is missing, with the end of line that spoils it")
    func interpreter() throws {
        try script("missing", "#!/nonexistent/interpreter\n")
        try script("windows", "#!\(scratch.path)/bin/sh\r\n")
        try script("directory", "#!\(scratch.path)/bin\n")
        try script("escape", "#!/x\u{1b}[31m\n")
        func message(_ name: String) -> String {
            #expect(throws: LaunchError.self) { try resolve(.arguments([name]), [name]) }?.message ?? ""
        }
        #expect(
            message("missing").contains(
                "\"/nonexistent/interpreter\" as its interpreter, which this host does not have"))
        #expect(message("windows").contains("Windows"))
        #expect(message("directory").contains("it is a directory"))
        #expect(!message("escape").contains("\u{1b}"))
    }

    @Test("that is a script with a relative interpreter finds it where the task starts, as the kernel does")
    func relative() throws {
        try script("relative", "#!bin/sh\n")
        #expect(try resolve(.arguments(["relative"]), ["relative", "sh"]).program?.path == "\(scratch.path)/bin/sh")
        try script("bare", "#!sh\n")
        #expect(throws: LaunchError.self) { try resolve(.arguments(["bare"]), ["bare", "sh"]) }
    }

    // MARK: approval

    private func asking(_ request: LaunchRequest, _ policy: EffectivePolicy) throws -> LaunchError? {
        let compiled = try CompiledPolicy.sample(policy)
        let resolved = try ResolvedLaunch.resolve(
            request.command, compiled, directory: scratch.path, workspace: nil, shell: nil)
        return resolved.refusal(request, compiled, scratch.path)
    }

    @Test("that needs approval is refused with the question, and let through with an answer to exactly that, no other")
    func approval() throws {
        var policy = EffectivePolicy.allowing(["sh", "tool"], path: ["\(scratch.path)/bin"])
        policy.commands.ask = ["tool push"].compactMap { CommandEntry($0, origin: EffectivePolicy.sampleOrigin) }
        var request = LaunchRequest(.arguments(["tool", "push"]), owner: "cli:0")
        let refusal = try #require(try asking(request, policy))
        #expect(refusal.cause == "ask" && refusal.exitCode == 126 && !refusal.remedy.isEmpty)
        let question = try #require(refusal.question)
        request.approval = Approval(id: "1", question)
        #expect(try asking(request, policy) == nil)
        for command in [["tool", "push", "-f"], ["./bin/tool", "push"]] {
            var other = request
            other.command = .arguments(command)
            #expect(try asking(other, policy)?.question?.arguments == command)
        }
        var other = request
        other.shownInput = "y"
        #expect(try asking(other, policy)?.question != nil)
        var changed = policy
        changed.description = "another"
        #expect(try asking(request, changed)?.message.contains("not what was approved") == true)
        try scratch.write("bin/tool", "\u{7f}ELF2", mode: 0o755)
        #expect(try asking(request, policy)?.question != nil)
    }

    @Test("that was approved is not started under a policy that was compiled without its program")
    func compiledWithout() throws {
        var policy = EffectivePolicy.allowing(["sh"], path: ["\(scratch.path)/bin"])
        policy.commands.ask = ["tool"].compactMap { CommandEntry($0, origin: EffectivePolicy.sampleOrigin) }
        var request = LaunchRequest(.arguments(["tool"]), owner: "cli:0")
        let question = try #require(try asking(request, policy)?.question)
        request.approval = Approval(id: "1", question)
        #expect(try asking(request, policy)?.exitCode == 125)
    }

    @Test("that is too long to be read by a person is refused without a question")
    func tooLong() throws {
        var policy = EffectivePolicy.allowing(["tool"], path: ["\(scratch.path)/bin"])
        policy.commands.ask = ["tool"].compactMap { CommandEntry($0, origin: EffectivePolicy.sampleOrigin) }
        let request = LaunchRequest(.arguments(["tool", String(repeating: "x", count: 5000)]), owner: "cli:0")
        let refusal = try #require(try asking(request, policy))
        #expect(refusal.cause == "ask" && refusal.question == nil && refusal.message.contains("too long"))
    }
}
