internal import Glibc
internal import Kernel
public import Records
public import Tasks

/// Hears when tasks begin, end or go, whichever front end starts or prunes them: the kernel tells, nothing polls.
public final class TaskChanges {
    private let state: StateDirectory
    private let watch: DirectoryWatch
    private let all: Int32
    /// The directories of tasks that run, by their numbers.
    private var running: [Int32: TaskID] = [:]

    /// Hears of everything from now on.
    ///
    /// - Parameter running: Tasks that run, of whose ends it hears.
    public init(_ state: StateDirectory, running: [TaskID]) throws(TaskError) {
        self.state = state
        do throws(Errno) {
            watch = try DirectoryWatch()
            all = try watch.add("\(state.path)/tasks")
        } catch {
            throw .system("watching \(state.path)/tasks", error)
        }
        for id in running { follow(id) }
    }

    /// Readable when something changed.
    public var descriptor: Int32 { watch.descriptor }

    /// Takes what changed, and says whether a task came, ended or went.
    public func hasChanged() throws(TaskError) -> Bool {
        var hasChanged = false
        do throws(Errno) {
            for change in try watch.changes() {
                if change.directory < 0 { hasChanged = true }
                if change.directory == all, let id = TaskID(change.name) {
                    hasChanged = true
                    follow(id)
                }
                if change.name == TaskFile.end.rawValue, running.removeValue(forKey: change.directory) != nil {
                    hasChanged = true
                    try watch.remove(change.directory)
                }
            }
        } catch {
            throw .system("watching \(state.path)/tasks", error)
        }
        return hasChanged
    }

    /// Hears of the end of a task; one that is gone, or more than the kernel lets a user hear of, ends unheard, and its beginning
    /// and its going are heard of all the same.
    private func follow(_ id: TaskID) {
        do throws(Errno) {
            running[try watch.add("\(state.path)/tasks/\(id)")] = id
        } catch {
            return
        }
    }
}
