internal import Glibc
internal import Kernel
internal import Policy
internal import Records

/// A look through the writable places of an ended task for names that its policy's patterns stand for and that were not there at
/// the launch.
///
/// The tree is what the task made of it: no link is followed, and neither the tree's depth nor its size decides how long it takes.
struct MatchSearch {
    /// How far it goes.
    struct Bounds {
        /// Names that are looked at.
        var names = 500_000
        /// Nanoseconds that it may take.
        var patience: UInt64 = 2_000_000_000
        /// Names that are told.
        var reported = 50
        /// Bytes of all that are told.
        var reportedBytes = 16 << 10
        /// Bytes of the paths of directories that are still to be looked at.
        var pendingBytes = 32 << 20
    }

    private struct Directory {
        let path: [UInt8]
        let place: PatternWalk.Place
    }

    private let walk: PatternWalk
    private let known: Set<[UInt8]>
    private let bounds: Bounds
    private let deadline: UInt64
    private var found = NewMatches(lookedAt: Clock.now())
    private var left: [Directory] = []
    private var (seen, pending, told) = (0, 0, 0)
    private var isOver = false

    /// Looks.
    static func newMatches(of watched: WatchedNames, _ bounds: Bounds = Bounds()) -> NewMatches {
        var search = MatchSearch(watched, bounds)
        let outermost = watched.roots.filter { root in
            !watched.roots.contains { $0 != root && Paths.isWithin(root, $0) }
        }
        for root in outermost where !search.isOver { search.search(root) }
        search.found.paths.sort()
        return search.found
    }

    private init(_ watched: WatchedNames, _ bounds: Bounds) {
        self.bounds = bounds
        deadline = Clock.monotonic() + bounds.patience
        walk = PatternWalk(watched.patterns)
        known = Set(watched.known.map { Array($0.utf8) })
    }

    private mutating func search(_ root: String) {
        do throws(Errno) {
            let top = try Files.open("/", Int32(O_RDONLY) | O_DIRECTORY)
            let below = Array(root.utf8.drop { $0 == UInt8(ascii: "/") })
            let directory = try Files.directory(below, beneath: top.number)
            left = [Directory(path: [], place: walk.place(of: root))]
            pending = 0
            while let next = left.popLast(), !isOver {
                pending -= next.path.count
                visit(next, root, directory.number)
            }
        } catch {
            cut("\(root) could not be opened (\(error))")
        }
    }

    private mutating func visit(_ directory: Directory, _ root: String, _ top: Int32) {
        do throws(Errno) {
            let opened = try Files.directory(directory.path, beneath: top)
            try Files.visit(opened) { entry in
                take(entry, directory, root)
                return !isOver
            }
        } catch {
            // It is gone, or something else by now, or only looked like a directory.
            guard ![ENOENT, ENOTDIR, ELOOP].contains(error.rawValue) else { return }
            let path = String(decoding: Array(root.utf8) + [UInt8(ascii: "/")] + directory.path, as: UTF8.self)
            cut("\(VisibleText.bounded(path)) could not be read (\(error))", isOver: false)
        }
    }

    private mutating func take(_ entry: DirectoryEntry, _ directory: Directory, _ root: String) {
        seen += 1
        guard seen <= bounds.names else { return cut("there are more than \(bounds.names) names") }
        if seen % 256 == 0, Clock.monotonic() > deadline {
            return cut("looking took more than \(DurationText.exact(bounds.patience))")
        }
        let place = walk.advanced(directory.place, over: entry.name)
        guard !place.isDead else { return }
        let path = directory.path.isEmpty ? entry.name : directory.path + [UInt8(ascii: "/")] + entry.name
        // What is beneath a name that was covered could not be changed, and a new one stands for all that is beneath it.
        if walk.isMatch(place) { return tell(Array(root.utf8) + [UInt8(ascii: "/")] + path) }
        guard entry.isDirectory ?? true else { return }
        pending += path.count
        guard pending <= bounds.pendingBytes else { return cut("there are too many directories") }
        left.append(Directory(path: path, place: place))
    }

    private mutating func tell(_ path: [UInt8]) {
        guard !known.contains(path) else { return }
        told += path.count
        guard found.paths.count < bounds.reported, told <= bounds.reportedBytes else {
            return cut("only the first \(found.paths.count) are told")
        }
        found.paths.append(String(decoding: path, as: UTF8.self))
    }

    /// The first reason is told.
    private mutating func cut(_ reason: String, isOver: Bool = true) {
        found.cut = found.cut ?? reason
        if isOver { self.isOver = true }
    }
}
