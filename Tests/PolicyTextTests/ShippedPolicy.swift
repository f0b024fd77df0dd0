import Foundation
import Policy
import PolicyText

/// The policies that the package ships.
enum ShippedPolicy: String, CaseIterable {
    case standard = "default"
    case build
    case open
    case hardened
    case claude

    private static let directory = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "policies")

    /// The policy as it is in the repository.
    func load() throws -> EffectivePolicy {
        let file = Self.directory.appending(path: "\(rawValue).toml")
        let source = PolicySource(path: "\(rawValue).toml", text: Array(try Data(contentsOf: file)))
        return try PolicyLoader.load(source, today: Fixture.today) { _ in nil }
    }

    /// A host that has every program of the policy, and what an attacker would like to start.
    func host(_ policy: EffectivePolicy) -> FakeHost {
        let named = policy.commands.allow.map(\.program) + policy.commands.rules.flatMap(\.children)
        let others = [
            "rm", "id", "su", "sh", "bash", "curl", "python3", "env", "nice", "nohup", "timeout", "xargs", "watch",
            "stdbuf",
            "setarch", "busybox", "flock", "script", "ssh", "lsof", "iptables", "sudo", "make", "node", "npm", "tar",
            "vim", "awk",
            "git", "find", "less", "claude", "mount", "parallel", "cat", "ls", "grep", "rg",
            "/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2", "/usr/lib/git-core/git",
            "/usr/lib/git-core/git-remote-http",
            "/usr/lib/gcc/x86_64-linux-gnu/12/cc1", "/tmp/cat", "/tmp/git",
        ]
        var seen: Set<String> = []
        return FakeHost((named + others).filter { !$0.contains("*") && seen.insert($0).inserted })
    }
}
