import Testing

@testable import Records

@Suite("Names that users and files rely on")
struct WordsTests {
    @Test(
        "a task id is 32 lower-case hexadecimal digits and nothing else",
        arguments: [
            "", "1011121314151617", "101112131415161718191a1b1c1d1e1", "101112131415161718191a1b1c1d1e1f0",
            "101112131415161718191A1B1C1D1E1F", "../../../../../../../../../../../etc",
            "101112131415161718191a1b1c1d1e1/",
            "101112131415161718191a1b1c1d1e1g", "1011121314151617 8191a1b1c1d1e1f",
            "\u{0661}011121314151617 8191a1b1c1d1e1",
            "101112131415161718191a1b1c1d1e1\0",
        ])
    func refusedTaskIDs(text: String) {
        #expect(TaskID(text) == nil)
    }

    @Test("a task id is its sixteen bytes in text, and comes back from it")
    func taskID() throws {
        let id = try #require(TaskID("101112131415161718191a1b1c1d1e1f"))
        #expect(id == Samples.id)
        #expect("\(id)" == "101112131415161718191a1b1c1d1e1f")
        #expect(TaskID(bytes: [UInt8](repeating: 0xf0, count: 16)).text == String(repeating: "f0", count: 16))
    }

    @Test("each stage has a name of its own that leads back to it", arguments: Stage.allCases)
    func stageName(stage: Stage) {
        #expect(Stage(name: stage.name) == stage)
        let permitted = stage.name.utf8.allSatisfy { (97...122).contains($0) || $0 == 95 }
        #expect(permitted && !stage.name.isEmpty, "\(stage.name) is not snake_case")
    }

    @Test("stages keep their numbers: an old monitor's end record is read by a new front end")
    func stageNumbers() {
        let names = Stage.allCases.map { "\($0.rawValue) \($0.name)" }
        #expect(names.count == Set(names).count)
        for known in [
            "1 plan", "2 task_directory", "5 workspace_mount", "6 namespaces", "7 identity_maps", "11 mounts",
            "16 task_fork",
            "22 secure_bits", "28 no_new_privileges", "29 landlock", "30 seccomp", "31 gate", "32 execute", "36 cgroup",
        ] {
            #expect(names.contains(known))
        }
    }

    @Test("no other name is a stage", arguments: ["", "Landlock", "noNewPrivileges", "no_new_privileges ", "exit"])
    func unknownStage(name: String) {
        #expect(Stage(name: name) == nil)
    }

    @Test("a status has the word of the task view, and keeps its number")
    func statusWords() {
        let words = TaskStatus.allCases.map { "\($0.rawValue) \($0.word)" }
        #expect(
            words == [
                "1 running", "2 exited", "3 signaled", "4 timed_out", "5 out_of_memory", "6 terminated", "7 refused",
                "8 failed_to_start", "9 lost",
            ])
        for status in TaskStatus.allCases { #expect(TaskStatus(word: status.word) == status) }
        #expect(TaskStatus(word: "ended") == nil)
    }

    @Test("a receipt names the first fact that differs from the plan, and none where all agree")
    func receiptDifference() {
        #expect(Samples.receipt.difference?.field == "seccomp")
        let agreeing = Receipt(takenAt: 0, pid: 1, lines: [Samples.receipt.lines[0]])
        #expect(agreeing.difference == nil)
    }
}
