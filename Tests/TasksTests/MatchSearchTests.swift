import Kernel
import Records
import TestSupport
import Testing

@testable import Tasks

@Suite("The look for new names of a pattern")
struct MatchSearchTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
        for name in ["a/.env", "b/c/.env", "b/other", "d"] { try Files.makeDirectories("\(scratch.path)/\(name)") }
    }

    private func watched(_ patterns: [String] = ["**/.env"], known: [String] = []) -> WatchedNames {
        WatchedNames(
            patterns: patterns.map { "\(scratch.path)/\($0)" }, roots: [scratch.path],
            known: known.map { "\(scratch.path)/\($0)" })
    }

    private func relative(_ found: NewMatches) -> [String?] {
        found.paths.map { Paths.relative($0, to: scratch.path) }
    }

    @Test("finds them, without those that were there")
    func found() {
        let all = MatchSearch.newMatches(of: watched())
        #expect(relative(all) == ["a/.env", "b/c/.env"] && all.cut == nil)
        #expect(relative(MatchSearch.newMatches(of: watched(known: ["a/.env"]))) == ["b/c/.env"])
        #expect(MatchSearch.newMatches(of: watched(known: ["a/.env", "b/c/.env"])).isEmpty)
    }

    @Test("begins where a pattern does, and where the task could write")
    func beginning() {
        #expect(relative(MatchSearch.newMatches(of: watched(["b/**/.env"]))) == ["b/c/.env"])
        var watched = watched()
        watched.roots = ["\(scratch.path)/b", "\(scratch.path)/b/c"]
        #expect(relative(MatchSearch.newMatches(of: watched)) == ["b/c/.env"])
    }

    @Test(
        "ends at each of its bounds, and says so",
        arguments: [
            (\MatchSearch.Bounds.names, 3, "more than 3 names"), (\.reported, 1, "only the first 1"),
            (\.reportedBytes, 4, "only the first 0"), (\.pendingBytes, 1, "too many directories"),
        ])
    func bounds(bound: any WritableKeyPath<MatchSearch.Bounds, Int> & Sendable, value: Int, reason: String) {
        var bounds = MatchSearch.Bounds()
        bounds[keyPath: bound] = value
        let found = MatchSearch.newMatches(of: watched(), bounds)
        #expect(found.cut?.contains(reason) == true && found.paths.count < 2)
    }

    @Test("ends when its time is over")
    func time() throws {
        for number in 0..<300 { try Files.makeDirectory("\(scratch.path)/d/\(number)") }
        var bounds = MatchSearch.Bounds()
        bounds.patience = 0
        #expect(MatchSearch.newMatches(of: watched(), bounds).cut?.contains("took more than") == true)
    }

    @Test("follows no link, not even in the place of the workspace")
    func links() throws {
        try Files.link(scratch.path, as: "\(scratch.path)-link")
        try Files.link("../b", as: "\(scratch.path)/d/up")
        #expect(relative(MatchSearch.newMatches(of: watched())) == ["a/.env", "b/c/.env"])
        var watched = watched()
        watched.roots = ["\(scratch.path)-link"]
        let found = MatchSearch.newMatches(of: watched)
        try Files.remove("\(scratch.path)-link")
        #expect(found.paths.isEmpty && found.cut?.contains("ELOOP") == true)
    }
}
