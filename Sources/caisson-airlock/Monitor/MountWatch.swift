import Glibc
import Kernel
import Records

/// Watches that what hides and protects names stays where it is.
///
/// The host can take a mount off its place without meaning to: renaming a new file over a hidden one is enough, and the
/// secret would be readable inside. The kernel tells of every change of a mount namespace by POLLPRI on its mountinfo.
/// Source: proc(5), /proc/PID/mountinfo.
struct MountWatch {
    /// To be polled for POLLPRI.
    let table: Int32
    private let places: [String]

    /// Begins to watch; nil where the plan hides and protects nothing.
    ///
    /// - Parameter table: mountinfo of a process in the sandbox's mount namespace, opened while it might still be read.
    init?(_ plan: LaunchPlan, table: Int32) {
        places = plan.mounts.compactMap { step in
            switch step {
            case .hide(let path, _), .pin(let path, _): path
            default: nil
            }
        }
        guard !places.isEmpty else { return nil }
        self.table = table
    }

    /// A place whose mount is gone; nil: all are there.
    func lost() throws(Errno) -> String? {
        _ = try checked { lseek(table, 0, SEEK_SET) }
        let mounts = MountTable(try Transfer.readAll(table, limit: 1 << 20))
        return places.first { mounts.attributes($0) == nil }
    }
}
