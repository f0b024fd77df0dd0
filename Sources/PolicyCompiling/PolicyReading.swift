internal import Glibc
internal import Kernel
public import Launching
public import Policy
public import PolicyText
internal import Tasks

/// Why there is no policy: the files are wrong, or something about the host is.
public enum PolicyProblem: Error, Sendable, CustomStringConvertible {
    /// The files say something that no policy may say.
    case files(PolicyErrors)
    /// A file, a directory or the host.
    case host(LaunchError)

    /// The sentences for people.
    public var description: String {
        switch self {
        case .files(let errors): errors.description
        case .host(let error): error.description
        }
    }
}

/// Reads policy files, checked for who may have written them, and merges what they extend.
public struct PolicyReading: Sendable {
    /// The merged policy.
    public let policy: EffectivePolicy
    /// Every file that was read, and every path at which another one would have been found first, as they looked before
    /// they were read.
    public let stamps: [PathStamp]

    /// Reads a policy.
    ///
    /// - Parameters:
    ///   - path: The real path of the file.
    ///   - location: Where names in `extends` are looked up.
    public init(_ path: String, _ location: PolicyLocation) throws(PolicyProblem) {
        var stamps: [PathStamp] = []
        let entry: PolicySource
        do throws(LaunchError) {
            entry = try Self.source(path, &stamps)
        } catch {
            throw .host(error)
        }
        do throws(PolicyErrors) {
            policy = try PolicyLoader.load(entry, today: CalendarDate.today) { (name) throws(PolicyError) in
                try Self.extended(name, location, path, &stamps)
            }
        } catch {
            throw .files(error)
        }
        self.stamps = stamps
    }

    /// A file that changes while it is read looks another way afterwards.
    private static func source(_ path: String, _ stamps: inout [PathStamp]) throws(LaunchError) -> PolicySource {
        stamps += try PathStamp.all([path])
        return PolicySource(path: path, text: try PolicyLocation.read(path))
    }

    private static func extended(
        _ name: String, _ location: PolicyLocation, _ file: String, _ stamps: inout [PathStamp]
    ) throws(PolicyError) -> PolicySource? {
        do throws(LaunchError) {
            stamps += try PathStamp.all(location.candidates(name))
            return try location.lookUp(name).map { (path) throws(LaunchError) in try source(path, &stamps) }
        } catch {
            throw PolicyError(file: file, key: "extends", problem: error.message, remedy: error.remedy)
        }
    }
}
