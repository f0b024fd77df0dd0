/// Compiles seccomp programs: arrays of struct sock_filter of at most 4096 instructions of eight bytes each.
///
/// All of them are lists of what is allowed. A known call that is not in it is EPERM; to a task, a number that nobody knows
/// is ENOSYS, so that programs take it for an older kernel and go another way; a call of another architecture or of x32
/// kills the process.
public enum FilterCompiler {
    /// The filter of a task.
    public static func task(_ request: FilterRequest) throws(FilterError) -> [UInt8] {
        let allowed = try calls(request)
        let missing = Bases.required.filter { !allowed.contains($0) }
        guard missing.isEmpty else { throw .incompleteBase(request.base, missing: missing) }
        return try compile(allowed, ArgumentRules(request: request).all)
    }

    /// The filter of a sandbox's init, for what it does after it has confined itself.
    public static func reaper() throws(FilterError) -> [UInt8] {
        try compileAllowed(AirlockCalls.reaper, AirlockCalls.reaperRules)
    }

    /// The filter of a monitor, for what it does after it has confined itself.
    public static func monitor() throws(FilterError) -> [UInt8] {
        try compileAllowed(AirlockCalls.monitor, AirlockCalls.monitorRules)
    }

    // MARK: what is allowed

    static func calls(_ request: FilterRequest) throws(FilterError) -> Set<String> {
        var allowed = try base(request)
        for name in request.allow { allowed.formUnion(try additions(name, request)) }
        allowed.subtract(Bases.uncheckable)
        allowed.subtract(evasions(request))
        for name in request.deny { allowed.subtract(try SyscallList.calls(.init(text: name, line: nil))) }
        return allowed
    }

    private static func base(_ request: FilterRequest) throws(FilterError) -> Set<String> {
        if request.base == "default" || request.base == "strict" {
            return try SyscallList.calls(.init(text: "@\(request.base)", line: nil))
        }
        guard let text = request.baseText else {
            let nearest = Spelling.nearest(to: request.base, among: ["default", "strict"])
            throw .unknownBase(request.base, nearest: nearest)
        }
        var calls: Set<String> = []
        for word in SyscallList.parse(text) { calls.formUnion(try SyscallList.calls(word)) }
        return calls
    }

    /// What a word of `allow` adds. One that would add nothing is an error: the policy says something that isn't so.
    private static func additions(_ name: String, _ request: FilterRequest) throws(FilterError) -> Set<String> {
        let calls = try SyscallList.calls(.init(text: name, line: nil))
        if calls.isSubset(of: Bases.uncheckable) { throw .uncheckable(name) }
        if calls.isSubset(of: evasions(request)) { throw .evadesCommandList(name) }
        return calls
    }

    /// Anonymous files can be executed, by execveat or mapped, and no list names them; written first, they are also
    /// memory that becomes executable.
    private static func evasions(_ request: FilterRequest) -> Set<String> {
        request.hasCommandList || !request.mayWriteExecute ? ["memfd_create", "memfd_secret"] : []
    }

    // MARK: the program

    /// A program that names only what is allowed. The airlock tries no call that may be unknown, and each that is named costs
    /// every launch some time: the kernel translates the program and tries each number.
    private static func compileAllowed(
        _ allowed: [String], _ rules: [String: Verdict]
    ) throws(FilterError) -> [UInt8] {
        let context = try FilterContext.empty(fallback: .denied)
        for name in Set(allowed).sorted() {
            guard case .number(let number) = SyscallNumber.of(name) else { continue }
            try context.decide(number, rules[name] ?? .allow)
        }
        return try context.program()
    }

    static func compile(_ allowed: Set<String>, _ rules: [String: Verdict]) throws(FilterError) -> [UInt8] {
        let context = try FilterContext.empty(fallback: .missing)
        let absent = SyscallGroup.calls(of: "@absent") ?? []
        for name in SyscallGroup.known.union(allowed).sorted() {
            guard case .number(let number) = SyscallNumber.of(name) else { continue }
            if allowed.contains(name) {
                try context.decide(number, rules[name] ?? .allow)
            } else if !absent.contains(name) {
                try context.decide(number, .always(.denied))
            }
        }
        return try context.program()
    }
}
