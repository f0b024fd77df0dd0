internal import Glibc
internal import Kernel
internal import Policy
internal import Records
public import Tasks

/// The place of one compiled policy in the state directory.
///
/// What is there is used only if it is whole, of this version, made for this kernel, and everything that it was made from
/// still looks the same; otherwise it is made again.
public struct CompiledPolicyCache: Sendable {
    private let name: String

    /// The place for a policy file, and for what of the environment may add to its commands.
    ///
    /// - Parameter approving: The program of `commands.ask` that launches under it were approved for; nil: none.
    public init(_ path: String, _ environment: [String: String], approving: String? = nil) {
        let parts =
            [path, environment["ALLOWED_COMMANDS"] ?? "", environment["ALLOW_ALL_COMMANDS"] ?? ""]
            + (approving.map { [$0] } ?? [])
        name = SHA256.hexadecimal(Array(parts.joined(separator: "\0").utf8))
    }

    private static let directory = "compiled"
    private static let unfinished = ".new-"

    /// What is there, if it can be used.
    public func read(_ state: StateDirectory, landlockABI: Int32) throws(LaunchError) -> CompiledPolicy? {
        guard let cached = try find(state, landlockABI: landlockABI), try cached.isCurrent() else { return nil }
        return cached.compiled
    }

    /// What is there, of which it has still to be found out whether it can be used.
    public func find(_ state: StateDirectory, landlockABI: Int32) throws(LaunchError) -> CachedPolicy? {
        let bytes: [UInt8]
        do throws(Errno) {
            bytes = try Files.contents("\(Self.directory)/\(name)", at: state.directory.number)
        } catch {
            guard error.rawValue == ENOENT || error.rawValue == ENOTDIR else { throw Self.failure(error) }
            return nil
        }
        guard let compiled = opened(bytes), isMeant(compiled, landlockABI) else { return nil }
        return CachedPolicy(compiled)
    }

    /// A damaged record, or one of another version, is no error: it is made again.
    private func opened(_ bytes: [UInt8]) -> CompiledPolicy? {
        do {
            return try CompiledPolicy.open(bytes)
        } catch {
            return nil
        }
    }

    /// Whether everything that a policy was made from still looks the same.
    public func isCurrent(_ compiled: CompiledPolicy, landlockABI: Int32) throws(LaunchError) -> Bool {
        guard isMeant(compiled, landlockABI) else { return false }
        return try CachedPolicy(compiled).isCurrent()
    }

    /// Whether it is for this kernel and this day.
    private func isMeant(_ compiled: CompiledPolicy, _ landlockABI: Int32) -> Bool {
        guard compiled.kernel == Host.kernelRelease(), compiled.landlockABI == landlockABI else { return false }
        let today = CalendarDate.today
        return compiled.policy.relaxations.allSatisfy { $0.expires.map { $0 >= today } ?? true }
    }

    /// All that can be used, whatever it was made from. What can't be is removed: it would only be made again.
    public static func current(_ state: StateDirectory) throws(LaunchError) -> [CompiledPolicy] {
        let (parent, abi) = (state.directory.number, Host.landlockABI)
        let names: [String]
        do throws(Errno) {
            names = try Files.names(in: directory, at: parent)
        } catch {
            guard error.rawValue == ENOENT else { throw failure(error) }
            return []
        }
        var found: [CompiledPolicy] = []
        for name in names where !name.hasPrefix(unfinished) {
            if let compiled = try CompiledPolicyCache(name: name).read(state, landlockABI: abi) {
                found.append(compiled)
            } else {
                do { try Files.removeTree("\(directory)/\(name)", at: parent) } catch { throw failure(error) }
            }
        }
        return found
    }

    private init(name: String) {
        self.name = name
    }

    private static func failure(_ error: Errno) -> LaunchError {
        LaunchError(.failed, "policy", "the cache of compiled policies: \(error)")
    }

    /// Puts a compiled policy there, whole or not at all.
    public func write(_ compiled: CompiledPolicy, _ state: StateDirectory) throws(LaunchError) {
        let directory = try launching { () throws(TaskError) in try state.subdirectory(Self.directory) }
        let number = directory.number
        let name = self.name
        try on("the cache of compiled policies") { () throws(Errno) in
            let temporary = "\(Self.unfinished)\(name)-\(Hexadecimal.text(try Host.random(8)))"
            try Files.replace(name, with: compiled.sealed, at: number, temporary: temporary, durable: false)
        }
    }
}
