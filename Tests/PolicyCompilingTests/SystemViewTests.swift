import Glibc
import Kernel
import Launching
import Policy
import Records
import Tasks
import TestSupport
import Testing

@testable import PolicyCompiling

@Suite("The programs that the kernel lets a sandbox execute")
struct ProgramListTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
        try scratch.write("lib/loader", ELFImage(type: 2).bytes, mode: 0o755)
        try scratch.link("lib/link", to: "loader")
        try tool("tool", loader: "\(scratch.path)/lib/link")
        try tool("foreign", loader: "/nonexistent/ld.so")
        try tool("hostile", loader: "x".repeated(3000))
        try scratch.write("bin/static", ELFImage(type: 2).bytes, mode: 0o755)
        try scratch.write("bin/other", ELFImage(type: 2).bytes, mode: 0o755)
    }

    private func tool(_ name: String, loader: String) throws {
        try scratch.write("bin/\(name)", ELFImage(type: 2, interpreter: loader).bytes, mode: 0o755)
    }

    private func table(_ allow: [String]) throws -> CommandTable {
        try CompiledPolicy.sample(.allowing(allow, path: ["\(scratch.path)/bin"])).table
    }

    private func list(_ allow: [String]) throws -> Set<String> {
        Set(try ProgramList(try table(allow)).paths.compactMap { Paths.relative($0, to: scratch.path) })
    }

    @Test("are those of the list and their loaders, by their real paths")
    func loaders() throws {
        #expect(try list(["tool"]) == ["bin/tool", "lib/loader"])
        #expect(try list(["static", "tool"]) == ["bin/static", "bin/tool", "lib/loader"])
    }

    @Test("do without a loader that this host does not have")
    func foreign() throws {
        #expect(try list(["foreign", "hostile"]) == ["bin/foreign", "bin/hostile"])
    }

    @Test("are known by their file, whatever it is called")
    func contains() throws {
        try Files.hardLink("\(scratch.path)/bin/tool", as: "\(scratch.path)/bin/alias", at: AT_FDCWD)
        let list = try ProgramList(try table(["tool"]))
        func contains(_ name: String) throws -> Bool {
            let status = try FileStatus.of("\(scratch.path)/bin/\(name)")
            return list.contains(ExecutableScan.Found(path: "/x", device: status.device, inode: status.inode))
        }
        #expect(try contains("tool"))
        #expect(try contains("alias"))
        #expect(try !contains("other"))
    }

    @Test("named by their path make their directories worth a stamp")
    func places() throws {
        let table = try table(["\(scratch.path)/bin/tool", "/opt/missing/tool", "cat"])
        let places = PolicyCompiler.places(table)
        #expect(places.contains("\(scratch.path)/bin"))
        #expect(places.contains("/opt/missing"))
        #expect(!places.contains(""))
    }
}

@Suite("The part of a view that all tasks have")
struct SystemViewTests {
    private let bench: TaskBench
    private var tools: String { "\(bench.scratch.path)/tools" }

    init() throws {
        bench = try TaskBench()
        for name in ["tools/bin/allowed", "tools/bin/other", "tools/lib/helper"] {
            try bench.scratch.write(name, ELFImage(type: 2).bytes, mode: 0o755)
        }
        try bench.scratch.write("tools/share/data", "data")
    }

    private func view(
        _ allow: [String]?, _ change: (inout EffectivePolicy) -> Void = { _ in }
    ) throws -> SystemView {
        var policy = EffectivePolicy.allowing(allow ?? [], path: ["\(tools)/bin"])
        policy.files.view = .empty
        policy.files.read = [tools]
        change(&policy)
        let table = try CompiledPolicy.sample(policy).table
        return try SystemView(policy, try allow.map { _ in try ProgramList(table) }, bench.state)
    }

    @Test("hides every program of a tree that is not on the list, below an overlay")
    func masked() throws {
        let view = try view(["allowed"])
        guard case .overlay(let layers, let target, _)? = view.readTrees.first else {
            Issue.record("no overlay: \(view.readTrees)")
            return
        }
        #expect(target == tools)
        #expect(layers.last == tools)
        #expect(try Files.names(in: "\(layers[0])/bin") == ["other"])
        #expect(try Files.names(in: "\(layers[0])/lib") == ["helper"])
        #expect(try Files.names(in: layers[0]).sorted() == ["bin", "lib"])
        #expect(view.rules.contains(LandlockRule(path: "\(tools)/bin/allowed", grant: [.execute])))
        #expect(!view.rules.contains { $0.grant.contains(.execute) && $0.path != "\(tools)/bin/allowed" })
    }

    @Test("hides nothing in a tree without allowed programs, from which nothing is executed")
    func closed() throws {
        let view = try view([])
        guard case .tree(_, _, let attributes)? = view.readTrees.first else {
            Issue.record("no tree: \(view.readTrees)")
            return
        }
        #expect(attributes.contains(.noExecute))
    }

    @Test("hides nothing where the list is no limit")
    func open() throws {
        let view = try view(nil)
        #expect(
            view.readTrees == [.tree(source: tools, target: tools, attributes: [.readOnly, .noSetUserID, .noDevices])])
        #expect(view.rules.contains(LandlockRule(path: tools, grant: [.read, .execute])))
    }

    @Test("is made again when a program comes into a tree, and when a missing place appears")
    func stamps() throws {
        let missing = "\(bench.scratch.path)/later"
        let view = try view(["allowed"]) { $0.files.read.append(missing) }
        #expect(try view.stamps.allSatisfy { try $0.isCurrent() })
        try bench.scratch.write("tools/bin/new", ELFImage(type: 2).bytes, mode: 0o755)
        #expect(try !view.stamps.allSatisfy { try $0.isCurrent() })
        let again = try self.view(["allowed"]) { $0.files.read.append(missing) }
        try bench.scratch.makeDirectory("later")
        #expect(try !again.stamps.allSatisfy { try $0.isCurrent() })
    }

    @Test("shows nothing of the host's /etc, /dev and /proc but what is named")
    func own() throws {
        let view = try view(nil)
        let sources: [String] = view.steps.compactMap { if case .tree(let source, _, _) = $0 { source } else { nil } }
        let devices = Set(["null", "zero", "full", "random", "urandom", "tty"].map { "/dev/\($0)" })
        #expect(Set(sources.filter { !$0.hasPrefix(bench.state.path) }) == devices)
        #expect(sources.contains { $0.hasPrefix("\(bench.state.path)/layers/") })
        #expect(view.steps.contains(.proc(target: "/proc", minimal: false)))
        for step in view.steps {
            guard case .tree(_, let target, let attributes) = step else { continue }
            #expect(attributes.contains([.readOnly, .noSetUserID]), "\(target)")
            #expect(attributes.contains(.noDevices) || target.hasPrefix("/dev/"), "\(target)")
        }
    }

    @Test("names the programs of the list that no task would see")
    func unseen() throws {
        let view = try view(["allowed"]) { $0.files.read = [] }
        #expect(view.unseen == ["\(tools)/bin/allowed"])
        #expect(try self.view(["allowed"]).unseen.isEmpty)
    }
}
