import Glibc
import Kernel
import Policy
import Records
import TestSupport
import Testing

@testable import Launching

@Suite("The places of a task")
struct PlacePlanTests {
    private let scratch: Scratch
    private let ws: String

    init() throws {
        scratch = try Scratch()
        ws = try scratch.makeDirectory("ws")
    }

    private func plan(
        workspace: String? = "ws", _ change: (inout CompiledPolicy) -> Void = { _ in }
    ) throws -> PlacePlan {
        var compiled = try CompiledPolicy.sample(.allowing([]))
        change(&compiled)
        let workspace = try workspace.map { try Workspace("\(scratch.path)/\($0)", policy: compiled.policy, off: []) }
        return try PlacePlan(compiled, workspace: workspace, state: "\(scratch.path)/state")
    }

    /// The steps after the places themselves.
    private func covers(_ plan: PlacePlan) -> [MountStep] {
        plan.steps.filter { step in
            switch step {
            case .pin, .hide: true
            default: false
            }
        }
    }

    private func protecting(_ places: String...) throws -> PlacePlan {
        try plan { $0.policy.files.protect = places.map { "{workspace}/\($0)" } }
    }

    private func hiding(_ places: String...) throws -> PlacePlan {
        try plan { $0.policy.files.hide = places.map { "{workspace}/\($0)" } }
    }

    private func remove(_ plan: PlacePlan) throws {
        for placeholder in plan.placeholders { try placeholder.remove() }
    }

    // MARK: places

    @Test("are a fresh home and the workspace, from which nothing is executed")
    func usual() throws {
        let plan = try plan()
        let closed: MountAttributes = [.noSetUserID, .noDevices, .noExecute]
        let status = try FileStatus.of(ws)
        let tree = HandedTree(source: ws, owner: status.owner, group: status.group)
        let home = MountStep.scratch(name: "home", target: "/home/task", mode: 0o700, attributes: closed)
        #expect(Set(plan.steps.map(\.target)) == [ws, "/home/task"])
        #expect(plan.steps.contains { $0 == home })
        #expect(plan.steps.contains { $0 == .handed(tree, target: ws, attributes: closed) })
        #expect(plan.descriptors.count == 1)
        #expect(plan.rules.contains(LandlockRule(path: ws, grant: [.read, .write])))
        #expect(try FileStatus.of(plan.descriptors[0]).isSameFile(as: status))
    }

