import Audit
import Glibc
import Kernel
import Policy
import Records
import Tasks

/// Audit logs: whatever somebody made of one is found, what was only appended to is whole, and a log that is none at all can still be
/// appended to. The first byte says which of these is tried with the rest.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    guard size >= 2 else { return 0 }
    var bytes = [UInt8](UnsafeBufferPointer(start: data, count: size))
    let kind = bytes.removeFirst()
    switch kind % 3 {
    case 0: appendAnything(bytes)
    case 1: change(bytes)
    default: verifyAnything(bytes)
    }
    return 0
}

// MARK: what callers make others write down

/// Each line of the input is an argument, a variable's value, a reason and a client's name at once.
private func appendAnything(_ bytes: [UInt8]) {
    let words = bytes.split(separator: 10, maxSplits: 40).map { String(decoding: $0, as: UTF8.self) }
    store(log: [], head: nil)
    append(words.map { entry(words, reason: $0) }, client: words.first)
    let report = verify()
    guard report.isWhole, report.lines == words.count else { fatalError("it is not whole: \(report)") }
}

private func entry(_ arguments: [String], reason: String) -> AuditEntry {
    .refusal(
        arguments, policy: reason, cause: "commands", reason: reason, rule: nil, place: (reason, 1), task: nil,
        .standard)
}

// MARK: what an attacker makes of it

/// Three bytes are one change of the log that there was: a byte, a cut, or bytes that are left out or written twice.
private func change(_ bytes: [UInt8]) {
    var log = original.log
    var rest = bytes.prefix(24)
    while rest.count >= 3, !log.isEmpty {
        let (how, high, low) = (rest.removeFirst(), Int(rest.removeFirst()), Int(rest.removeFirst()))
        let place = (high << 8 | low) % log.count
        let end = min(log.count, place + 1 + Int(how >> 2))
        switch how % 4 {
        case 0: log[place] ^= max(how >> 2, 1)
        case 1: log.removeSubrange(place..<end)
        case 2: log.insert(contentsOf: log[place..<end], at: place)
        default: log.removeSubrange(place...)
        }
    }
    store(log: log, head: original.head)
    guard verify().isWhole == isOriginal(log) else { fatalError("what was changed is whole, or the other way") }
}

/// What comes after the last line break is a write that was not completed: a crash leaves that, too.
private func isOriginal(_ log: [UInt8]) -> Bool {
    log.starts(with: original.log) && !log.dropFirst(original.log.count).contains(10)
}

// MARK: what is no log

/// The input is a log, and, behind a byte 0, its head. A reader ends, and whoever appends to it has a line that can be read.
private func verifyAnything(_ bytes: [UInt8]) {
    let parts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
    store(log: Array(parts[0]), head: parts.count > 1 ? Array(parts[1]) : nil)
    let before = verify()
    append([.act("stop", by: "cli:0", [])], client: nil)
    let after = verify()
    guard after.lines > before.lines else { fatalError("the line that was appended is not there") }
    var events: [String] = []
    attempt { try AuditReader(state).each { events.append($0["event"]?.stringValue ?? "") } }
    guard events.last == "act" else { fatalError("the line that was appended can't be read") }
}

// MARK: the log under test

private func attempt<Result>(_ body: () throws -> Result) -> Result {
    do { return try body() } catch { fatalError("\(error)") }
}

private func append(_ entries: [AuditEntry], client: String?) {
    attempt { try AuditLog(state, AuditWho(uid: 1000, frontEnd: "mcp", client: client)).append(entries) }
}

private func verify() -> AuditReport {
    let expected = attempt {
        AuditExpectation(bootID: try Host.bootID()) { message, signature, key in signature == sign(message, key) }
    }
    return attempt { try AuditReader(state).verify(expected) }
}

/// In the place of Ed25519: its library is not what is tested here, and takes minutes to build.
private func sign(_ message: [UInt8], _ key: String) -> String {
    let half = SHA256.hexadecimal(message + Array(key.utf8))
    return half + half
}

private func store(log: [UInt8], head: [UInt8]?) {
    attempt {
        try Files.replace("audit.log", with: log, at: state.directory.number, durable: false)
        if let head { return try Files.replace("audit.head", with: head, at: state.directory.number, durable: false) }
        unlinkat(state.directory.number, "audit.head", 0)
    }
}

private let state: StateDirectory = {
    guard let path = getenv("CAISSON_FUZZ_DIRECTORY") else { fatalError("CAISSON_FUZZ_DIRECTORY names no directory") }
    let directory = "\(String(cString: path))/state"
    mkdir(directory, 0o700)
    return attempt { try StateDirectory(directory) }
}()

/// A log of a few lines of each sort, a checkpoint among them.
private let original: (log: [UInt8], head: [UInt8]) = {
    store(log: [], head: nil)
    append([.act("stop", by: "cli:1", []), entry(["git", "push"], reason: "no \u{2603}")], client: "one")
    let key = SHA256.hexadecimal([])
    _ = attempt {
        try AuditLog(state, AuditWho(uid: 0, frontEnd: "cli")).checkpoint(key: key) { sign($0, key) }
    }
    append([.act("prune", by: "cli:0", [])], client: nil)
    return attempt {
        (
            try Files.contents("audit.log", at: state.directory.number, limit: 1 << 20),
            try Files.contents("audit.head", at: state.directory.number, limit: 4096)
        )
    }
}()
