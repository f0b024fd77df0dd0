import Glibc
import Kernel
import Records

/// The end of an airlock that could not even read its plan.
enum StartFailure {
    /// Writes down and tells the front end why nothing was started, and ends this process.
    static func report(_ reason: any Error, _ arrival: inout Arrival) -> Never {
        let now = Clock.now()
        var record = EndRecord(status: .failedToStart, cause: "launch", endedAt: now)
        record.stage = .plan
        record.errno = (reason as? Errno)?.rawValue
        record.detail = "\(reason)"
        record.proof = EndProof(kind: .neverStarted, at: now, killed: nil)
        do {
            // The directory, in which it is written down, may still be on its way.
            guard try arrival.rest() else { _exit(0) }
            do { try arrival.takeBack() } catch { record.detail = "\(reason); a placeholder stays: \(error)" }
            try Files.replace("end", with: record.sealed, at: AirlockDescriptor.directory)
            try Transfer.send(AirlockDescriptor.report, ControlReply.ended(record).bytes)
            try Files.remove(ControlSocket.name, at: AirlockDescriptor.directory)
        } catch {
            _exit(126)
        }
        _exit(125)
    }
}
