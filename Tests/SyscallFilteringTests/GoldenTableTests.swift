import Testing

@testable import SyscallFiltering

#if arch(x86_64)
    @Suite("The reviewed table")
    struct GoldenTableTests {
        @Test("the compiled filters treat every call of x86-64 as the reviewed table says")
        func calls() throws {
            Self.compare(try GoldenTable().calls, ReviewedCalls.text)
        }

        @Test("the conditions on arguments are those that were reviewed")
        func conditions() throws {
            Self.compare(try GoldenTable().conditions, ReviewedConditions.text)
        }

        /// Only the lines that differ: the whole table would hide them.
        private static func compare(_ found: [String], _ reviewed: String) {
            let reviewed = reviewed.split(separator: "\n").map(String.init)
            #expect(found.filter { !reviewed.contains($0) } == [], "not in the reviewed table")
            #expect(reviewed.filter { !found.contains($0) } == [], "only in the reviewed table")
            #expect(found.count == reviewed.count)
        }
    }
#endif
