import Policy
import Testing

@Suite("Redaction")
struct RedactionTests {
    private func shown(_ words: [String], _ patterns: [String]) -> [String] { Redaction(patterns).arguments(words) }

    @Test(
        "the value of a secret is taken out, and nothing else",
        arguments: [
            (["--password=*"], ["--password=x"], ["--password=[redacted]"]),
            (["--password=*"], ["--password", "x", "y"], ["--password", "[redacted]", "y"]),
            (["--password=*"], ["--passwords=x", "password=x"], ["--passwords=x", "password=x"]),
            (["--password"], ["--password", "x"], ["--password", "[redacted]"]),
            (["--password"], ["--password=x"], ["--password=[redacted]"]),
            (["*_TOKEN"], ["API_TOKEN=x", "make"], ["API_TOKEN=[redacted]", "make"]),
            (["*_TOKEN"], ["API_TOKEN", "x"], ["API_TOKEN", "x"]),
            (["*_token"], ["API_TOKEN=x"], ["API_TOKEN=[redacted]"]),
            (["*_TOKEN"], ["--api_token", "x"], ["--api_token", "[redacted]"]),
            (["*_TOKEN"], ["--api_token=x"], ["--api_token=[redacted]"]),
            (["-p*"], ["-psecret", "-p", "secret", "-q"], ["-p[redacted]", "-p", "[redacted]", "-q"]),
            (["*PASSWORD*"], ["reset-password.txt"], ["reset-password.txt"]),
            (["*_KEY"], ["A_KEY=a=b=c"], ["A_KEY=[redacted]"]),
            (["*_KEY"], ["A_KEY="], ["A_KEY=[redacted]"]),
            (["*_KEY"], [], []), ([], ["A_KEY=x"], ["A_KEY=x"]),
            (["*_KEY"], ["", "-", "--", "="], ["", "-", "--", "="]),
        ])
    func words(_ patterns: [String], _ given: [String], _ expected: [String]) {
        #expect(shown(given, patterns) == expected)
    }

    @Test(
        "a command string for a shell is taken word by word",
        arguments: [
            ("export A_KEY=x; run", "export A_KEY=[redacted]; run"), ("A_KEY=x run", "A_KEY=[redacted] run"),
            ("(A_KEY=x)", "(A_KEY=[redacted])"), ("a --password x|b", "a --password [redacted]|b"),
            ("A_KEY=\"x y z\" run", "A_KEY=[redacted] [redacted] [redacted] run"),
            ("run --password 'x y' z", "run --password [redacted] [redacted] z"),
            ("run '--password=x y' z", "run '--password=[redacted] [redacted] z"),
            ("run \"--password=x\" z", "run \"--password=[redacted] z"),
        ])
    func strings(_ given: String, _ expected: String) {
        #expect(shown(["sh", "-c", given], ["*_KEY", "--password=*"]) == ["sh", "-c", expected])
    }

    @Test("an option at the end of a command string takes its value from the next word of argv")
    func acrossElements() {
        #expect(shown(["x --password", "secret"], ["--password"]) == ["x --password", "[redacted]"])
    }

    @Test("the value of a variable is shown only if its name is none of a secret")
    func variables() {
        let redaction = Redaction(["*_TOKEN", "--password=*"])
        #expect(redaction.value(of: EnvironmentVariable(name: "MY_TOKEN", value: "x")) == "[redacted]")
        #expect(redaction.value(of: EnvironmentVariable(name: "TOKENS", value: "x")) == "x")
    }

    @Test("a sentence that quotes the command is redacted like the command")
    func sentences() {
        let redaction = Redaction(["--password=*"])
        let words = ["git", "--password=hunter2"]
        #expect(
            redaction.sentence("\"--password=hunter2\" is refused", about: words)
                == "\"--password=[redacted]\" is refused")
    }

    @Test("no secret of a pattern is left, whatever stands around it")
    func everywhere() {
        let redaction = Redaction(["*_TOKEN", "--password=*", "-p*"])
        for before in ["", " ", "x ", ";", "(", "\n", "A=b ", "\"q\" "] {
            for after in ["", " ", " x", ";", ")", "\n"] {
                for word in [
                    "A_TOKEN=hunter2", "--password=hunter2", "--password hunter2", "-phunter2", "A_TOKEN='hunter2'",
                ] {
                    let shown = redaction.arguments(["sh", "-c", before + word + after])
                    #expect(!shown.joined().contains("hunter2"), "\(before)\(word)\(after)")
                }
            }
        }
    }
}
