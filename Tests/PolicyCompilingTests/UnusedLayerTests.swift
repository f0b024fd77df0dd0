import Glibc
import Kernel
import Launching
import Records
import Tasks
import TestSupport
import Testing

@testable import PolicyCompiling

@Suite("Layers of policies as they were before")
struct UnusedLayerTests {
    private let bench: TaskBench

    init() throws {
        bench = try TaskBench()
    }

    private func layer(_ text: String = "old") throws -> String {
        var layer = Layer()
        layer.add("masked/program", .whiteout)
        layer.add("file", .file(Array(text.utf8), mode: 0o644))
        return try layer.make(bench.state)
    }

    /// A compiled policy whose view has a layer, in the cache under some path.
    private func compile(_ path: String, _ layer: String) throws {
        var compiled = try CompiledPolicy.sample(stamps: [try PathStamp(layer)])
        compiled.view = [.overlay(layers: [layer, "/usr"], target: "/usr", attributes: .readOnly)]
        try CompiledPolicyCache(path, [:]).write(compiled, bench.state)
    }

    /// A task that was started with a layer in its view.
    private func task(_ layer: String) throws -> TaskDirectory {
        let task = try bench.add(try TaskBench.record())
        var plan = try LaunchPlan.sample(task.id)
        plan.mounts = [.overlay(layers: [layer, "/usr"], target: "/usr", attributes: .readOnly)]
        try Files.replace(TaskFile.plan.rawValue, with: plan.sealed, at: task.directory.number)
        return task
    }

    /// Sweeps twice: the first sweep marks what is out of use, and then time passes.
    private func sweepLater() throws -> Int {
        let now = try UnusedLayers.remove(bench.state)
        for name in try bench.scratch.names("state/layers") where name.hasPrefix(UnusedLayers.mark) {
            try bench.age("layers/\(name)", seconds: 3700)
        }
        return now + (try UnusedLayers.remove(bench.state))
    }

    private func isThere(_ layer: String) throws -> Bool {
        try bench.scratch.exists("state/layers/\(Paths.name(layer))/file")
    }

    @Test("are removed when they have been out of use for an hour, and the others stay")
    func removed() throws {
        let (old, new) = (try layer("old"), try layer("new"))
        try compile("/a", new)
        #expect(try UnusedLayers.remove(bench.state) == 0)
        #expect(try UnusedLayers.remove(bench.state) == 0)
        #expect(try isThere(old), "a launch may have read its policy a moment ago")
        #expect(try sweepLater() == 1)
        #expect(try bench.scratch.names("state/layers") == [Paths.name(new)])
        #expect(try sweepLater() == 0)
    }

    @Test("are kept as they are while a task runs that has one in its view, under whatever name")
    func running() throws {
        let old = try layer()
        let task = try task(old)
        let lock = try bench.lock(task)
        let directory = try Files.open(old, O_RDONLY | O_DIRECTORY)
        let before = try Files.names(in: ".", at: directory.number).sorted()
        #expect(try sweepLater() == 0)
        #expect(try sweepLater() == 0)
        #expect(try Files.names(in: ".", at: directory.number).sorted() == before)
        #expect(try Files.names(in: "masked", at: directory.number) == ["program"])
        #expect(try !isThere(old), "no launch can take it any more")
        let again = try layer()
        #expect(try isThere(again) && again == old)
        try bench.unlock(lock)
        #expect(try sweepLater() == 2, "the nameless one at the end of the task, and the one that came after it")
        #expect(try Files.names(in: ".", at: directory.number).isEmpty)
        withExtendedLifetime(lock) {}
    }

    @Test("are all kept while a task runs whose plan can't be read")
    func unreadable() throws {
        let old = try layer()
        let task = try task("/elsewhere")
        let lock = try bench.lock(task)
        try bench.write("damaged", .plan, task)
        #expect(try sweepLater() == 0)
        #expect(try bench.scratch.names("state/layers").first?.hasPrefix(".old-\(Paths.name(old))") == true)
        try bench.unlock(lock)
        #expect(try UnusedLayers.remove(bench.state) == 1)
    }

    @Test("that are used again are no longer out of use")
    func usedAgain() throws {
        let old = try layer()
        #expect(try UnusedLayers.remove(bench.state) == 0)
        try bench.age("layers/\(UnusedLayers.mark)\(Paths.name(old))", seconds: 3700)
        #expect(try layer() == old)
        #expect(try UnusedLayers.remove(bench.state) == 0, "the time begins again")
        try bench.age("layers/\(UnusedLayers.mark)\(Paths.name(old))", seconds: 3700)
        try compile("/a", old)
        #expect(try UnusedLayers.remove(bench.state) == 0)
        #expect(try bench.scratch.names("state/layers") == [Paths.name(old)])
    }

    @Test("are out of use when their policy would be compiled again, and its record goes with them")
    func staleRecord() throws {
        let (old, new) = (try layer("old"), try layer("new"))
        try compile("/a", old)
        try compile("/b", new)
        try bench.scratch.write("state/compiled/damaged", "damaged")
        // What was compiled from the layer as it was before somebody changed it.
        try bench.scratch.write("state/layers/\(Paths.name(old))/stranger")
        #expect(try sweepLater() == 1)
        #expect(try !isThere(old) && isThere(new))
        #expect(try bench.scratch.names("state/compiled").count == 1)
        #expect(try CompiledPolicyCache("/b", [:]).read(bench.state, landlockABI: Host.landlockABI) != nil)
    }

    @Test("that were being made when their compiler was killed are swept, and those of a living one are not")
    func unfinished() throws {
        try bench.scratch.makeDirectory("state/layers/.new-dead/usr")
        try bench.scratch.makeDirectory("state/layers/.new-living")
        try bench.age("layers/.new-dead", seconds: 3700)
        #expect(try UnusedLayers.remove(bench.state) == 0)
        #expect(try bench.scratch.names("state/layers") == [".new-living"])
    }

    @Test("are left to whoever sweeps them at this moment")
    func together() throws {
        let old = try layer()
        let other = try Files.open("\(bench.state.path)/layers", O_RDONLY | O_DIRECTORY)
        #expect(try Files.lock(other.number))
        #expect(try sweepLater() == 0)
        #expect(try bench.scratch.names("state/layers") == [Paths.name(old)])
    }
}
