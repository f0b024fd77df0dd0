/// Programs that run whatever their arguments, their input or a file of the workspace tells them to.
///
/// The table warns; it is no boundary. The kernel's list holds what such a program starts, whether it is in here or not.
public enum ArbitraryCode {
    /// By what means a program runs other code.
    public enum Means: String, Sendable {
        /// It is a shell.
        case shell
        /// It is an interpreter of a language.
        case interpreter
        /// It runs what a build or package file says.
        case builder
        /// It starts the command that its arguments name.
        case wrapper
        /// It has an option, a command or a setting that starts programs.
        case escape
        /// It is a loader or a binary of many names: it can be any program.
        case anything
    }

    /// How a program can run other code; nil for one that is not known to.
    ///
    /// Version suffixes do not count: `python3.11` is `python`, `gcc-12` is `gcc`.
    public static func means(of program: ProgramIdentity, calledAs name: String? = nil) -> Means? {
        var names = [program.name]
        if let name = name.map(PathText.lastComponent), name != program.name { names.append(name) }
        return names.lazy.compactMap { name in
            let short = withoutVersion(name)
            return means(name) ?? (short == name ? nil : means(short))
        }.first
    }

    /// What a person should know about the means.
    static func warning(_ means: Means, _ name: String) -> String {
        let what =
            switch means {
            case .shell: "\(name) is a shell"
            case .interpreter: "\(name) is an interpreter"
            case .builder: "\(name) runs what its project files say"
            case .wrapper: "\(name) starts the command that its arguments name"
            case .escape: "\(name) can start programs that its options, its input or its settings name"
            case .anything: "\(name) can be any program"
            }
        return what
            + ": it may run code of its own, but the kernel still refuses every program that is not on the list, and files, network and limits stay as they are"
    }

    /// Whether the file is one program of many names.
    static func isOfManyNames(_ program: ProgramIdentity) -> Bool {
        ["busybox", "toybox", "coreutils", "toolbox", "box64"].contains(withoutVersion(program.name))
    }

    private static func withoutVersion(_ name: String) -> String {
        let end = name.lastIndex { !($0.isNumber || $0 == "." || $0 == "-") }
        guard let end else { return name }
        let short = String(name[...end])
        return short.hasSuffix(".js") ? String(short.dropLast(3)) : short
    }

    /// The list that a name is on. It is looked through, because a launch asks for one name: a dictionary would be made for it
    /// at each.
    private static func means(_ name: String) -> Means? {
        words.first { contains($0.1, name) }?.0
    }

    private static func contains(_ words: String, _ name: String) -> Bool {
        var (words, name) = (words, name)
        return words.withUTF8 { words in name.withUTF8 { name in contains(words, name) } }
    }

    /// Whether one of the words, which a space or a line break ends, is the name.
    private static func contains(_ words: UnsafeBufferPointer<UInt8>, _ name: UnsafeBufferPointer<UInt8>) -> Bool {
        var start = 0
        for end in 0...words.count where end == words.count || words[end] <= UInt8(ascii: " ") {
            if end - start == name.count, words[start..<end].elementsEqual(name) { return true }
            start = end + 1
        }
        return false
    }

    private static let words: [(Means, String)] = [
        (
            .shell,
            """
            sh bash dash zsh fish ksh mksh csh tcsh rbash ash yash pwsh elvish nu xonsh osh
            """
        ),
        (
            .interpreter,
            """
            python pypy perl ruby node nodejs deno bun lua luajit tclsh wish php guile racket sbcl clisp ghci
            runghc julia R Rscript octave gawk mawk awk nawk original-awk sed ed ex bc dc java jshell scala
            groovy kotlin elixir iex erl escript gdb lldb ipython ts-node tsx swift ocaml expect m4 jq jrunscript
            """
        ),
        (
            .builder,
            """
            make gmake bmake ninja cmake ctest meson bazel scons rake ant mvn gradle sbt npm npx npm-cli npx-cli
            yarn pnpm pnpx corepack cargo rustc go pip uv uvx poetry tox nox pytest gem bundle bundler composer
            dotnet msbuild swift-build swift-test swift-run just task tup waf b2 xmake gcc g++ cc c++ clang
            clang++ cpp gfortran tcc ld gold lld as collect2 x86_64-linux-gnu-gcc x86_64-linux-gnu-g++
            aarch64-linux-gnu-gcc aarch64-linux-gnu-g++ debuild dpkg dpkg-buildpackage rpm rpmbuild apt apt-get
            conda mamba nix nix-shell nix-build guix docker podman buildah ansible ansible-playbook puppet
            terraform vagrant claude
            """
        ),
        (
            .wrapper,
            """
            env nice nohup timeout xargs parallel watch stdbuf setarch linux32 linux64 i386 x86_64 uname26 flock
            script scriptlive ssh sshpass setsid setpriv ionice chrt taskset time chroot unshare nsenter sudo
            doas su runuser start-stop-daemon strace ltrace valgrind perf catchsegv choom prlimit softlimit
            systemd-run run-parts fakeroot faketime unbuffer torify proxychains tmux screen dtach abduco
            entr inotifywait-exec cpulimit numactl capsh bwrap firejail nsjail dbus-run-session xvfb-run
            multitime hyperfine rlwrap socat nc ncat at batch crontab newgrp sg pkexec unshare logsave cgexec
            """
        ),
        (
            .escape,
            """
            git find fd fdfind tar bsdtar cpio zip unzip 7z rsync scp sftp ftp lftp curl wget vim vi nvim view
            vimdiff rvim vim.basic vim.tiny nano pico emacs emacsclient jed joe mg less more most man pg info
            rg sort split dd ar tee hg svn cvs bzr mercurial psql mysql sqlite3 redis-cli mongo tcpdump nmap
            openssl gpg top htop atop dmesg journalctl systemctl ip iptables mount umount busctl gh aws gcloud
            kubectl helm latex pdflatex xelatex tex gs convert magick ffmpeg pr pandoc ranger mc nnn w3m lynx
            elinks links mutt mail mailx finger telnet rlogin rsh loginctl ctags cscope gimp zypper dnf yum
            pacman snap flatpak column enscript ps2pdf logrotate
            """
        ),
        (
            .anything,
            """
            busybox toybox coreutils ld.so ld-linux-x86 ld-linux-aarch ld-linux ld-musl-x86 ld-musl-aarch
            """
        ),
        (
            .anything,
            """
            ld-linux-x86-64.so ld-linux-aarch64.so ld-linux.so ld-linux-armhf.so
            """
        ),
    ]
}