    @Test("are only a home where there is no workspace, and a home in one needs it")
    func none() throws {
        let plan = try plan(workspace: nil) { $0.policy.files.protect = ["{workspace}/.mcp.json"] }
        #expect(plan.steps.count == 1)
        #expect(plan.placeholders.isEmpty)
        let error = #expect(throws: LaunchError.self) {
            _ = try self.plan(workspace: nil) { $0.policy.files.home = "{workspace}/home" }
        }
        #expect(error?.cause == "files.home")
    }

    @Test("are read-only or executable as the policy says")
    func attributes() throws {
        func attributes(_ plan: PlacePlan) -> MountAttributes? {
            for case .handed(_, let target, let attributes) in plan.steps where target == ws { return attributes }
            return nil
        }
        let closed = try plan { $0.policy.files.write = [] }
        #expect(attributes(closed)?.contains(.readOnly) == true)
        #expect(closed.rules.contains(LandlockRule(path: ws, grant: [.read])))
        let open = try plan { $0.policy.files.execute = ["{workspace}"] }
        #expect(attributes(open)?.contains(.noExecute) == false)
        #expect(open.rules.contains(LandlockRule(path: ws, grant: [.read, .write, .execute])))
        // A place that only begins with the same letters.
        #expect(
            attributes(try plan { $0.policy.files.execute = ["\(ws)2", "{workspace}/sub"] })?.contains(.noExecute)
                == true)
    }

    @Test("come before those inside them, and a kept home is at its place")
    func order() throws {
        try scratch.makeDirectory("a/b/c")
        let base = scratch.path
        let plan = try plan {
            $0.policy.files.write = ["\(base)/a/b/c", "{workspace}", "\(base)/a", "\(base)/a/b"]
            $0.policy.files.home = "{state}/home"
        }
        let targets = plan.steps.map(\.target)
        #expect(targets.filter { $0.hasPrefix("\(base)/a") } == ["\(base)/a", "\(base)/a/b", "\(base)/a/b/c"])
        #expect(targets.contains("/home/task"))
        #expect(try scratch.exists("state/home"))
        let sources: [String] = plan.steps.compactMap {
            if case .handed(let tree, _, _) = $0 { tree.source } else { nil }
        }
        #expect(plan.descriptors.count == sources.count)
        for (number, source) in zip(plan.descriptors, sources) { #expect(try Files.path(of: number) == source) }
    }

    @Test("that are missing are named, and nothing is left of the plan")
    func missing() throws {
        let before = try openDescriptors()
        for _ in 0..<300 {
            let error = #expect(throws: LaunchError.self) {
                _ = try plan { $0.policy.files.write = ["{workspace}", "/nonexistent/place"] }
            }
            #expect(error?.message.contains("/nonexistent/place") == true)
        }
        #expect(try openDescriptors() < before + 100)
    }

    // MARK: what is protected

    @Test("have what is protected pinned read-only, after every directory above it")
    func pinned() throws {
        try scratch.makeDirectory("ws/a/b/.git/hooks")
        try scratch.write("ws/c")
        let plan = try protecting("a/b/.git/hooks", "c")
        #expect(
            covers(plan) == [
                .pin(path: "\(ws)/a", readOnly: false), .pin(path: "\(ws)/a/b", readOnly: false),
                .pin(path: "\(ws)/a/b/.git", readOnly: false), .pin(path: "\(ws)/a/b/.git/hooks", readOnly: true),
                .pin(path: "\(ws)/c", readOnly: true),
            ])
        #expect(plan.placeholders.isEmpty)
    }

    @Test("have every match of ** pinned, however deep, and nothing below a match searched")
    func search() throws {
        for name in ["", "/a", "/a/b c", "/é", "/e\u{301}"] { try scratch.makeDirectory("ws\(name)/.git/hooks") }
        try scratch.makeDirectory("ws/.git/hooks/x/.git/hooks")
        try scratch.makeDirectory("ws/a/.github/hooks")
        let plan = try protecting("**/.git/hooks")
        let pinned: [[UInt8]] = covers(plan).compactMap {
            if case .pin(let path, readOnly: true) = $0 { Array(path.utf8) } else { nil }
        }
        let expected = ["", "/a", "/a/b c", "/é", "/e\u{301}"].map { Array("\(ws)\($0)/.git/hooks".utf8) }
        #expect(Set(pinned) == Set(expected))
        #expect(pinned.count == expected.count)
        let above: [[UInt8]] = covers(plan).compactMap {
            if case .pin(let path, readOnly: false) = $0 { Array(path.utf8) } else { nil }
        }
        // Two spellings of one letter are two directories, and both stay where they are.
        #expect(above.contains(Array("\(ws)/é/.git".utf8)))
        #expect(above.contains(Array("\(ws)/e\u{301}/.git".utf8)))
    }

    @Test("are searched without following a link")
    func links() throws {
        try scratch.makeDirectory("elsewhere/.git/hooks")
        try scratch.link("ws/out", to: "../elsewhere")
        try scratch.link("ws/loop", to: ".")
        #expect(covers(try protecting("**/.git/hooks")).isEmpty)
    }

    @Test(
        "are refused where what shall be protected is a link, or lies behind one",
        arguments: ["link", "there/file", "there/missing", "**/config"])
    func protectedLinks(name: String) throws {
        try scratch.write("ws/real/file")
        try scratch.link("ws/link", to: "real/file")
        try scratch.link("ws/there", to: "real")
        try scratch.link("ws/real/config", to: "file")
        let error = #expect(throws: LaunchError.self) { _ = try protecting(name) }
        #expect(error?.kind == .refused)
        #expect(error?.message.contains("is a link") == true)
        #expect(error?.remedy.isEmpty == false)
        #expect(try scratch.names("ws") == ["link", "real", "there"])
    }

    @Test("have no pin on what the task can't change anyway")
    func readOnly() throws {
        try scratch.write("ws/file")
        let plan = try plan {
            $0.policy.files.write = []
            $0.policy.files.protect = ["{workspace}/file", "{workspace}/missing", "/usr/bin"]
        }
        #expect(covers(plan).isEmpty)
        #expect(plan.placeholders.isEmpty)
    }

    // MARK: what is hidden

    @Test("have what is hidden covered, last of all")
    func hidden() throws {
        try scratch.write("ws/.env")
        try scratch.makeDirectory("ws/secrets/deep")
        try scratch.write("ws/a.pem")
        let plan = try plan {
            $0.policy.files.hide = ["{workspace}/.env", "{workspace}/secrets/deep", "{workspace}/*.pem"]
            $0.policy.files.protect = ["{workspace}/.env"]
        }
        #expect(
            covers(plan) == [
                .pin(path: "\(ws)/secrets", readOnly: false), .hide(path: "\(ws)/.env", isDirectory: false),
                .hide(path: "\(ws)/a.pem", isDirectory: false), .hide(path: "\(ws)/secrets/deep", isDirectory: true),
            ])
    }

    @Test("have what a hidden link leads to covered, if the task would see it")
    func hiddenLinks() throws {
        try scratch.write("ws/real/.env")
        try scratch.write("outside")
        try scratch.link("ws/.env", to: "real/.env")
        try scratch.link("ws/there", to: "real")
        try scratch.link("ws/out", to: "../outside")
        try scratch.link("ws/dangling", to: "nowhere")
        let expected: [MountStep] = [
            .pin(path: "\(ws)/real", readOnly: false), .hide(path: "\(ws)/real/.env", isDirectory: false),
        ]
        for name in [".env", "there/.env", "*.env", ".e*"] { #expect(covers(try hiding(name)) == expected, "\(name)") }
        #expect(covers(try hiding("out", "dangling")).isEmpty)
    }

    @Test("cover nothing that the task would not see")
    func unseen() throws {
        try scratch.write("elsewhere/secret")
        let base = scratch.path
        let plan = try plan { $0.policy.files.hide = ["\(base)/elsewhere/secret", "/usr/share", "/etc/passwd"] }
        #expect(covers(plan) == [.hide(path: "/usr/share", isDirectory: true)])
    }

    // MARK: what is missing

    @Test(
        "have a placeholder for a literal name that is missing, for the first directory that is, and for no pattern",
        arguments: ["ws", "日本 é"])
    func placeholders(name: String) throws {
        let root = try scratch.makeDirectory(name)
        try scratch.makeDirectory("\(name)/.vscode")
        let plan = try plan(workspace: name) {
            $0.policy.files.protect = [
                "{workspace}/.mcp.json", "{workspace}/.vscode/tasks.json", "{workspace}/**/.git/hooks",
            ]
            $0.policy.files.hide = ["{workspace}/a/b/c"]
        }
        #expect(Set(plan.placeholders.map(\.path)) == ["\(root)/.mcp.json", "\(root)/.vscode/tasks.json", "\(root)/a"])
        #expect(try scratch.names(name) == [".mcp.json", ".vscode", "a"])
        let steps = covers(plan)
        #expect(steps.contains(.pin(path: "\(root)/.mcp.json", readOnly: true)))
        #expect(steps.contains(.pin(path: "\(root)/.vscode", readOnly: false)))
        #expect(steps.contains(.pin(path: "\(root)/.vscode/tasks.json", readOnly: true)))
        try remove(plan)
        #expect(try scratch.names(name) == [".vscode"])
        #expect(try scratch.names("\(name)/.vscode").isEmpty)
    }

    @Test("that can't be planned leave no placeholder")
    func undone() throws {
        try scratch.link("ws/zlink", to: "nowhere")
        #expect(throws: LaunchError.self) { _ = try protecting(".mcp.json", "zlink") }
        #expect(try scratch.names("ws") == ["zlink"])
        try scratch.makeDirectory("ws/dir")
        // A name that no file system takes: the second placeholder fails.
        #expect(throws: LaunchError.self) { _ = try protecting(".envrc", "dir/\("x".repeated(300))") }
        #expect(try scratch.names("ws") == ["dir", "zlink"])
        #expect(try scratch.names("ws/dir").isEmpty)
    }
}

