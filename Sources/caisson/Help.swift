/// What `--help` prints: what a command is for, its options, examples.
enum Help {
    static let version = "0.1.0"

    static let overview = """
        caisson \(version): runs commands for AI agents, each in a sandbox of its own

        usage: caisson COMMAND [OPTION...]

          run -- PROGRAM [ARG...]   run a command in a sandbox, attached or with --detach
          ps                        list tasks
          logs ID                   print what a task printed
          attach ID                 sit down at a running task: its output from now on, your input
          wait ID...                wait for tasks
          stop ID...                end tasks
          inspect ID                plan, receipt, usage, end and its proof
          prune                     remove ended tasks that have been kept long enough
          policy SUBCOMMAND         check policies, explain a decision, show what is in force, run a policy's tests
          audit SUBCOMMAND          show the audit log, find out whether it was tampered with, sign it
          doctor                    what this host can enforce, and how to get the rest
          mcp                       serve MCP on standard input and output

        every command takes --help, and --state DIR (else $CAISSON_STATE)

        examples:
          caisson run -- ls -l
          caisson run --policy build -- make test
          caisson policy explain -- git push
          claude mcp add caisson -- caisson mcp --workspace "$PWD"
        """

    static let run = """
        usage: caisson run [OPTION...] -- PROGRAM [ARG...]

        Runs a program in a sandbox. Standard input, output and error are the task's; signals go to it; the exit code is its
        own, 128+N for signal N, 124 for a time limit, 125 if Caisson failed, 126 if it was refused, 127 if not found.

          --policy NAME|FILE   what the task may do (default: default)
          --workspace DIR      the directory in which it works (default: the current one, if it may be one)
          --cwd DIR            where it starts, inside the workspace
          --env NAME=VALUE     sets a variable that the policy accepts
          --timeout D          ends it after D, such as 90s; never later than the policy says
          --tty                the task gets a terminal of its own, and yours is passed through to it: every key, Ctrl-C too,
                               goes to the task; Ctrl-] three times within a second detaches
          --detach             prints the task's id and leaves it running
          --stdin open         with --detach: its standard input stays open for `attach` and `write_input` (with --tty it always
                               does)
          --json               a last line on standard error is the task view

        A command that the policy marks `ask` is started if you say yes on the terminal; without one, it is refused.

        examples:
          caisson run -- ls -l
          echo hello | caisson run -- cat
          caisson run --policy build --timeout 10min -- make -j2
          caisson run --policy open --tty -- bash
          id=$(caisson run --policy open --detach --tty -- bash); caisson attach "$id"
          id=$(caisson run --policy build --detach -- make); caisson logs --follow "$id"
        """

    static let logs = """
        usage: caisson logs [OPTION...] ID

        Prints what a task printed, byte for byte. ID may be shortened to a beginning that is unique.

          --follow             goes on until the task has ended
          --from OFFSET        begins at this byte (default: 0)
          --tail N             begins with the last N lines
          --stream NAME        stdout, stderr or both (default: both, in the order in which they were read)

        examples:
          caisson logs 3f9a
          caisson logs --follow --stream stderr 3f9a
        """

    static let attach = """
        usage: caisson attach [--tail N] [--json] ID

        Sits down at a running task: prints what it prints from now on, and passes your input on where its input is open (--tty,
        --stdin open, over MCP tty: true or stdin: "open"). Several may be attached at once, and nobody of them holds the task
        back. When the task ends meanwhile, it exits as the task did.

        Detaching leaves the task running: Ctrl-] three times within a second on a task with a terminal, Ctrl-C on one
        without. The end of your input is the end of the task's, unless that is a terminal.

          --tail N             begins with the last N lines of each stream
          --json               a last line on standard error is the task view, when the task has ended

        example:
          caisson attach 3f9a
        """

    static let wait = """
        usage: caisson wait [--timeout D] [--json] ID...

        Waits until tasks have ended, and exits as the last one did; 124 if the time is over first.

        example:
          caisson wait --timeout 5min 3f9a
        """

    static let stop = """
        usage: caisson stop [--signal NAME] [--grace D] [--json] ID...

        Asks tasks to end with a signal (default: TERM), and kills what is left of them after the grace period (default: the
        policy's). When it returns, none of their processes is left.

        example:
          caisson stop --grace 10s 3f9a
        """

    static let inspect = """
        usage: caisson inspect [--json] ID

        Shows a task's plan, how each layer is enforced on this host, what the monitor read of it from outside before it was
        released (the receipt), its usage and its end with the proof.

        example:
          caisson inspect 3f9a
        """
}
