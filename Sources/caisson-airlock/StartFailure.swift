import Glibc
import Kernel
import Records

/// The end of an airlock that could not even read its plan.
enum StartFailure {
    /// Tells the front end why, if it still listens, and ends this process.
    static func report(_ reason: String) -> Never {
        do {
            let message = ControlReply.refused("the airlock could not begin: \(reason)")
            try Transfer.send(AirlockDescriptor.report, message.bytes)
        } catch {
            _exit(126)
        }
        _exit(125)
    }
}
