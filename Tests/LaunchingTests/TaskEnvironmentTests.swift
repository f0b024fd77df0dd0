import Launching
import Policy
import TestSupport
import Testing

@Suite("The environment of a task")
struct TaskEnvironmentTests {
    private func plan(
        _ host: [String: String] = [:], _ request: [(String, String)] = [],
        _ change: (inout EffectivePolicy) -> Void = { _ in }
    ) throws -> [String: String] {
        var policy = EffectivePolicy.allowing([], path: ["/usr/bin", "/opt/bin"])
        change(&policy)
        let variables = try TaskEnvironment.plan(
            policy, host: host, request: request.map { EnvironmentVariable(name: $0.0, value: $0.1) })
        #expect(Set(variables.map(\.name)).count == variables.count)
        return Dictionary(uniqueKeysWithValues: variables.map { ($0.name, $0.value) })
    }

    @Test("is fixed where nothing is named")
    func fixed() throws {
        #expect(
            try plan(["SECRET": "x", "PATH": "/evil", "HOME": "/root"]) == [
                "PATH": "/usr/bin:/opt/bin", "HOME": "/home/task", "TMPDIR": "/tmp", "USER": "task", "LOGNAME": "task",
            ])
    }

    /// Class C of the ways out.
    static let canaries = [
        "LD_PRELOAD", "LD_AUDIT", "LD_LIBRARY_PATH", "GCONV_PATH", "GLIBC_TUNABLES", "BASH_ENV", "ENV", "BASH_FUNC_x%%",
        "SHELLOPTS", "PS4", "IFS", "PROMPT_COMMAND", "PYTHONSTARTUP", "PYTHONPATH", "PYTHONHOME", "PERL5OPT",
        "PERL5LIB",
        "NODE_OPTIONS", "RUBYOPT", "JAVA_TOOL_OPTIONS", "LUA_INIT", "GIT_SSH_COMMAND", "GIT_EXTERNAL_DIFF",
        "GIT_CONFIG_COUNT", "GIT_PAGER", "PAGER", "LESSOPEN", "EDITOR", "GIT_DIR", "CURL_HOME",
    ]
    static let secrets = [
        "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "SSH_AUTH_SOCK", "DBUS_SESSION_BUS_ADDRESS", "NOTIFY_SOCKET",
        "XDG_RUNTIME_DIR", "HTTP_PROXY", "https_proxy", "SSL_CERT_FILE",
    ]

    @Test("has nothing of the front end's that the policy does not keep", arguments: canaries + secrets)
    func kept(name: String) throws {
        let plan = try plan([name: "canary", "LANG": "C", "LC_ALL": "C"]) { $0.environment.keep = ["LANG", "LC_*"] }
        #expect(plan[name] == nil)
        #expect(plan["LANG"] == "C")
        #expect(plan["LC_ALL"] == "C")
    }

    @Test(
        "takes nothing from a request that makes a loader, a shell, an interpreter or git run other code",
        arguments: canaries)
    func dangerous(name: String) throws {
        let error = #expect(throws: LaunchError.self) { try plan([:], [(name, "x")]) { $0.environment.accept = ["*"] } }
        #expect(error?.kind == .refused)
        #expect(error?.cause == "environment")
    }

    @Test("takes from a request what the policy accepts, and tells what that is")
    func accepted() throws {
        let plan = try plan([:], [("CC", "gcc"), ("MY_A", "1"), ("CC", "clang")]) {
            $0.environment.accept = ["CC", "MY_*"]
            $0.environment.set = [EnvironmentVariable(name: "CC", value: "cc")]
        }
        #expect(plan["CC"] == "clang")
        #expect(plan["MY_A"] == "1")
        for name in ["CXX", "MY", "cc", "CC ", "CCC"] {
            let error = #expect(throws: LaunchError.self) {
                _ = try self.plan([:], [(name, "x")]) { $0.environment.accept = ["CC", "MY_*"] }
            }
            #expect(error?.message.contains("it accepts CC, MY_*") == true)
        }
        #expect(throws: LaunchError.self) { try self.plan([:], [("A", "b")]) }
    }

    @Test(
        "takes nothing that is no name, though it fits what is accepted",
        arguments: ["BASH_ENV=/tmp/x", "A=B", "", "A\0", "A\nB", "A B", "1A", "Ä", "A%%", "A".repeated(200)])
    func names(name: String) {
        #expect(throws: LaunchError.self) { try plan([:], [(name, "x")]) { $0.environment.accept = ["*"] } }
    }

    @Test(
        "has its own PATH, HOME and user, whatever a request says",
        arguments: ["PATH", "HOME", "TMPDIR", "USER", "LOGNAME", "CAISSON_X"])
    func reserved(name: String) {
        #expect(throws: LaunchError.self) { try plan([:], [(name, "x")]) { $0.environment.accept = ["*"] } }
    }

    @Test("has no value with a NUL")
    func nul() {
        #expect(throws: LaunchError.self) { try plan([:], [("A", "x\0y")]) { $0.environment.accept = ["A"] } }
    }
}