@Suite("A placeholder")
struct PlaceholderTests {
    private let scratch: Scratch
    private let root: String
    private let directory: SharedDescriptor

    init() throws {
        scratch = try Scratch()
        root = try scratch.makeDirectory("ws")
        directory = SharedDescriptor(try Files.open(root, O_RDONLY | O_DIRECTORY))
    }

    private func claim(_ name: String = ".mcp.json") throws -> Placeholder? {
        try Placeholder.claim("\(root)/\(name)", below: root, directory.number)
    }

    @Test("is an empty file that nothing else looks like, and goes with its owner")
    func made() throws {
        let placeholder = try #require(try claim())
        let status = try FileStatus.of("\(root)/.mcp.json")
        #expect(PlaceholderFile.isOne(status))
        try placeholder.remove()
        #expect(try scratch.names("ws").isEmpty)
    }

    @Test("is not made where something is, and that stays as it is")
    func something() throws {
        try scratch.write("ws/.mcp.json", "{}")
        #expect(try claim() == nil)
        #expect(try scratch.text("ws/.mcp.json") == "{}")
        #expect(try claim(".mcp.json/below") == nil)
        try scratch.link("ws/link", to: "nowhere")
        #expect(try claim("link") == nil)
        #expect(try claim("link/below") == nil)
        #expect(try scratch.names("ws") == [".mcp.json", "link"])
    }

