internal import JSON
internal import Records

/// The chain of a log, line by line: what each says of the one before is compared with it. A pure value.
struct AuditChain {
    /// Where the chain is, and what was found up to there.
    private struct State {
        var report = AuditReport()
        var seq: UInt64 = 0
        var hash = AuditHead.zeros
        /// Which of the expected lines were there.
        var (sawHead, sawLedger, sawHash) = (false, false, false)
    }

    private var state = State()
    /// The same before the last line, in case that was a write that was not completed.
    private var earlier = State()
    /// Bytes up to and with the last line.
    private(set) var size: UInt64 = 0
    private let expected: AuditExpectation

    init(_ expected: AuditExpectation) {
        self.expected = expected
    }

    // MARK: lines

    /// The next line, without its line break.
    mutating func take(_ line: ArraySlice<UInt8>) {
        let place = AuditLine.place(line)
        let mending = AuditMending(line, place)
        if let torn = mending?.torn, torn == state.hash { forgive() }
        earlier = state
        size += UInt64(line.count) + 1
        state.report.lines += 1
        let hash = SHA256.hexadecimal(Array(line))
        guard let place else {
            find(.edited, "this is no line of an audit log")
            return advance(state.seq + 1, hash)
        }
        if let mending { compare(place, mending) } else { compare(place, after: state.seq) }
        if place.event == .checkpoint { check(line, place.seq) }
        advance(place.seq, hash)
    }

    /// The line before was a write that was not completed: whatever it was, it is no link of the chain.
    private mutating func forgive() {
        let lines = state.report.lines
        state = earlier
        state.report.lines = lines
        state.report.notes.append(
            AuditReport.Note(
                line: lines, message: "a write that was not completed, as a crash leaves it; the next line says so"))
    }

    private mutating func advance(_ seq: UInt64, _ hash: String) {
        (state.seq, state.hash) = (seq, hash)
        (state.report.lastSeq, state.report.head) = (seq, hash)
        if let head = expected.head, head.seq == seq, head.hash == hash, head.size == size { state.sawHead = true }
        if let ledger = expected.ledger, ledger.seq == seq, ledger.hash == hash { state.sawLedger = true }
        if expected.hash == hash { state.sawHash = true }
    }

    private mutating func find(_ kind: AuditFinding.Kind, _ message: String, line: Int? = nil) {
        state.report.findings.append(AuditFinding(kind, line: line ?? state.report.lines, message))
    }

    private mutating func note(_ message: String) {
        state.report.notes.append(AuditReport.Note(line: state.report.lines, message: message))
    }

    private mutating func compare(_ place: AuditLine.Place, after seq: UInt64) {
        let follows = place.previous == state.hash
        if place.seq == seq + 1 {
            guard !follows else { return }
            if state.report.lines == 1 { return find(.missing, "the lines before it are gone") }
            return find(
                .edited, "it is not the line that the next one, number \(place.seq), was written after",
                line: state.report.lines - 1)
        }
        if follows { return find(.edited, "its number is \(place.seq) and should be \(seq + 1)") }
        if place.seq > seq + 1 {
            return find(.missing, "the lines numbered \(seq + 1) to \(place.seq - 1) are not here")
        }
        find(.order, "number \(place.seq) stands after number \(seq): it was moved, or put in")
    }

    /// A line that says what a crash has cost.
    private mutating func compare(_ place: AuditLine.Place, _ mending: AuditMending) {
        if mending.hadNoHead {
            find(.head, "when it was written, the file \(AuditFile.headName) was missing or damaged")
        }
        guard let missing = mending.missing else { return compare(place, after: state.seq) }
        guard missing.lowerBound == state.seq + 1 else {
            return find(
                .missing, "it says that lines from number \(missing.lowerBound) on are missing, after \(state.seq)")
        }
        compare(place, after: missing.upperBound)
        let words = "the lines numbered \(missing.lowerBound) to \(missing.upperBound) had been written and were gone"
        if mending.hostRestarted {
            note("\(words) after the host was restarted: what was not on disk yet when it went down, or taken away")
        } else {
            find(.truncated, "when it was written, \(words)")
        }
    }

    private mutating func check(_ line: ArraySlice<UInt8>, _ seq: UInt64) {
        guard let (message, signature) = AuditLine.parts(line), let key = AuditLine.fields(line)?["key"]?.stringValue
        else { return find(.signature, "a checkpoint without a signature") }
        guard expected.isSigned(message, signature, key) else {
            return find(.signature, "its signature is not one of this line by the key that it names")
        }
        guard expected.keys.isEmpty || expected.keys.contains(key) else {
            return find(
                .signature, "it is signed by the key \(key), which is none that was named or that this host has")
        }
        if state.report.findings.isEmpty { (state.report.signedSeq, state.report.key) = (seq, key) }
    }

    // MARK: end

    /// The end of the log.
    ///
    /// - Parameter rest: How many bytes come after the last line break.
    consuming func finish(rest: Int) -> AuditReport {
        compareHead(rest)
        if let ledger = expected.ledger, !state.sawLedger {
            end(
                .truncated, "the ledger knows line number \(ledger.seq) with the hash \(ledger.hash), which is not here"
            )
        }
        if let hash = expected.hash, !state.sawHash { end(.truncated, "no line has the hash \(hash)") }
        if expected.keys.isEmpty, state.report.signedSeq > 0 {
            remark("the key that signed is not known here: name it with --key")
        }
        if expected.ledger == nil, state.report.lines > 0 { remark("the ledger knows no line of it yet") }
        if state.report.signedSeq == 0, state.report.lines > 0, state.report.isWhole { remark("nothing is signed") }
        return state.report
    }

    private mutating func end(_ kind: AuditFinding.Kind, _ message: String) {
        state.report.findings.append(AuditFinding(kind, line: state.report.lines, message))
    }

    private mutating func remark(_ message: String) {
        state.report.notes.append(AuditReport.Note(line: 0, message: message))
    }

    private mutating func compareHead(_ rest: Int) {
        let torn =
            "the last write was not completed, as a crash leaves it: \(rest) bytes; the next one who appends says so"
        guard let head = expected.head else {
            if state.report.lines > 0 || rest > 0 {
                end(.head, "the file \(AuditFile.headName), which names the last line, is missing or damaged")
            }
            return
        }
        if state.sawHead || head.seq == 0 {
            if head.size < size { remark("the file \(AuditFile.headName) is behind: a writer was ended by a crash") }
            if rest > 0 { remark(torn) }
            return
        }
        guard size < head.size else {
            return end(
                .edited, "number \(head.seq) is not the line that the file \(AuditFile.headName) names as written")
        }
        let words = "line number \(head.seq) had been written, and the log ends with number \(state.seq)"
        if head.bootID != expected.bootID {
            remark("\(words): what was not on disk yet when the host went down, or taken away since")
        } else {
            end(.truncated, words)
        }
    }
}
