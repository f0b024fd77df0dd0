import JSON
import Testing
import ToolProtocol

@Suite("Messages")
struct MessageTests {
    func message(_ text: String) throws(MalformedMessage) -> Message { try Message(line: Array(text.utf8)) }

    @Test(
        "each kind of message is told by its members",
        arguments: [
            (
                #"{"jsonrpc":"2.0","id":1,"method":"ping"}"#, Message.request(Request(id: .integer(1), method: "ping"))
            ),
            (
                #"{"method":"x","params":{"a":[]},"id":"","jsonrpc":"2.0","extra":0}"# + "\r\n",
                .request(Request(id: .string(""), method: "x", params: ["a": []]))
            ),
            (
                #"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
                .notification(Notification(method: "notifications/initialized"))
            ),
            (#"{"jsonrpc":"2.0","id":-9,"result":{}}"#, .response(Response(id: .integer(-9), .result([:])))),
            (
                #"{"jsonrpc":"2.0","error":{"code":-32603,"message":"m"}}"#,
                .response(Response(id: nil, .error(.internalError("m"))))
            ),
        ])
    func kinds(text: String, expected: Message) throws {
        #expect(try message(text) == expected)
    }

    @Test(
        "a line that is not JSON is a parse error without id",
        arguments: [
            "", "{", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"", "ping", "{\"id\":1,\"id\":2}", "{} {}",
            "\u{FEFF}{}",
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\\ud800\"}", String(repeating: "[", count: 1_000_000),
        ])
    func parseErrors(text: String) {
        let error = #expect(throws: MalformedMessage.self) { try message(text) }
        #expect(error?.error.code == .parseError)
        #expect(error?.id == nil)
        #expect(error?.error.message.hasPrefix("the line is not JSON: ") == true)
    }

    @Test(
        "JSON that is no message is an invalid request, with the id where it has one",
        arguments: [
            ("[]", nil), (#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, nil), ("1", nil), ("null", nil), ("{}", nil),
            (#"{"id":1,"method":"ping"}"#, .integer(1)), (#"{"jsonrpc":2.0,"id":1,"method":"ping"}"#, .integer(1)),
            (#"{"jsonrpc":"1.0","id":"a","method":"ping"}"#, .string("a")), (#"{"jsonrpc":"2.0","id":1}"#, .integer(1)),
            (#"{"jsonrpc":"2.0","id":1,"method":5}"#, .integer(1)), (#"{"jsonrpc":"2.0","method":null}"#, nil),
            (#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, nil),
            (#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#, nil),
            (#"{"jsonrpc":"2.0","id":true,"method":"ping"}"#, nil),
            (#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#, nil),
            (#"{"jsonrpc":"2.0","id":9223372036854775808,"method":"ping"}"#, nil),
            (#"{"jsonrpc":"2.0","id":1,"method":"ping","params":null}"#, .integer(1)),
            (#"{"jsonrpc":"2.0","id":1,"method":"ping","params":"x"}"#, .integer(1)),
            (#"{"jsonrpc":"2.0","method":"x","params":[1]}"#, nil),
            (#"{"jsonrpc":"2.0","id":1,"method":"x","result":{}}"#, .integer(1)),
        ] as [(String, RequestID?)])
    func invalidRequests(text: String, id: RequestID?) {
        let error = #expect(throws: MalformedMessage.self) { try message(text) }
        #expect(error?.error.code == .invalidRequest)
        #expect(error?.id == id)
    }

    @Test("parameters by position are invalid parameters")
    func positionalParameters() {
        let error = #expect(throws: MalformedMessage.self) {
            try message(#"{"jsonrpc":"2.0","id":7,"method":"ping","params":[1]}"#)
        }
        #expect(error?.error.code == .invalidParams)
        #expect(error?.id == .integer(7))
    }

    @Test(
        "a broken answer is refused without id, which could settle a request of the sender's own",
        arguments: [
            #"{"jsonrpc":"2.0","id":1,"result":5}"#,
            #"{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":""}}"#,
            #"{"jsonrpc":"2.0","id":1,"error":{"code":"x"}}"#, #"{"jsonrpc":"2.0","result":{}}"#,
            #"{"jsonrpc":"2.0","id":null,"result":{}}"#,
        ])
    func brokenAnswers(text: String) {
        let error = #expect(throws: MalformedMessage.self) { try message(text) }
        #expect(error?.error.code == .invalidRequest)
        #expect(error?.id == nil)
    }

    @Test("answers and notifications are one line each and read back as they were")
    func roundTrip() throws {
        let result: JSONObject = ["text": "a\r\nb\u{85}\u{2028}", "edge": .integer(.min), "none": .null]
        let responses = [
            Response(id: .integer(.max), .result(result)),
            Response(id: .string("a\nb"), .error(.internalError("x\ny"))),
            Response(id: nil, .error(.internalError("x"))),
        ]
        for response in responses {
            #expect(!response.line.contains(0x0A) && !response.line.contains(0x0D))
            #expect(try Message(line: response.line) == .response(response))
        }
        let notification = Notification(method: "notifications/message", params: result)
        #expect(!notification.line.contains(0x0A))
        #expect(try Message(line: notification.line) == .notification(notification))
        #expect(String(decoding: Notification(method: "x").line, as: UTF8.self) == #"{"jsonrpc":"2.0","method":"x"}"#)
    }

    @Test("an error without a known id has no id at all, never null")
    func errorWithoutID() throws {
        let error = #expect(throws: MalformedMessage.self) { try message("{") }
        let line = try #require(error?.response.line)
        #expect(try JSON.parse(line).objectValue?.keys == ["jsonrpc", "error"])
    }
}
