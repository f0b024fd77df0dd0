import JSON
import Testing

@testable import ToolProtocol

@Suite("Completion")
struct CompletionTests {
    private func params(_ reference: JSON, _ argument: String, _ value: String) -> JSONObject {
        ["ref": reference, "argument": ["name": .string(argument), "value": .string(value)]]
    }

    private static let template: JSON = ["type": "ref/resource", "uri": "caisson://tasks/{task_id}/stderr"]
    private static let build: JSON = ["type": "ref/prompt", "name": "run_and_watch"]

    @Test("ids of tasks and commands of the policy are looked up, in each era")
    func lookedUp() throws {
        for (reference, argument, kind) in [
            (Self.template, "task_id", .task), (Self.build, "command", .command),
        ] as [(JSON, String, Completion.Kind)] {
            let params = params(reference, argument, "ab")
            var (legacy, modern) = (try Client.legacy("2024-11-05"), Client())
            for action in [
                legacy.send("completion/complete", params),
                modern.send("completion/complete", params.with(Client.modernMeta, for: "_meta")),
            ] {
                guard case .query(let query) = action else { throw Unexpected(description: "\(action)") }
                #expect(query.subject == .completion(Completion(kind: kind, beginning: "ab")))
            }
        }
    }

    @Test("of other arguments nothing is known, which is an answer")
    func unknown() throws {
        let nothing: JSON = ["values": [], "total": 0, "hasMore": false]
        var (legacy, modern) = (try Client.legacy(), Client())
        let place = params(Self.build, "cwd", "s")
        #expect(try legacy.result("completion/complete", place) == ["completion": nothing])
        let refused = params(["type": "ref/prompt", "name": "why_refused"], "command", "s")
        #expect(try legacy.result("completion/complete", refused)["completion"] == nothing)
        let result = try modern.result("completion/complete", place.with(Client.modernMeta, for: "_meta"))
        #expect(result.keys == ["resultType", "completion", "_meta"])
    }

    @Test("an answer has a hundred values at most, and says how many there are")
    func limit() throws {
        let values = (0..<101).map(String.init)
        let completion = try #require(Completion.members(values, total: 250)["completion"])
        #expect(completion["values"]?.arrayValue?.count == 100)
        #expect(completion["total"] == 250 && completion["hasMore"] == true)
        #expect(Completion.members(["a"], total: 1)["completion"]?["hasMore"] == false)
    }

    @Test("what there is not can't be completed")
    func malformed() throws {
        var client = try Client.legacy()
        for params in [
            [:], ["ref": Self.build], ["ref": Self.build, "argument": ["name": "command"]],
            params(Self.build, "other", ""), params(Self.template, "id", ""), params(["type": "x"], "command", ""),
            params(["type": "ref/prompt", "name": "none"], "command", ""), params(.null, "command", ""),
            params(["type": "ref/resource", "uri": "caisson://tasks/{id}/x"], "task_id", ""),
        ] as [JSONObject] {
            #expect(try client.error("completion/complete", params).code == .invalidParams)
        }
    }
}
