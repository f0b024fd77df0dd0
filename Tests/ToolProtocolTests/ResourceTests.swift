import JSON
import Testing

@testable import ToolProtocol

@Suite("Resources")
struct ResourceTests {
    private static let id = "0123456789abcdef0123456789abcdef"
    private static let uri = "caisson://tasks/\(id)/stdout"
    private static let stdout = TaskResource(task: id, .stdout)

    @Test("a name is read back as what it was made from")
    func names() throws {
        for part in TaskResource.Part.allCases {
            let resource = TaskResource(task: Self.id, part)
            let read = try #require(TaskResource.read(resource.uri))
            #expect(read.resource == resource && read.offset == 0)
        }
        let read = try #require(TaskResource.read(Self.stdout.uri(from: 30_720)))
        #expect(read.resource == Self.stdout && read.offset == 30_720)
        #expect(Self.stdout.uri == Self.uri)
    }

    private static let noNames = [
        "", "caisson:", "caisson://tasks/", "caisson://tasks/\(id)", "caisson://tasks/\(id)/",
        "caisson://tasks//stdout",
        "caisson://tasks/\(id)/stdin", "caisson://tasks/\(id)/stdout/", "caisson://tasks/\(id)/stdout?", "x\(uri)",
        "caisson://tasks/\(id.uppercased())/stdout", "caisson://tasks/\(id.dropLast())/stdout", "\(uri)?offset=",
        "\(uri)?offset=-1", "\(uri)?offset=1x", "\(uri)?offset=9223372036854775808", "\(uri)?offset=1&x=2",
        "caisson://tasks/\(id)/status?offset=1", "caisson://tasks/../stdout", "file:///etc/passwd",
        uri + String(repeating: "a", count: 1 << 20),
    ]

    @Test(
        "what is no name is an unknown resource, with the code of its era and the name as it was given",
        arguments: noNames)
    func unknown(uri: String) throws {
        var legacy = try Client.legacy()
        let old = try legacy.error("resources/read", ["uri": .string(uri)])
        #expect(old.code.rawValue == -32002 && old.data == ["uri": .string(uri)])
        #expect(old.message.utf8.count < 200)
        var modern = Client()
        let new = try modern.error("resources/read", ["uri": .string(uri), "_meta": Client.modernMeta])
        #expect(new.code.rawValue == -32602 && new.data == ["uri": .string(uri)])
    }

    @Test("both eras look up lists and contents")
    func queries() throws {
        let subjects: [(String, JSONObject, Query.Subject)] = [
            ("resources/list", [:], .resources(cursor: nil)),
            ("resources/list", ["cursor": ""], .resources(cursor: "")),
            ("resources/read", ["uri": .string(Self.uri)], .resource(Self.stdout, offset: 0)),
            ("resources/read", ["uri": .string(Self.uri + "?offset=7")], .resource(Self.stdout, offset: 7)),
        ]
        for (method, params, subject) in subjects {
            var (legacy, modern) = (try Client.legacy("2024-11-05"), Client())
            for action in [legacy.send(method, params), modern.send(method, params.with(Client.modernMeta))] {
                guard case .query(let query) = action else { throw Unexpected(description: "\(method): \(action)") }
                #expect(query.subject == subject)
            }
        }
    }

    @Test("parameters of a wrong kind are invalid, and there is nothing before the handshake")
    func malformed() throws {
        var client = try Client.legacy()
        for (method, params) in [
            ("resources/list", ["cursor": 1]), ("resources/read", [:]), ("resources/read", ["uri": 1]),
            ("resources/templates/list", ["cursor": "x"]),
        ] as [(String, JSONObject)] {
            #expect(try client.error(method, params).code == .invalidParams)
        }
        for method in ["resources/list", "resources/read", "resources/templates/list"] {
            var stranger = Client()
            #expect(try stranger.error(method).code == .invalidParams)
        }
    }

    @Test("templates name each part of a task; in 2026-07-28 anybody may keep them")
    func templates() throws {
        var (legacy, modern) = (try Client.legacy(), Client())
        let old = try legacy.result("resources/templates/list")
        #expect(old.keys == ["resourceTemplates"])
        let new = try modern.result("resources/templates/list", ["_meta": Client.modernMeta])
        #expect(new.keys == ["resultType", "resourceTemplates", "ttlMs", "cacheScope", "_meta"])
        #expect(new["cacheScope"] == "public" && new["resourceTemplates"] == old["resourceTemplates"])
        let templates = try #require(old["resourceTemplates"]?.arrayValue)
        #expect(
            templates.map { $0["uriTemplate"] } == [
                "caisson://tasks/{task_id}/stdout", "caisson://tasks/{task_id}/stderr",
                "caisson://tasks/{task_id}/status",
            ])
    }

    @Test("a listing says what there is, and in 2026-07-28 that it is stale at once")
    func listing() {
        let entry = ResourceEntry(Self.stdout, title: "stdout: make", description: "it runs", size: 5)
        let listing = ResourceListing([entry], next: "c")
        let json: JSON = [
            "uri": .string(Self.uri), "name": .string("\(Self.id)/stdout"), "title": "stdout: make",
            "description": "it runs", "mimeType": "text/plain", "size": 5,
        ]
        #expect(listing.members(for: .november2025) == ["resources": [json], "nextCursor": "c"])
        #expect(
            listing.members(for: .july2026)
                == ["resources": [json], "nextCursor": "c", "ttlMs": 0, "cacheScope": "private"])
        #expect(entry.json(for: .march2025)["title"] == nil)
        #expect(ResourceListing([], next: nil).members(for: .november2025) == ["resources": []])
    }

    @Test("contents are text, the task view as text, or base64; how to read on is content, too")
    func contents() {
        let rest = (uri: Self.uri + "?offset=3", sentence: "there is more")
        let text = ResourceContents(uri: Self.uri, .text("abc"), place: ["offset": 0], rest: rest, isFinal: false)
        let parts: JSON = [
            [
                "uri": .string(Self.uri), "mimeType": "text/plain", "text": "abc",
                "_meta": ["caisson/output": ["offset": 0]],
            ],
            ["uri": .string(rest.uri), "mimeType": "text/plain", "text": "there is more"],
        ]
        #expect(text.members(for: .november2025) == ["contents": parts])
        #expect(text.members(for: .july2026) == ["contents": parts, "ttlMs": 0, "cacheScope": "private"])
        let blob = ResourceContents(uri: Self.uri, .blob("AAE="), isFinal: true)
        #expect(
            blob.members(for: .july2026) == [
                "contents": [["uri": .string(Self.uri), "mimeType": "application/octet-stream", "blob": "AAE="]],
                "ttlMs": 60_000, "cacheScope": "private",
            ])
        let view = ResourceContents(uri: "u", .object(["a": 1]), isFinal: false)
        #expect(
            view.members(for: .june2025) == [
                "contents": [["uri": "u", "mimeType": "application/json", "text": #"{"a":1}"#]]
            ])
    }
}

extension JSONObject {
    /// The parameters with the `_meta` of a modern request.
    fileprivate func with(_ meta: JSON) -> JSONObject { with(meta, for: "_meta") }
}
