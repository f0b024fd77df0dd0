extension ServerDescription {
    /// Under 200 words; the tools' own descriptions are not repeated.
    static let caissonInstructions = """
        Caisson runs programs in a sandbox, each as a task of its own that goes on when a call or this server ends.

        A call waits only as long as its timeout_ms. If the task still runs then, the answer says status "running": \
        call read_output with the task_id and a timeout_ms to wait for more instead of asking again and again, or \
        end it with force_terminate. For long work start with wait: false.

        Output is kept byte for byte. Without an offset, read_output goes on where your last read ended; with one, it \
        reads any part again. "more": true means that there is more to read now.

        A policy decides what may run, and the kernel enforces it inside the sandbox, too: shells, interpreters and \
        copied programs meet the same list. A refused call has isError, the reason and what is allowed instead. Do not \
        try variants of a refused command: ask explain_policy first. Files can be written only in the workspace; there \
        may be no network.

        Prefer argv over command: each element reaches the program unchanged, and no shell is involved.
        """
}
