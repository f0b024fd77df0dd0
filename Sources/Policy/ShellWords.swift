/// Words that mean something to a shell and are no program of their own.
enum ShellWords {
    /// Whether a shell would do something itself for this first word.
    static func contains(_ word: String) -> Bool {
        remedies[word] != nil || others.contains(word)
    }

    /// What a caller can do instead of using the word.
    static func remedy(_ word: String) -> String? {
        remedies[word] ?? (others.contains(word) ? "start a program instead" : nil)
    }

    private static let remedies = [
        "cd": "pass `cwd` instead", "pushd": "pass `cwd` instead", "popd": "pass `cwd` instead",
        "export": "pass `env` instead", "set": "pass `env` instead", "unset": "pass `env` instead",
        "declare": "pass `env` instead", "typeset": "pass `env` instead", "source": "start a program instead",
        "exec": "name the program itself", "command": "name the program itself",
    ]

    private static let others: Set<String> = [
        ".", ":", "alias", "bg", "break", "builtin", "case", "continue", "do", "done", "elif", "else", "esac", "eval",
        "exit", "fc", "fg", "fi", "for", "function", "getopts", "hash", "if", "in", "jobs", "let", "local", "read",
        "readonly", "return", "select", "shift", "shopt", "then", "times", "trap", "type", "ulimit", "umask",
        "unalias", "until", "wait", "while", "[[",
    ]
}
