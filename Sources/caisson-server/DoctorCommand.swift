import ArgumentParser
import JSON
import Kernel
import Launching
import Policy
import PolicyCompiling
import Tasks

/// `caisson doctor`: what this host can enforce, as which user, and how to get the rest.
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Show what this host can enforce, and how to get the rest.",
        discussion: """
            Exits with 0 if tasks can be run here, with 125 if a layer is missing that no policy may do without.

            examples:
              caisson doctor
              caisson doctor --json
            """)

    @OptionGroup var stateOption: StateOption
    @Flag(help: "The same facts as JSON.") var json = false

    func run() throws {
        do {
            let report = try HostReport()
            let policies = try usable(report)
            Output.line(json ? JSON.object(Self.json(report, policies)).text : Self.text(report, policies))
            if !report.canRunTasks { throw ExitCode(125) }
        } catch let code as ExitCode {
            throw code
        } catch {
            throw Output.failure(error)
        }
    }

    /// Each installed policy, and what it requires and this host lacks.
    private func usable(_ report: HostReport) throws -> [(name: String, missing: [String])] {
        let location = try PolicyLocation(Host.environment())
        var found: [(String, [String])] = []
        for name in try location.names() {
            let policy = try PolicyReading(try location.find(name, allowsPath: false), location).policy
            found.append((name, try missing(policy, report)))
        }
        return found
    }

    /// What a launch would find: a layer counts where the policy has a use for it, as `scope` with the host's network.
    private func missing(_ policy: EffectivePolicy, _ report: HostReport) throws -> [String] {
        let layers = try HostLayers(policy, landlockABI: Host.landlockABI).findings
        let always = report.lines.filter { line in
            !line.isEnforced && !layers.contains { $0.layer.rawValue == line.layer }
        }
        return always.map(\.layer)
            + layers.filter { $0.missing != nil }.map(\.layer.rawValue).filter { !policy.degrade.contains($0) }
    }

    private static func text(_ report: HostReport, _ policies: [(name: String, missing: [String])]) -> String {
        var lines = ["as uid \(Host.user), kernel \(Host.kernelRelease())", ""]
        for line in report.lines {
            let name = line.layer + String(repeating: " ", count: max(1, 12 - line.layer.count))
            lines.append("\(line.isEnforced ? "yes" : line.mayBeDegraded ? "no " : "NO ") \(name) \(line.found)")
            if !line.remedy.isEmpty { lines.append("                 -> \(line.remedy)") }
        }
        lines += ["", "policies that can be used here:"]
        for (name, missing) in policies {
            lines.append(
                "  \(name): " + (missing.isEmpty ? "yes" : "no, it requires \(missing.joined(separator: ", "))"))
        }
        return lines.joined(separator: "\n")
    }

    private static func json(_ report: HostReport, _ policies: [(name: String, missing: [String])]) -> JSONObject {
        [
            "uid": JSON(Host.user), "kernel": .string(Host.kernelRelease()), "can_run_tasks": .bool(report.canRunTasks),
            "layers": .array(
                report.lines.map { line in
                    [
                        "layer": .string(line.layer), "enforced": .bool(line.isEnforced),
                        "may_be_degraded": .bool(line.mayBeDegraded), "found": .string(line.found),
                        "remedy": .string(line.remedy),
                    ]
                }),
            "policies": .array(
                policies.map {
                    ["name": .string($0.name), "usable": .bool($0.missing.isEmpty), "missing": JSON($0.missing)]
                }),
        ]
    }
}
