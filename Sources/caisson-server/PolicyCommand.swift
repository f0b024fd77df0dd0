import ArgumentParser
import JSON
import Kernel
import Launching
import Policy
import PolicyCompiling
import PolicyText
import Supervision
import Tasks

/// `caisson policy`: checks policies, explains decisions, shows what is in force, runs the tests inside policies.
struct PolicyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "Check, explain, show and test policies.",
        subcommands: [Check.self, Explain.self, Show.self, Test.self])

    /// `policy check FILE...`
    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check policy files; every mistake with its file, line and column.",
            discussion: "example:\n  caisson policy check policies/*.toml")

        @OptionGroup var stateOption: StateOption
        @Argument(help: "Files, or names of policies.") var files: [String]

        func run() throws {
            do {
                let location = try PolicyLocation(Host.environment())
                var failed = false
                for file in files { failed = try !check(file, location) || failed }
                if failed { throw ExitCode(125) }
            } catch let code as ExitCode {
                throw code
            } catch {
                throw Output.failure(error)
            }
        }

        private func check(_ file: String, _ location: PolicyLocation) throws -> Bool {
            do {
                let reading = try PolicyReading(try location.find(file, allowsPath: true), location)
                let policy = reading.policy
                _ = try PolicyFilters(policy, location, hasCommandList: !policy.commands.allowAll).compile()
                Output.line(
                    "\(file): ok, policy \"\(policy.name)\" (\(policy.digest.prefix(16))), \(policy.tests.count) tests")
                return true
            } catch {
                _ = Output.failure(error)
                return false
            }
        }
    }

    /// `policy explain [--policy P] -- ARGV...`
    struct Explain: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Explain what a policy says of a command; nothing is run.",
            discussion: """
                One argument is taken as a command string, several as argv.

                examples:
                  caisson policy explain -- git push
                  caisson policy explain --policy build -- 'make test; rm -rf /'
                """)

        @OptionGroup var stateOption: StateOption
        @Option(help: "A name, or a file.") var policy = "default"
        @Option(help: "The workspace that {workspace} stands for.") var workspace: String?
        @Flag(help: "The same facts as JSON.") var json = false
        @Argument(parsing: .captureForPassthrough, help: "The command.") var command: [String]

        func run() throws {
            do {
                let words = command.first == "--" ? Array(command.dropFirst()) : command
                let wanted: RequestedCommand = words.count == 1 ? .string(words[0]) : .arguments(words)
                let surroundings = try Surroundings(stateOption)
                let supervisor = try surroundings.supervisor(
                    try surroundings.shelf(policy), workspace: workspace, principal: "cli:\(Host.user)")
                let explanation = try supervisor.explain(wanted)
                Output.line(
                    json ? JSON.object(ExplanationText.json(explanation)).text : ExplanationText.text(explanation))
            } catch {
                throw Output.failure(error)
            }
        }
    }

    /// `policy show [--effective] P`
    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a policy file, or with --effective what is in force after everything was merged.",
            discussion: "example:\n  caisson policy show --effective build")

        @OptionGroup var stateOption: StateOption
        @Flag(help: "Every key with its value and the place where it was set.") var effective = false
        @Argument(help: "A name, or a file.") var policy: String

        func run() throws {
            do {
                let location = try PolicyLocation(Host.environment())
                let path = try location.find(policy, allowsPath: true)
                if effective {
                    Output.line(PolicyText.render(try PolicyReading(path, location).policy))
                } else {
                    Output.line(String(decoding: try PolicyLocation.read(path), as: UTF8.self))
                }
            } catch {
                throw Output.failure(error)
            }
        }
    }

    /// `policy test FILE...`
    struct Test: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Run the [[test]] entries of policies.", discussion: "example:\n  caisson policy test build")

        @OptionGroup var stateOption: StateOption
        @Argument(help: "Files, or names of policies.") var files: [String]

        func run() throws {
            do {
                let surroundings = try Surroundings(stateOption)
                var failed = 0
                for file in files { failed += try PolicyTests(file, surroundings).run() }
                if failed > 0 { throw ExitCode(1) }
            } catch let code as ExitCode {
                throw code
            } catch {
                throw Output.failure(error)
            }
        }
    }
}
