internal import CKernel
internal import Glibc
internal import Kernel
public import Records

/// The Landlock domain of a process: what of the view it may read, change and execute. Source: landlock(7).
///
/// It is the second line: the view already lacks what the task may not have. No mount can be changed after it.
public enum Landlock {
    /// The ABI of the running kernel; 0 where Landlock is missing or switched off.
    public static func abi() -> Int32 { max(0, csn_landlock_abi()) }

    /// Restricts this process and all that it starts.
    ///
    /// - Parameters:
    ///   - plan: Rules; one whose path is missing in the view fails.
    ///   - scoped: Whether signals and abstract sockets end at the domain's edge (ABI 6).
    public static func restrict(_ plan: PlannedLandlock, scoped: Bool = true) throws(ConfinementError) {
        let abi = abi()
        guard abi >= plan.minimumABI else { throw ConfinementError(.landlock, Errno(rawValue: EOPNOTSUPP), index: abi) }
        guard abi > 0 else { return }
        let ruleset = try step(.landlock) { () throws(Errno) in try makeRuleset(abi, plan, scoped) }
        for (index, rule) in plan.rules.enumerated() {
            try step(.landlock, index: index) { () throws(Errno) in try add(rule, abi, to: ruleset.number) }
        }
        for port in abi >= 4 ? plan.connectPorts ?? [] : [] {
            _ = try step(.landlock) { () throws(Errno) in
                try checked { csn_landlock_add_port(ruleset.number, UInt64(port), connectTCP) }
            }
        }
        _ = try step(.landlock) { () throws(Errno) in try checked { csn_landlock_restrict(ruleset.number) } }
    }

    private static let connectTCP: UInt64 = 1 << 1

    private static func makeRuleset(_ abi: Int32, _ plan: PlannedLandlock, _ scoped: Bool) throws(Errno) -> Descriptor {
        let net = abi >= 4 && plan.connectPorts != nil ? connectTCP : 0
        let scope: UInt64 = abi >= 6 && scoped ? 0b11 : 0
        let size = abi >= 6 ? 24 : abi >= 4 ? 16 : 8
        return Descriptor(owning: try checked { csn_landlock_create(Access.all(abi).rawValue, net, scope, size) })
    }

    private static func add(_ rule: LandlockRule, _ abi: Int32, to ruleset: Int32) throws(Errno) {
        let place = try Files.reference(rule.path)
        var access = Access(rule.grant).intersection(.all(abi))
        // Most rules are for programs and devices, and have no right that only a directory has.
        if !Access.onFiles.isSuperset(of: access), try FileStatus.of(place.number).isDirectory == false {
            access.formIntersection(.onFiles)
        }
        guard !access.isEmpty else { return }
        _ = try checked { csn_landlock_add_path(ruleset, place.number, access.rawValue) }
    }
}

/// The access rights of linux/landlock.h.
struct Access: OptionSet {
    let rawValue: UInt64

    static let execute = Access(rawValue: 1 << 0)
    static let writeFile = Access(rawValue: 1 << 1)
    static let readFile = Access(rawValue: 1 << 2)
    static let readDirectory = Access(rawValue: 1 << 3)
    static let removeDirectory = Access(rawValue: 1 << 4)
    static let removeFile = Access(rawValue: 1 << 5)
    static let refer = Access(rawValue: 1 << 13)
    static let truncate = Access(rawValue: 1 << 14)
    static let deviceControl = Access(rawValue: 1 << 15)
    /// Removing and making everything but devices: REMOVE_DIR, REMOVE_FILE, MAKE_DIR, _REG, _SOCK, _FIFO, _SYM.
    static let change = Access(rawValue: 1 << 4 | 1 << 5 | 1 << 7 | 1 << 8 | 1 << 9 | 1 << 10 | 1 << 12)
    /// The rights that mean something on a file.
    static let onFiles: Access = [.execute, .writeFile, .readFile, .truncate, .deviceControl]

    init(rawValue: UInt64) { self.rawValue = rawValue }

    init(_ grant: LandlockGrant) {
        self = []
        if grant.contains(.read) { formUnion([.readFile, .readDirectory]) }
        if grant.contains(.list) { formUnion(.readDirectory) }
        if grant.contains(.remove) { formUnion(.removeFile) }
        if grant.contains(.removeDirectory) { formUnion(.removeDirectory) }
        if grant.contains(.write) { formUnion([.writeFile, .change, .refer, .truncate]) }
        if grant.contains(.execute) { formUnion(.execute) }
        if grant.contains(.device) { formUnion([.readFile, .writeFile, .deviceControl]) }
    }

    /// Every right that the ABI knows: what is not handled is not restricted.
    static func all(_ abi: Int32) -> Access {
        let bits: UInt64 = abi >= 5 ? 16 : abi >= 3 ? 15 : abi >= 2 ? 14 : 13
        return Access(rawValue: (1 << bits) - 1)
    }
}