    @Test("of several tasks goes with the last of them", arguments: [[0, 1, 2], [2, 1, 0], [1, 0, 2]])
    func shared(order: [Int]) throws {
        var owners: [Placeholder?] = []
        for _ in 0..<3 { owners.append(try claim()) }
        for (round, place) in order.enumerated() {
            try #require(owners[place]).remove()
            owners[place] = nil
            #expect(try scratch.exists("ws/.mcp.json") == (round < 2))
        }
    }

    @Test("that was filled, or is another file by now, is not removed")
    func filled() throws {
        let placeholder = try #require(try claim())
        _ = try checked { chmod("\(root)/.mcp.json", 0o644) }
        try scratch.write("ws/.mcp.json", "{}")
        try placeholder.remove()
        #expect(try scratch.text("ws/.mcp.json") == "{}")
        let other = try #require(try claim("other"))
        try Files.remove("\(root)/other")
        try scratch.write("ws/other")
        try other.remove()
        #expect(try scratch.exists("ws/other"))
        try Files.remove("\(root)/other")
        try other.remove()
    }

    @Test("that was left behind is taken over by the next task")
    func left() throws {
        do { _ = try claim() }
        #expect(try scratch.exists("ws/.mcp.json"))
        try #require(try claim()).remove()
        #expect(try !scratch.exists("ws/.mcp.json"))
    }

    /// A task can hold a lock on a file that it may only read.
    @Test("whose lock somebody keeps is given up after a while", .timeLimit(.minutes(1)))
    func hostileLock() throws {
        do { _ = try claim() }
        let hostile = try Files.open("\(root)/.mcp.json", O_RDONLY)
        #expect(try Files.lock(hostile.number))
        let error = #expect(throws: LaunchError.self) { try claim() }
        #expect(error?.remedy.isEmpty == false)
        withExtendedLifetime(hostile.number) {}
    }

    @Test("can be claimed and removed by many launches at once, and is there as long as one of them needs it")
    func race() async throws {
        let (root, directory, scratch) = (root, directory, scratch)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<50 {
                        let placeholder = try Placeholder.claim("\(root)/x", below: root, directory.number)
                        #expect(try scratch.exists("ws/x"))
                        #expect(placeholder != nil)
                        try placeholder?.remove()
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try scratch.names("ws").isEmpty)
    }
}
