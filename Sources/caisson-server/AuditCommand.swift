import ArgumentParser
import Audit
import AuditSigning
import JSON
import Kernel
import Supervision
import Tasks

/// `caisson audit`: shows the audit log, and finds out whether it was tampered with.
struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Show and verify the log of starts, refusals, ends, policies and acts.",
        discussion: """
            The log is audit.log in the state directory: a line of JSON for each event, with the hash of the line before. \
            Nothing ever removes a line.
            """,
        subcommands: [Show.self, Verify.self, Checkpoint.self, Key.self])

    /// `audit show`
    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what happened.",
            discussion: """
                examples:
                  caisson audit show --event refusal
                  caisson audit show --task 3f9a --json
                  caisson audit show --since 2026-11-25T08 --tail 20
                """)

        @OptionGroup var stateOption: StateOption
        @Option(help: "Only this event; can be given several times.") var event: [String] = []
        @Option(help: "Only lines about this task: its id, or a beginning of it.") var task: String?
        @Option(help: "Only lines from this time on: RFC 3339 in UTC, or a beginning of it.") var since: String?
        @Option(help: "Only the last lines.") var tail: Int?
        @Flag(help: "The lines as they are.") var json = false

        func run() throws {
            do {
                let known = AuditEntry.Event.allCases.map(\.rawValue)
                if let word = event.first(where: { !known.contains($0) }) {
                    throw TaskError.refused("there is no event \(word); there are: \(known.joined(separator: ", "))")
                }
                let filter = AuditFilter(events: event, task: task, since: since)
                var shown = AuditTailList(limit: tail)
                try AuditReader(try Surroundings(stateOption).state).each { line in
                    guard filter.takes(line) else { return }
                    if let text = shown.add(json ? JSON.object(line).text : AuditText.line(line)) { Output.line(text) }
                }
                for text in shown.last { Output.line(text) }
            } catch {
                throw Output.failure(error)
            }
        }
    }

    /// `audit verify`
    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Find edited, missing, moved and added lines, a cut end, and bad signatures.",
            discussion: """
                Exits with 0 if there is no sign of tampering, with 1 if there is, with 125 if the log can't be read. A write \
                that a crash cut short is no tampering, and is told as a note.

                examples:
                  caisson audit verify
                  caisson audit verify --head 7f93a65d98e36845d02b4caf7353c8c2cf6c921596cd4485fbed469d968e70b8 --key host.pub
                """)

        @OptionGroup var stateOption: StateOption
        @Option(help: "A hash that was noted before, of what was the last line then: it must still be there.")
        var head: String?
        @Option(help: "A file with the public key that must have signed (default: this host's).") var key: String?
        @Flag(help: "The same facts as JSON.") var json = false

        func run() throws {
            let report: AuditReport
            let state: StateDirectory
            do {
                state = try Surroundings(stateOption).state
                report = try AuditReader(state).verify(try expectation(state))
            } catch {
                throw Output.failure(error)
            }
            let path = "\(state.path)/audit.log"
            Output.line(json ? JSON.object(AuditText.json(report, path)).text : AuditText.text(report, path))
            if !report.isWhole { throw ExitCode(1) }
        }

        private func expectation(_ state: StateDirectory) throws -> AuditExpectation {
            var expected = AuditExpectation(bootID: try Host.bootID(), isSigned: HostKey.isSigned)
            if let head, head.count != 64 || !head.allSatisfy(\.isHexDigit) {
                throw TaskError.refused("--head needs 64 hexadecimal digits, as `caisson audit verify` prints them")
            }
            expected.hash = head?.lowercased()
            expected.keys =
                try key.map { [try HostKey.publicKey(in: $0)] } ?? HostKey.existing(state).map { [$0] } ?? []
            expected.ledger = try TaskCollection.auditHead(state)
            return expected
        }
    }

    /// `audit checkpoint`
    struct Checkpoint: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Sign everything up to here with the key of this host, and make it durable.",
            discussion: """
                Servers do it at their start and end and every \(TaskCollection.checkpointInterval) lines. Prints the number \
                and the hash of the last line: kept elsewhere, it is what `verify --head` wants.

                example:
                  caisson audit checkpoint
                """)

        @OptionGroup var stateOption: StateOption

        func run() throws {
            do {
                let state = try Surroundings(stateOption).state
                try TaskCollection(state, prunes: false).checkpoint()
                guard let head = try AuditLog(state, AuditWho(uid: Host.user, frontEnd: "cli")).head() else { return }
                Output.line("\(head.seq) \(head.hash)")
            } catch {
                throw Output.failure(error)
            }
        }
    }

    /// `audit key`
    struct Key: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the public key that signs checkpoints; it is made if there is none.",
            discussion: """
                example:
                  caisson audit key > host.pub
                """)

        @OptionGroup var stateOption: StateOption

        func run() throws {
            do {
                Output.line("ed25519 \(try HostKey(try Surroundings(stateOption).state).publicKey)")
            } catch {
                throw Output.failure(error)
            }
        }
    }
}
