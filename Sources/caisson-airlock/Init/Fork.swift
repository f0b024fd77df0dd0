import Confinement
import Kernel
import Records

/// fork(2). The airlock has one thread, so that the child's memory is whole.
enum Fork {
    /// Returns the child's pid, or 0 in the child.
    static func call() throws(Errno) -> Int32 {
        try checkedOnce { forkProcess() }
    }
}

/// The pipe that tells a sandbox that its monitor is gone.
enum Lifeline {
    /// Fails if the monitor died before PDEATHSIG was set: its signal would never come.
    static func check(_ lifeline: Int32) throws(ConfinementError) {
        try step(.parentDeath) { () throws(Errno) in
            guard try Poll.now(lifeline, 0) == 0 else { throw Errno(rawValue: ownerDied) }
        }
    }

    private static var ownerDied: Int32 { 130 }
}
