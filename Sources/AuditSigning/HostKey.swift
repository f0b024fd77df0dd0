public import Audit
internal import Crypto
internal import Glibc
internal import Kernel
internal import Records
public import Tasks

/// The key of a host, which signs checkpoints of the audit log: Ed25519 (RFC 8032).
///
/// It is `/etc/caisson/audit.key` where root has one, else `audit.key` in the state directory, made when it is first needed.
public struct HostKey: Sendable {
    private let key: Curve25519.Signing.PrivateKey
    /// Its file.
    public let path: String

    private static let name = "audit.key"
    private static let hostPath = "/etc/caisson/audit.key"
    private static let magic = "caisson-audit-key-1"

    /// The key of a state directory's host.
    public init(_ state: StateDirectory) throws(AuditError) {
        let isHosts = Host.user == 0 ? try Self.isThere(Self.hostPath) : false
        path = isHosts ? Self.hostPath : "\(state.path)/\(Self.name)"
        if try !Self.isThere(path) { try Self.make(state) }
        key = try Self.read(path)
    }

    /// The public key of a state directory's host, if there is a key; none is made.
    public static func existing(_ state: StateDirectory) throws(AuditError) -> String? {
        let isHosts = Host.user == 0 ? try isThere(hostPath) : false
        guard try isThere(isHosts ? hostPath : "\(state.path)/\(name)") else { return nil }
        return try HostKey(state).publicKey
    }

    /// The public key in 64 hexadecimal digits.
    public var publicKey: String { Hexadecimal.text(key.publicKey.rawRepresentation) }

    /// Signs everything that the log has, and makes it durable.
    ///
    /// - Returns: The head, which is the checkpoint.
    @discardableResult
    public func checkpoint(_ log: AuditLog) throws(AuditError) -> AuditHead {
        try log.checkpoint(key: publicKey) { (message) throws(AuditError) in
            do {
                return Hexadecimal.text(try key.signature(for: message))
            } catch {
                throw .key(path, "\(error)", remedy: "")
            }
        }
    }

    /// Whether a signature is one of a message by a public key.
    public static func isSigned(_ message: [UInt8], _ signature: String, _ key: String) -> Bool {
        guard let signature = bytes(signature), let raw = bytes(key) else { return false }
        do {
            return try Curve25519.Signing.PublicKey(rawRepresentation: raw).isValidSignature(signature, for: message)
        } catch {
            return false
        }
    }

    /// The public key in a file, as `caisson audit key` prints it.
    public static func publicKey(in path: String) throws(AuditError) -> String {
        let text: String
        do {
            text = String(decoding: try Files.contents(path, limit: 4096), as: UTF8.self)
        } catch {
            throw .key(path, "\(error)", remedy: "name a file that `caisson audit key` has written")
        }
        guard let word = text.split(whereSeparator: \.isWhitespace).last, word.utf8.count == 64,
            let found = bytes(String(word)), found.count == 32, !text.hasPrefix(magic)
        else {
            throw .key(path, "it holds no public key", remedy: "name a file that `caisson audit key` has written")
        }
        return String(word)
    }

    // MARK: file

    private static func isThere(_ path: String) throws(AuditError) -> Bool {
        do throws(Errno) {
            _ = try FileStatus.of(path, follow: false)
            return true
        } catch {
            guard [ENOENT, ENOTDIR].contains(error.rawValue) else { throw .system(path, error) }
            return false
        }
    }

    /// Makes the file whole or not at all; where another front end makes one, too, the first one stays.
    private static func make(_ state: StateDirectory) throws(AuditError) {
        let (parent, text) = (
            state.directory.number,
            "\(magic) \(Hexadecimal.text(Curve25519.Signing.PrivateKey().rawRepresentation))\n"
        )
        do throws(Errno) {
            let temporary = ".\(name)-\(Hexadecimal.text(try Host.random(8)))"
            let file = try Files.open(temporary, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600, at: parent)
            try Transfer.write(file.number, text)
            try Files.makeDurable(file.number)
            do throws(Errno) {
                try Files.hardLink(temporary, as: name, at: parent)
            } catch {
                guard error.rawValue == EEXIST else { throw error }
            }
            try Files.remove(temporary, at: parent)
        } catch {
            throw .system("\(state.path)/\(name)", error)
        }
    }

    private static func read(_ path: String) throws(AuditError) -> Curve25519.Signing.PrivateKey {
        let remedy = "move it away: a new one is made, and --key names the old public key for what it has signed"
        let text: String
        do throws(Errno) {
            let file = try Files.open(path, O_RDONLY | O_NOFOLLOW)
            let status = try FileStatus.of(file.number)
            guard status.owner == Host.user, status.permissions & 0o077 == 0 else {
                throw Errno(rawValue: EPERM)
            }
            text = String(decoding: try Transfer.readAll(file.number, limit: 4096), as: UTF8.self)
        } catch {
            throw .key(
                path, error.rawValue == EPERM ? "others may read it, or it is not yours" : "\(error)",
                remedy: error.rawValue == EPERM ? "chmod 600 \(path)" : remedy)
        }
        let words = text.split(whereSeparator: \.isWhitespace)
        guard words.count == 2, words[0] == magic, let raw = bytes(String(words[1])) else {
            throw .key(path, "it is damaged", remedy: remedy)
        }
        do {
            return try Curve25519.Signing.PrivateKey(rawRepresentation: raw)
        } catch {
            throw .key(path, "it is damaged", remedy: remedy)
        }
    }

    private static func bytes(_ digits: String) -> [UInt8]? {
        let digits = Array(digits.utf8)
        guard digits.count.isMultiple(of: 2), digits.allSatisfy(Hexadecimal.isDigit) else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { place in
            digits[place...place + 1].reduce(0) { $0 << 4 | ($1 < 58 ? $1 - 48 : $1 - 87) }
        }
    }
}
