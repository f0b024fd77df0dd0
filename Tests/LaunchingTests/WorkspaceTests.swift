import Glibc
import Kernel
import Policy
import TestSupport
import Testing

@testable import Launching

@Suite("A workspace")
struct WorkspaceTests {
    private let scratch: Scratch
    private var policy = EffectivePolicy.allowing([])

    init() throws {
        scratch = try Scratch()
        try scratch.makeDirectory("ws/sub/deep")
    }

    private func open(_ name: String, off: [String] = [], _ change: (inout EffectivePolicy) -> Void = { _ in }) throws
        -> Workspace
    {
        var policy = policy
        change(&policy)
        return try Workspace("\(scratch.path)/\(name)", policy: policy, off: off)
    }

    @Test("is known by its real path, and has an owner")
    func real() throws {
        try scratch.link("link", to: "ws/sub")
        let workspace = try open("link")
        #expect(workspace.path == "\(scratch.path)/ws/sub")
        #expect(workspace.owner == Host.user)
        #expect(try open("ws/./sub/../sub").path == "\(scratch.path)/ws/sub")
    }

    @Test(
        "is never a place of the system, whatever the policy",
        arguments: [
            "/", "/tmp", "/var", "/var/tmp", "/home", "/root", "/usr", "/usr/bin", "/usr/lib/x", "/usr/local",
            "/usr/local/bin", "/usr/local/lib/x", "/usr/share/a", "/usr/src", "/usr/local/src", "/etc", "/etc/caisson",
            "/bin", "/sbin", "/lib", "/lib64", "/boot", "/proc", "/proc/self/cwd", "/sys/fs/cgroup", "/dev", "/dev/shm",
            "/run", "/run/user/1000", "/run/systemd", "/var/log/x", "/var/lib", "/var/lib/dpkg", "/var/cache", "/opt",
            "/srv", "/mnt", "/media",
        ])
    func forbidden(path: String) {
        #expect(ForbiddenPlace.reason(path, []) != nil)
    }

    @Test(
        "may be anywhere else",
        arguments: [
            "/srv/agents/a", "/tmp/x", "/opt/project", "/usr/src/linux", "/usr/local/src/tool",
            "/home/nobody-here/work",
            "/root/work", "/var/lib/builds/a", "/work", "/usrlocal", "/etcetera", "/data/é",
        ])
    func allowed(path: String) {
        #expect(ForbiddenPlace.reason(path, []) == nil)
    }

