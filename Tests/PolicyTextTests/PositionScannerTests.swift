import Testing

@testable import PolicyText

@Suite("Positions in a TOML document")
struct PositionScannerTests {
    private static let document = #"""
        # a comment with [brackets] and "quotes"
        schema = 1   # behind
        a.b . "c d" = 'literal # no comment'
        "quoted \u00e9 key" = "x \" ] } , \\"

        [table . sub]  # header
        list = [ # comment
          "one", 'two', # more
          """three
        # not a comment ] """"", 4, [5, {x = 1, y.z = [6]}],
        ]
        when = 2027-06-30 07:32:00
        [[rows]]
        name = '''it's
        long'''
        [[rows]]
        [rows.inner]
        deep = { }
        [[rows.more]]
        é = 1
        """#.replacing("é = 1", with: "'é' = 1")

    @Test("every key and value that TOMLKit reads has a place of its own")
    func everyNodeHasAPlace() throws {
        let document = try Document(PolicySource(path: "t.toml", text: Self.document))
        let positions = try PositionScanner.scan(Array(Self.document.utf8))
        var count = 0
        func visit(_ entries: [DocumentEntry], _ path: DocumentPath) {
            for entry in entries {
                let inner = path.appending(entry.key)
                #expect(positions.keys[inner] != nil, "\(inner)")
                count += 1
                visit(entry.node, inner)
            }
        }
        func visit(_ node: DocumentNode, _ path: DocumentPath) {
            switch node.content {
            case .table(let entries): visit(entries, path)
            case .array(let nodes):
                for (index, element) in nodes.enumerated() {
                    #expect(positions.keys[path.appending(index)] != nil, "\(path) \(index)")
                    count += 1
                    visit(element, path.appending(index))
                }
            default: #expect(positions.values[path] != nil, "\(path)")
            }
        }
        visit(document.entries, .root)
        #expect(count == positions.keys.count, "the scanner saw keys that TOMLKit did not")
    }

    @Test(
        "keys, headers and elements are where an editor shows them",
        arguments: [
            ("schema", 2, 1), ("table", 6, 2), ("rows", 13, 3), ("a", 3, 1), ("quoted é key", 4, 1),
        ])
    func keyPlaces(key: String, line: Int, column: Int) throws {
        let document = try Document(PolicySource(path: "t.toml", text: Self.document))
        let entry = try #require(document.entries.first { $0.key == key })
        #expect(entry.place == TextPosition(line: line, column: column))
    }

    @Test("columns count characters and not bytes")
    func columnsCountCharacters() {
        #expect(
            Fixture.errors("schema = 1\nname = 'ééé' # é\nextends = [ 'é', 1 ]\n")[0].hasPrefix("p.toml:2:8: name:"))
        #expect(Fixture.errors("schema = 1\nextends = [ 1, 'é' ]\n").contains { $0.hasPrefix("p.toml:2:13: extends:") })
    }

    @Test(
        "texts on which toml++ would end the process are refused before it sees them",
        arguments: [
            "[[[a]]]", "[[", "[", "[ . ]", "a.=1", "=1", "[]", "[[]]", "a = ]", "a = [,]", "a={,}", "\"\"\"a\"\"\"=1",
        ])
    func brokenTexts(text: String) {
        #expect(throws: PolicyErrors.self) { try Document(PolicySource(path: "t.toml", text: text)) }
    }

    @Test("a key of many thousand parts is refused at once, and takes no minutes", arguments: [true, false])
    func longKeys(isHeader: Bool) {
        let key = Array(repeating: "a", count: 50_000).joined(separator: ".")
        let text = isHeader ? "schema = 1\n[\(key)]\nx = 1\n" : "\(key) = 1\n"
        #expect(Fixture.errors(text).contains { $0.contains("keys are nested too deeply") })
    }

    @Test("no mutation of a document crashes, hangs or loses a place", arguments: 0..<40)
    func mutations(seed: UInt64) {
        var random = FixedRandom(seed: seed + 1)
        let alphabet = Array("[]{}=.,\"'\\#\n\r \t0123456789-+_eETZ:uUxabnf\u{e9}é".utf8)
        for _ in 0..<150 {
            var bytes = Array(Self.document.utf8)
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes.remove(at: place)
                case 1: bytes.insert(alphabet.randomElement(using: &random) ?? 32, at: place)
                case 2: bytes[place] = alphabet.randomElement(using: &random) ?? 32
                default: bytes.removeSubrange(place..<min(bytes.count, place + 20))
                }
            }
            check(bytes)
        }
    }

    private func check(_ bytes: [UInt8]) {
        do throws(PolicyErrors) {
            let document = try Document(PolicySource(path: "t.toml", text: bytes))
            #expect(document.entries.allSatisfy { $0.place.line >= 1 })
        } catch {
            #expect(error.errors.allSatisfy { $0.line >= 1 && $0.column >= 1 })
        }
    }
}
