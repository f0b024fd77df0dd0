import Testing

@testable import SyscallFiltering

@Suite("The table of system calls")
struct SyscallTableTests {
    @Test(
        "every call that libseccomp knows on x86-64 and on arm64 is in a group", arguments: LibraryCalls.architectures)
    func complete(architecture: UInt32) {
        let missing = LibraryCalls.all(architecture).values.filter { !SyscallGroup.known.contains($0) }
        #expect(missing.sorted() == [])
    }

    @Test("every call in a group exists on x86-64")
    func noInventedName() {
        let names = Set(LibraryCalls.all(LibraryCalls.x86_64).values).union(NewerCalls.numbers.keys)
        #if arch(x86_64)
            #expect(SyscallGroup.known.subtracting(names).sorted() == [])
        #endif
    }

    @Test("where libseccomp knows a newer call too, it gives the same number")
    func numbersAgree() {
        for (number, name) in LibraryCalls.all(LibraryCalls.native) {
            if let ours = NewerCalls.numbers[name] { #expect(ours == number, "\(name)") }
        }
    }

    @Test("a group in a group is one that exists")
    func nesting() {
        for group in SyscallGroup.all {
            for member in group.members where member.hasPrefix("@") {
                #expect(SyscallGroup.calls(of: member) != nil, "\(member) in \(group.name)")
            }
        }
    }

    @Test("a call is listed once in a group, and in order")
    func order() {
        for group in SyscallGroup.all { #expect(group.members == Set(group.members).sorted(), "\(group.name)") }
    }
}
