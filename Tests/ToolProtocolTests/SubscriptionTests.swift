import JSON
import Testing

@testable import ToolProtocol

@Suite("Subscriptions")
struct SubscriptionTests {
    private static func id(_ number: Int) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 32 - digits.count) + digits
    }

    private static func resource(_ number: Int, _ part: TaskResource.Part = .stdout) -> TaskResource {
        TaskResource(task: id(number), part)
    }

    private func change(_ action: Action) throws -> SubscriptionRequest {
        guard case .subscription(let subscription) = action else { throw Unexpected(description: "\(action)") }
        return subscription
    }

    /// Subscribes a client of a handshake, as a server does for a resource that there is.
    private func subscribe(_ client: inout Client, _ resource: TaskResource) throws -> Response {
        let subscription = try change(client.send("resources/subscribe", ["uri": .string(resource.uri)]))
        #expect(subscription.change == .subscribe(resource))
        let response = client.conversation.subscribe(subscription.request, to: resource)
        return try #require(response)
    }

    private func listen(
        _ client: inout Client, _ wishes: JSON, id: RequestID = .string("l")
    ) throws -> (request: OpenRequest, first: Outgoing) {
        let subscription = try change(
            client.send("subscriptions/listen", ["notifications": wishes, "_meta": Client.modernMeta], id: id))
        guard case .listen(let filter) = subscription.change else { throw Unexpected(description: "no filter") }
        let first = client.conversation.listen(subscription.request, filter)
        return (subscription.request, try #require(first))
    }

    // MARK: with a handshake

    @Test(
        "a client of a handshake hears of what it subscribed to until it unsubscribes",
        arguments: ["2025-11-25", "2024-11-05"])
    func legacy(version: String) throws {
        var client = try Client.legacy(version)
        let resource = Self.resource(1)
        #expect(client.conversation.notices(of: resource).isEmpty)
        #expect(try subscribe(&client, resource).outcome == .result([:]))
        #expect(
            client.conversation.notices(of: resource) == [
                Notification(method: "notifications/resources/updated", params: ["uri": .string(resource.uri)])
            ])
        #expect(client.conversation.notices(of: Self.resource(1, .stderr)).isEmpty)
        #expect(client.conversation.followedTasks == [Self.id(1)])
        let end = try change(client.send("resources/unsubscribe", ["uri": .string(resource.uri)]))
        #expect(end.change == .unsubscribe(resource))
        #expect(client.conversation.unsubscribe(end.request, from: resource)?.outcome == .result([:]))
        #expect(client.conversation.notices(of: resource).isEmpty && client.conversation.followedTasks.isEmpty)
    }

    @Test("it hears of the list once it has looked at it")
    func legacyList() throws {
        var client = try Client.legacy()
        #expect(!client.conversation.hearsOfList && client.conversation.noticesOfList.isEmpty)
        _ = client.send("resources/list")
        #expect(client.conversation.hearsOfList)
        #expect(client.conversation.noticesOfList == [Notification(method: "notifications/resources/list_changed")])
    }

    @Test("a name that can be none is an unknown resource, and each era has methods of its own")
    func malformed() throws {
        var (legacy, modern) = (try Client.legacy(), Client())
        for method in ["resources/subscribe", "resources/unsubscribe"] {
            #expect(try legacy.error(method, ["uri": "x"]).code.rawValue == -32002)
            #expect(try legacy.error(method, ["uri": .string(Self.resource(1).uri(from: 5))]).code.rawValue == -32002)
            #expect(try legacy.error(method, [:]).code == .invalidParams)
            let params: JSONObject = ["uri": .string(Self.resource(1).uri), "_meta": Client.modernMeta]
            #expect(try modern.error(method, params).code == .methodNotFound)
            var stranger = Client()
            #expect(try stranger.error(method, ["uri": "x"]).code == .invalidParams)
        }
        #expect(try legacy.error("subscriptions/listen", ["notifications": [:]]).code == .methodNotFound)
    }

    @Test("there is a limit, and what is subscribed to twice counts once")
    func limit() throws {
        var client = try Client.legacy()
        let count = Subscriptions.limits.resources
        for number in 0..<count { #expect(try subscribe(&client, Self.resource(number)).outcome == .result([:])) }
        guard case .error(let error) = try subscribe(&client, Self.resource(count)).outcome else {
            throw Unexpected(description: "more than the limit")
        }
        #expect(error.code == .internalError && error.message.contains("too many"))
        #expect(client.conversation.followedTasks.count == count)
    }

    // MARK: without

    @Test("an open request hears of what was agreed on, each time with its id")
    func listens() throws {
        var client = Client()
        let uri = Self.resource(1).uri
        let wishes: JSON = [
            "toolsListChanged": true, "resourcesListChanged": true,
            "resourceSubscriptions": [.string(uri), "x", .string(uri)],
        ]
        let (request, first) = try listen(&client, wishes)
        let meta: JSON = ["io.modelcontextprotocol/subscriptionId": "l"]
        #expect(
            first
                == .notification(
                    Notification(
                        method: "notifications/subscriptions/acknowledged",
                        params: [
                            "notifications": ["resourcesListChanged": true, "resourceSubscriptions": [.string(uri)]],
                            "_meta": meta,
                        ])))
        #expect(
            client.conversation.notices(of: Self.resource(1)) == [
                Notification(method: "notifications/resources/updated", params: ["uri": .string(uri), "_meta": meta])
            ])
        #expect(
            client.conversation.noticesOfList
                == [Notification(method: "notifications/resources/list_changed", params: ["_meta": meta])])
        #expect(
            client.receive(Notification(method: "notifications/cancelled", params: ["requestId": "l"]).line)
                == .cancel(.string("l")))
        #expect(client.conversation.notices(of: Self.resource(1)).isEmpty && !client.conversation.hearsOfList)
        #expect(client.conversation.endListening().isEmpty)
        let nothing = try SubscriptionFilter(["notifications": [:]])
        #expect(client.conversation.listen(request, nothing) == nil)
    }

    @Test("nobody hears of what was not asked for")
    func optIn() throws {
        var client = Client()
        let (_, first) = try listen(&client, [:])
        guard case .notification(let notice) = first else { throw Unexpected(description: "no acknowledgment") }
        #expect(notice.params["notifications"] == [:])
        #expect(client.conversation.noticesOfList.isEmpty && client.conversation.notices(of: Self.resource(1)).isEmpty)
        #expect(!client.conversation.hearsOfList && client.conversation.followedTasks.isEmpty)
    }

    @Test("two open requests hear each for itself")
    func several() throws {
        var client = Client()
        let wishes: JSON = ["resourceSubscriptions": [.string(Self.resource(1).uri)]]
        _ = try listen(&client, wishes, id: .integer(1))
        _ = try listen(&client, wishes, id: .integer(2))
        let told = client.conversation.notices(of: Self.resource(1)).map { $0.params["_meta"] }
        #expect(told == [1, 2].map { ["io.modelcontextprotocol/subscriptionId": $0] })
    }

    @Test("a server that ends answers what is open")
    func end() throws {
        var client = Client()
        _ = try listen(&client, [:], id: .integer(7))
        let responses = client.conversation.endListening()
        #expect(responses.map(\.id) == [.integer(7)])
        guard case .result(let result) = responses[0].outcome else { throw Unexpected(description: "no result") }
        #expect(result["resultType"] == "complete")
        #expect(result["_meta"]?["io.modelcontextprotocol/subscriptionId"] == 7)
        #expect(result["_meta"]?["io.modelcontextprotocol/serverInfo"] != nil)
        #expect(client.conversation.endListening().isEmpty)
    }

    @Test(
        "a filter of a wrong kind is an invalid parameter",
        arguments: [
            nil, [], ["toolsListChanged": 1], ["resourcesListChanged": "x"], ["resourceSubscriptions": "x"],
            ["resourceSubscriptions": [1]],
        ] as [JSON?])
    func malformedFilter(filter: JSON?) throws {
        var client = Client()
        let params = JSONObject(present: ["notifications": filter, "_meta": Client.modernMeta])
        #expect(try client.error("subscriptions/listen", params).code == .invalidParams)
    }

    @Test("there is a limit of open requests")
    func tooMany() throws {
        var client = Client()
        for number in 0..<Subscriptions.limits.listenings { _ = try listen(&client, [:], id: .integer(Int64(number))) }
        guard case .response(let response) = try listen(&client, [:]).first, case .error(let error) = response.outcome
        else {
            throw Unexpected(description: "more than the limit")
        }
        #expect(error.code == .internalError)
    }
}