    @Test("is never a home directory, nor one that holds it")
    func home() throws {
        let line = try #require(
            String(decoding: try Files.contents("/etc/passwd"), as: UTF8.self).split(separator: "\n").first {
                $0.split(separator: ":", omittingEmptySubsequences: false).dropFirst(5).first?.hasPrefix("/home/")
                    == true
            } ?? "a:b:c:d:e:/root:f")
        let home = String(line.split(separator: ":", omittingEmptySubsequences: false)[5])
        #expect(ForbiddenPlace.reason(home, []) != nil)
        #expect(ForbiddenPlace.reason("\(home)/project", []) == nil)
    }

    @Test("is refused through a link to a forbidden place too")
    func link() throws {
        try scratch.link("etc", to: "/etc")
        try scratch.link("root", to: "/")
        for name in ["etc", "root", "ws/../etc", "root/usr/bin"] {
            let error = #expect(throws: LaunchError.self, "\(name)") { _ = try open(name) }
            #expect(error?.kind == .refused)
            #expect(error?.remedy.isEmpty == false)
        }
    }

    @Test("never lies in the state or the policies, nor they in it")
    func off() throws {
        for off in ["ws", "ws/sub", "ws/sub/deep/state"] {
            #expect(throws: LaunchError.self, "\(off)") { _ = try open("ws/sub", off: ["\(scratch.path)/\(off)"]) }
        }
        _ = try open("ws/sub", off: ["\(scratch.path)/ws/su", "\(scratch.path)/ws/sub2", "\(scratch.path)/other"])
    }

    @Test("holds no file of its own policy, which the task could change")
    func ownPolicy() throws {
        let error = #expect(throws: LaunchError.self) {
            _ = try open("ws") { $0.sources = ["\(scratch.path)/ws/sub/agent.toml"] }
        }
        #expect(error?.message.contains("agent.toml") == true)
        _ = try open("ws/sub") { $0.sources = ["\(scratch.path)/ws/agent.toml"] }
    }

    @Test("is not a directory whose name patterns would take for many")
    func star() throws {
        try scratch.makeDirectory("a*b")
        #expect(throws: LaunchError.self) { _ = try open("a*b") }
    }

    /// As text, the path of such a directory is that of another one: what is hidden in it would be looked for elsewhere.
    @Test("is not a directory whose path is no text")
    func notText() throws {
        let name: [CChar] = Array("\(scratch.path)/".utf8CString.dropLast()) + [CChar(bitPattern: 0xff), 0]
        _ = try checked { mkdir(name, 0o755) }
        try scratch.link("link", to: ".")
        let opened = Descriptor(owning: try checked { Glibc.open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC) })
        let path = "/proc/self/fd/\(opened.number)"
        #expect(throws: LaunchError.self) { _ = try Workspace(path, policy: policy, off: []) }
        withExtendedLifetime(opened.number) {}
        try scratch.makeDirectory("\u{fffd}")
        #expect(throws: LaunchError.self) { _ = try Workspace(path, policy: policy, off: []) }
    }

    @Test("lies in one of the policy's places, in which components may have stars")
    func places() throws {
        let base = scratch.path
        for place in [base, "\(base)/ws", "\(base)/*", "\(base)/w*/sub", "\(base)/*/*"] {
            _ = try open("ws/sub") { $0.files.workspaces = ["/nowhere", place] }
        }
        for place in ["\(base)/ws/sub/deep", "\(base)/w", "\(base)/*/*/*", "\(base)/ws2"] {
            let error = #expect(throws: LaunchError.self, "\(place)") {
                _ = try open("ws/sub") { $0.files.workspaces = [place] }
            }
            #expect(error?.message.contains("files.workspaces") == true)
        }
        try scratch.link("ws/out", to: "/tmp")
        #expect(throws: LaunchError.self) { _ = try open("ws/out") { $0.files.workspaces = ["\(base)/ws"] } }
    }

    @Test(
        "of root needs the policy's leave", .enabled(if: Host.user == 0, "only root's own directories are asked about"))
    func root() throws {
        let error = #expect(throws: LaunchError.self) { _ = try open("ws") { $0.files.rootWorkspace = false } }
        #expect(error?.message.contains("belongs to root") == true)
        _ = try checked { chown("\(scratch.path)/ws", 1234, 1234) }
        #expect(try open("ws") { $0.files.rootWorkspace = false }.owner == 1234)
    }

    @Test("that is missing, no directory or closed is refused with a remedy")
    func unusable() throws {
        try scratch.write("file")
        for name in ["missing", "file", "file/x", "missing/x"] {
            let error = #expect(throws: LaunchError.self, "\(name)") { _ = try open(name) }
            #expect(error?.remedy.isEmpty == false)
        }
    }

    @Test("that is refused leaves no descriptor open")
    func leaks() throws {
        try scratch.link("etc", to: "/etc")
        let before = try openDescriptors()
        for _ in 0..<400 { #expect(throws: LaunchError.self) { _ = try open("etc") } }
        #expect(try openDescriptors() < before + 100)
    }

    // MARK: directories in it

    @Test(
        "has directories by an absolute or a relative path", arguments: ["ws", "日本/é"])
    func directories(name: String) throws {
        try scratch.makeDirectory("\(name)/build/out")
        let workspace = try open(name)
        let path = workspace.path
        try scratch.link("\(name)/inside", to: "build/out")
        for wanted in [
            "build/out", "./build/out", "\(path)/build/out", "\(path)//build//out/", "inside", "build/../build/out",
        ] {
            #expect(try workspace.directory(wanted) == "\(path)/build/out", "\(wanted)")
        }
        for wanted in [path, "\(path)/", ".", "", "./"] {
            #expect(try workspace.directory(wanted) == path, "\(wanted)")
        }
    }

    @Test("has no directory outside of it, whatever the spelling")
    func outside() throws {
        let workspace = try open("ws/sub")
        try scratch.link("ws/sub/up", to: "..")
        try scratch.link("ws/sub/etc", to: "/etc")
        try scratch.write("ws/sub/file")
        let path = workspace.path
        let wanted = [
            "..", "../sub", "deep/../..", "/etc", "/", "up", "up/sub", "etc", "\(path)/../sub", "\(path)2", "file",
            "missing",
            "deep/../../../../etc", "/proc/self/cwd", "\(scratch.path)/ws",
        ]
        for wanted in wanted {
            let error = #expect(throws: LaunchError.self, "\(wanted)") { try workspace.directory(wanted) }
            #expect(error?.kind == .refused)
            #expect(error?.remedy.isEmpty == false)
        }
    }

    @Test("stays the directory that was checked, when its name is given to another one")
    func swapped() throws {
        let workspace = try open("ws/sub")
        try Files.rename("\(scratch.path)/ws/sub", to: "\(scratch.path)/ws/old")
        try scratch.makeDirectory("ws/sub/trap")
        #expect(throws: LaunchError.self) { try workspace.directory("trap") }
        #expect(try workspace.directory("deep") == "\(scratch.path)/ws/old/deep")
    }
}
