/// Names of environment variables that change what a program is, rather than what it is told.
///
/// The table is used twice: policies may neither keep nor accept such a name, and the launch drops it whatever a policy
/// says.
public enum EnvironmentRules {
    /// Whether the variable makes a loader, a shell, an interpreter or git run or load something else.
    ///
    /// - Parameter name: A name, or a pattern with a trailing `*`; a pattern is dangerous if it fits one such name.
    public static func isDangerous(_ name: String) -> Bool {
        fits(name, names) || prefixes.contains { overlaps(name, prefix: $0) }
    }

    /// Whether the loader itself reads the variable, before the first instruction of the program.
    ///
    /// - Parameter name: A name, or a pattern with a trailing `*`.
    public static func isLoaderVariable(_ name: String) -> Bool {
        fits(name, loaderNames) || ["LD_", "MALLOC_"].contains { overlaps(name, prefix: $0) }
    }

    /// Whether Caisson gives the variable its value, which follows from the view and the user of the task.
    ///
    /// - Parameter name: A name, or a pattern with a trailing `*`.
    public static func isReserved(_ name: String) -> Bool {
        fits(name, ["HOME", "LOGNAME", "OLDPWD", "PATH", "PWD", "TMPDIR", "USER"]) || overlaps(name, prefix: "CAISSON_")
    }

    /// Whether text can be the name of a variable: `[A-Za-z_][A-Za-z0-9_]*`, at most 128 bytes.
    public static func isName(_ text: some StringProtocol) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 128 else { return false }
        return !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) && text.utf8.allSatisfy(isNameByte)
    }

    /// Whether text is a name, or the beginning of one and a trailing `*`.
    public static func isPattern(_ text: String) -> Bool {
        guard text.utf8.last == UInt8(ascii: "*") else { return isName(text) }
        let start = text.utf8.dropLast()
        return start.isEmpty || isName(text.dropLast())
    }

    /// Whether every name that `other` fits is one that `pattern` fits.
    public static func covers(_ pattern: String, _ other: String) -> Bool {
        guard pattern.utf8.last == UInt8(ascii: "*") else { return pattern.utf8.elementsEqual(other.utf8) }
        return other.utf8.starts(with: pattern.utf8.dropLast())
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private static func fits(_ pattern: String, _ set: Set<String>) -> Bool {
        guard pattern.utf8.last == UInt8(ascii: "*") else { return set.contains(pattern) }
        return set.contains { covers(pattern, $0) }
    }

    /// Whether a name begins with the prefix, or a pattern fits a name that does.
    private static func overlaps(_ pattern: String, prefix: String) -> Bool {
        if pattern.utf8.starts(with: prefix.utf8) { return true }
        return pattern.utf8.last == UInt8(ascii: "*") && prefix.utf8.starts(with: pattern.utf8.dropLast())
    }

    /// ld.so(8), gconv(1), locale(7), malloc: glibc reads these before main.
    private static let loaderNames: Set<String> = [
        "GCONV_PATH", "GETCONF_DIR", "GLIBC_TUNABLES", "HOSTALIASES", "LOCALDOMAIN", "LOCPATH", "NLSPATH",
        "RESOLV_HOST_CONF",
        "RES_OPTIONS", "TZDIR",
    ]

    private static let names: Set<String> = loaderNames.union([
        // sh(1), bash(1), zsh(1): files read and commands run at the start or at a prompt, and how words are split
        "BASHOPTS", "BASH_ENV", "BASH_LOADABLES_PATH", "BASH_XTRACEFD", "CDPATH", "ENV", "FPATH", "GLOBIGNORE", "IFS",
        "PROMPT_COMMAND", "PS0", "PS1", "PS2", "PS4", "SHELL", "SHELLOPTS", "ZDOTDIR",
        // programs that start the program that a variable names
        "BROWSER", "EDITOR", "LESSCLOSE", "LESSEDIT", "LESSKEY", "LESSKEYIN", "LESSOPEN", "MANPAGER", "PAGER",
        "SUDO_ASKPASS",
        "SSH_ASKPASS", "SVN_SSH", "SYSTEMD_EDITOR", "SYSTEMD_PAGER", "VISUAL", "CVS_RSH", "RSYNC_RSH", "TAR_OPTIONS",
        "LESS", "EXINIT", "VIMINIT", "MYVIMRC", "AWKPATH", "AWKLIBPATH", "CURL_HOME", "WGETRC", "GREP_OPTIONS",
        // interpreters and builders
        "BUNDLE_GEMFILE", "BUN_OPTIONS", "CLASSPATH", "ERL_AFLAGS", "ERL_FLAGS", "ERL_ZFLAGS",
        "GEM_HOME", "GEM_PATH", "GOFLAGS", "GOROOT", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "MAKEFILES", "MAKEFLAGS",
        "GNUMAKEFLAGS",
        "MFLAGS", "NODE_CHANNEL_FD", "NODE_EXTRA_CA_CERTS", "NODE_OPTIONS", "NODE_PATH", "PHPRC", "PHP_INI_SCAN_DIR",
        "RUSTC",
        "RUSTC_WRAPPER", "RUSTDOC", "R_PROFILE", "R_ENVIRON", "_JAVA_OPTIONS", "GCC_EXEC_PREFIX", "COMPILER_PATH",
        "OPENSSL_CONF", "OPENSSL_ENGINES", "OPENSSL_MODULES",
    ])

    /// Families that grow: every name with such a beginning.
    private static let prefixes = [
        "BASH_FUNC_", "DOTNET_", "GIT_", "LD_", "LUA_", "MALLOC_", "NODE_REPL_", "NPM_CONFIG_", "PERL", "PYTHON",
        "RUBY",
        "npm_config_",
    ]
}
