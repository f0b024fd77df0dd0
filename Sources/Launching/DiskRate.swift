internal import Kernel
internal import Policy
internal import Records

/// `limits.io`: how much a second a task may read from and write to each disk that it can reach.
enum DiskRate {
    /// One value of io.max for each disk, in the form in which the kernel shows it. Source: cgroup-v2.rst, "io.max".
    ///
    /// - Throws: A place of the view lies on something whose traffic the kernel does not count by disk.
    static func values(_ rate: ByteCount?, _ steps: [MountStep]) throws(LaunchError) -> [CgroupValue] {
        guard let rate else { return [] }
        var disks: Set<String> = []
        for path in steps.flatMap(sources) {
            if let disk = try disk(path) { disks.insert(disk) }
        }
        return disks.sorted().map {
            CgroupValue(
                file: "io.max", value: "\($0) rbps=\(rate.bytes) wbps=\(rate.bytes) riops=max wiops=max")
        }
    }

    /// Source: linux/magic.h. The file system of device files is one, too.
    private static let tmpfs: UInt32 = 0x0102_1994

    /// What of the host a step shows.
    private static func sources(_ step: MountStep) -> [String] {
        switch step {
        case .tree(let source, _, _): [source]
        case .handed(let tree, _, _): [tree.source]
        case .overlay(let layers, _, _): layers
        case .directory, .link, .scratch, .proc, .terminals, .hide, .pin: []
        }
    }

    /// `MAJOR:MINOR` of the disk below a path; nil: it is in memory.
    private static func disk(_ path: String) throws(LaunchError) -> String? {
        let (device, isInMemory) = try on(path) { () throws(Errno) in
            let file = try Files.reference(path)
            return (try FileStatus.of(file.number).deviceNumbers, try Host.fileSystemType(file.number) == tmpfs)
        }
        if isInMemory { return nil }
        let number = "\(device.major):\(device.minor)"
        let place = "/sys/dev/block/\(number)"
        guard device.major != 0, try isThere(place) else {
            throw LaunchError(
                .failed, "limits.io", "\(path) lies on no disk of its own, and the kernel can't count what goes to it",
                remedy: "leave limits.io out, or use a file system directly on a disk, such as ext4")
        }
        // Rates are those of whole disks.
        return try isThere("\(place)/partition") ? try contents("\(place)/../dev") : number
    }

    private static func isThere(_ path: String) throws(LaunchError) -> Bool {
        try on(path) { () throws(Errno) in try ControlGroupTree.isThere(path) }
    }

    private static func contents(_ path: String) throws(LaunchError) -> String {
        let text = try on(path) { () throws(Errno) in try ControlGroupTree.text(path) }
        return String(text.prefix { $0 != "\n" })
    }
}
