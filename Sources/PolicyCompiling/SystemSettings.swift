internal import Glibc
internal import Kernel
internal import Launching
internal import Records
internal import Tasks

/// What of /etc a program needs and no secret is in, copied into a layer of its own: one mount, and nothing of the host's
/// /etc beside it.
struct SystemSettings {
    private var layer = Layer()
    private let root: String
    /// What was copied: a change of one of these makes the layer again.
    private(set) var stamps: [PathStamp] = []

    /// Larger files are no settings.
    private static let fileLimit = 4 << 20

    private static let names = [
        "alternatives", "ca-certificates", "ca-certificates.conf", "debian_version", "fonts", "gai.conf", "host.conf",
        "java-11-openjdk", "java-17-openjdk", "java-21-openjdk", "ld.so.cache", "ld.so.conf", "ld.so.conf.d",
        "locale.alias", "locale.conf", "localtime", "lsb-release", "magic", "magic.mime", "mime.types", "networks",
        "nsswitch.conf", "os-release", "perl", "pki/tls/certs", "pki/ca-trust/extracted", "protocols", "python3",
        "python3.11", "python3.12", "python3.13", "redhat-release", "rpc", "services", "ssl/certs", "ssl/openssl.cnf",
        "terminfo", "timezone", "xattr.conf", "node",
    ]

    /// Collects the layer.
    ///
    /// - Parameters:
    ///   - hasNetwork: Whether the host's resolver settings are part of it.
    ///   - root: Where the host has its settings.
    init(hasNetwork: Bool, root: String = "/etc") throws(LaunchError) {
        self.root = root
        for name in Self.names + (hasNetwork ? ["resolv.conf"] : []) { try copy(name, isListed: true) }
        generate()
    }

    /// Makes the layer and returns its path.
    func make(_ state: StateDirectory) throws(LaunchError) -> String { try layer.make(state) }

    private mutating func copy(_ name: String, isListed: Bool) throws(LaunchError) {
        let path = "\(root)/\(name)"
        let status: FileStatus
        do throws(Errno) {
            if isListed { stamps.append(try PathStamp(path)) }
            // A listed name may be a link out of /etc, as resolv.conf and localtime are: its contents are meant.
            status = try FileStatus.of(path, follow: isListed && !Self.staysLink.contains(name))
            if !isListed, status.isDirectory { stamps.append(try PathStamp(path)) }
        } catch {
            guard error.rawValue == ENOENT || error.rawValue == ENOTDIR else {
                throw LaunchError(.failed, "policy", "\(path): \(error)")
            }
            return
        }
        try add(name, path, status)
    }

    private static let staysLink: Set<String> = ["localtime", "os-release"]

    /// What not everybody may read is a secret.
    private mutating func add(_ name: String, _ path: String, _ status: FileStatus) throws(LaunchError) {
        if status.isSymbolicLink {
            layer.add(name, .link(try on(path) { () throws(Errno) in try Files.target(path) }))
        } else if status.isDirectory, status.permissions & 0o005 == 0o005 {
            layer.add(name, .directory)
            let children = try on(path) { () throws(Errno) in try Files.names(in: path) }
            for child in children.sorted() { try copy("\(name)/\(child)", isListed: false) }
        } else if status.isRegular, status.permissions & 0o004 != 0, status.size <= Self.fileLimit {
            let bytes = try on(path) { () throws(Errno) in try Files.contents(path) }
            layer.add(name, .file(bytes, mode: 0o644))
        }
    }

    private mutating func generate() {
        let (user, id) = (TaskIdentity.name, TaskIdentity.inner)
        let files = [
            ("passwd", "\(user):x:\(id):\(id)::\(TaskIdentity.home):/bin/sh\n"),
            ("group", "\(user):x:\(id):\n"),
            ("hosts", "127.0.0.1 localhost caisson\n::1 localhost caisson\n"),
            ("hostname", "caisson\n"),
        ]
        for (name, text) in files { layer.add(name, .file(Array(text.utf8), mode: 0o644)) }
    }
}
