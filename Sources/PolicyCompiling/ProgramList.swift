internal import Glibc
internal import Kernel
internal import Launching
internal import Policy
internal import Records

/// The files that the kernel has to let a sandbox execute under a command list: the programs and their loaders.
struct ProgramList {
    private struct FileNumber: Hashable {
        let device: UInt64
        let inode: UInt64
    }

    /// The real paths, without repetition.
    private(set) var paths: [String] = []
    private var numbers: Set<FileNumber> = []

    /// Reads each program for the loader that it names.
    init(_ table: CommandTable) throws(LaunchError) {
        for program in table.kernelPrograms {
            add(program.path, program.device, program.inode)
            if let loader = try Self.loader(program.path) { try addIfThere(loader) }
        }
    }

    /// Whether a file may be executed, whatever it is called.
    func contains(_ found: ExecutableScan.Found) -> Bool {
        numbers.contains(FileNumber(device: found.device, inode: found.inode))
    }

    private mutating func add(_ path: String, _ device: UInt64, _ inode: UInt64) {
        if numbers.insert(FileNumber(device: device, inode: inode)).inserted { paths.append(path) }
    }

    /// A program of another system names a loader that this host does not have: it does not run here, with or without it.
    private mutating func addIfThere(_ path: String) throws(LaunchError) {
        do throws(Errno) {
            let file = try Files.reference(path)
            let status = try FileStatus.of(file.number)
            add(try Files.path(of: file.number), status.device, status.inode)
        } catch {
            guard [ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG].contains(error.rawValue) else {
                throw LaunchError(.failed, "policy", "\(path): \(error)")
            }
        }
    }

    private static func loader(_ path: String) throws(LaunchError) -> String? {
        do throws(Errno) {
            let file = try Files.open(path, O_RDONLY)
            let kind = try ExecutableFile.examine(file.number, name: Paths.name(path), isPermitted: true)
            if case .program(let loader) = kind { return loader }
            return nil
        } catch {
            // What may be executed and not read: its loader can't be known, and is among the others' on every usual host.
            guard error.rawValue == EACCES else { throw LaunchError(.failed, "policy", "\(path): \(error)") }
            return nil
        }
    }
}
