import Testing

@testable import Policy

@Suite("S-08: shapes of arguments")
struct ArgumentShapeTests {
    @Test(
        "an allowing shape takes exactly its words, and anything after a last *",
        arguments: [
            ("status", ["status"], true), ("status", ["status", "-s"], false), ("status", [], false),
            ("status", ["-c", "status"], false), ("diff *", ["diff"], true), ("diff *", ["diff", "a", "b"], true),
            ("diff *", ["log", "diff"], false), ("log --format=*", ["log", "--format=%h"], true),
            ("log --format=*", ["log", "--format"], false), ("", [], true), ("", ["x"], false),
            ("*", ["x", "y"], true),
        ])
    func allows(shape: String, arguments: [String], expected: Bool) {
        #expect(ArgumentShape(shape).allows(arguments) == expected)
    }

    @Test(
        "a denied option is found in every spelling (B11)",
        arguments: [
            ("--checkpoint-action*", ["xf", "a", "--checkpoint-action=exec=sh"]),
            ("--checkpoint-action*", ["--checkpoint-ac=exec=sh"]),
            ("--checkpoint-action*", ["--", "--checkpoint-action=exec=sh"]),
            ("--to-command *", ["xf", "a", "--to-comm", "sh"]),
            ("--output", ["diff", "--output=x"]), ("--output", ["diff", "--output", "x"]),
            ("--output", ["diff", "--outp", "x"]),
            ("-o*", ["-ofile"]), ("-o*", ["-o", "file"]), ("-o*", ["-Xo", "file"]), ("-o*", ["a", "b", "-nro"]),
            ("-exec*", [".", "-execdir", "x"]), ("-exec*", [".", "(", "-exec", "x"]), ("-delete", [".", "-delete"]),
            ("+*", ["+!sh"]), ("push --force", ["push", "origin", "--force"]), ("push --force", ["push", "--forc"]),
            ("push --force", ["-C", "dir", "push", "--force"]), ("push", ["--no-pager", "push"]),
            ("ext::*", ["clone", "ext::sh -c id"]),
            ("", []), ("*", ["anything"]), ("*", []),
        ])
    func denies(shape: String, arguments: [String]) {
        #expect(ArgumentShape(shape).denies(arguments))
    }

    @Test(
        "what is not the option is not denied",
        arguments: [
            ("--output", ["diff", "--output-indicator-new=x"]), ("--output", ["diff", "--oneline"]),
            ("-delete", [".", "-depth"]), ("-ok*", [".", "-o", "-name", "x"]), ("push", ["log", "push"]),
            ("push --force", ["push", "origin"]), ("push --force", ["log", "--force"]), ("-o*", ["--color"]),
            ("-exec*", ["./-exec"]), ("", ["x"]), ("--exec*", ["-e"]),
        ])
    func leavesOthers(shape: String, arguments: [String]) {
        #expect(!ArgumentShape(shape).denies(arguments))
    }

    @Test(
        "a shape with ^ speaks of what stands before the subcommand",
        arguments: [
            (["-c", "core.pager=sh", "log"], true), (["--no-pager", "-c", "a=b", "log"], true),
            (["-C", "dir", "-c", "a=b", "log"], true), (["-ccore.pager=sh", "log"], true),
            (["-pc", "a=b", "log"], true),
            (["ls-files", "-c"], false), (["log", "-c"], false), (["log", "-Sfunc"], false),
            (["branch", "-c", "a", "b"], false),
        ])
    func leadingShapes(arguments: [String], expected: Bool) {
        #expect(ArgumentShape("^-c *").denies(arguments) == expected)
    }

    @Test("an option whose value is denied is denied only with that value")
    func deniedValue() {
        let shape = ArgumentShape("--upload-pack=/tmp/*")
        #expect(shape.denies(["fetch", "--upload-pack=/tmp/x"]))
        #expect(shape.denies(["fetch", "--upload-p", "/tmp/x"]))
        #expect(!shape.denies(["fetch", "--upload-pack=git-upload-pack"]))
    }
}
