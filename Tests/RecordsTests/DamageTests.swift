import Testing

@testable import Records

@Suite("Damaged and hostile records are refused and crash nothing")
struct DamageTests {
    @Test("a record that is cut short anywhere", arguments: SealedKind.all)
    func truncation(kind: SealedKind) {
        for sample in kind.samples {
            for count in 0..<sample.count {
                #expect(throws: RecordError.self, "cut after \(count) bytes") {
                    try kind.reseal(Array(sample.prefix(count)))
                }
            }
        }
    }

    @Test("a record in which one byte differs", arguments: SealedKind.all)
    func flippedByte(kind: SealedKind) {
        for sample in kind.samples {
            for place in sample.indices {
                for mask: UInt8 in [0x01, 0x80, 0xff] {
                    var bytes = sample
                    bytes[place] ^= mask
                    #expect(throws: RecordError.self, "byte \(place)") { try kind.reseal(bytes) }
                }
            }
        }
    }

    @Test("a record with bytes behind it", arguments: SealedKind.all)
    func trailingBytes(kind: SealedKind) {
        for sample in kind.samples {
            #expect(throws: RecordError.self) { try kind.reseal(sample + [0]) }
            #expect(throws: RecordError.self) { try kind.reseal(sample + sample) }
        }
    }

    @Test(
        "a record of a version that is not known is named as such", arguments: SealedKind.all,
        [nil, 1, 0xff] as [UInt16?])
    func unknownVersion(kind: SealedKind, later: UInt16?) {
        let version = later.map { kind.version + $0 } ?? 0
        for contents in kind.samples.map(contents(of:)) {
            let bytes = Envelope.seal(magic: kind.magic, version: version, contents: contents)
            #expect(throws: RecordError.unknownVersion(version)) { try kind.reseal(bytes) }
        }
    }

    @Test("a record of another kind is named as such", arguments: SealedKind.all, SealedKind.all)
    func otherKind(kind: SealedKind, other: SealedKind) {
        guard kind.testDescription != other.testDescription else { return }
        #expect(throws: RecordError.wrongMagic) { try kind.reseal(other.samples[0]) }
    }

    @Test("contents that are cut short in a frame that is whole", arguments: SealedKind.all)
    func truncatedContents(kind: SealedKind) {
        for contents in kind.samples.map(contents(of:)) {
            for count in contents.indices {
                let short = Array(contents.prefix(count))
                let bytes = Envelope.seal(magic: kind.magic, version: kind.version, contents: short)
                #expect(throws: RecordError.self, "cut after \(count) bytes") { try kind.reseal(bytes) }
            }
        }
    }

    @Test(
        "changed contents in a frame that is whole are refused, or mean exactly what they say",
        arguments: SealedKind.all)
    func changedContents(kind: SealedKind) throws {
        var refused = 0
        for contents in kind.samples.map(contents(of:)) {
            for place in contents.indices {
                for value: UInt8 in [0, 1, 2, 0x7f, 0xff] where contents[place] != value {
                    var changed = contents
                    changed[place] = value
                    let bytes = Envelope.seal(magic: kind.magic, version: kind.version, contents: changed)
                    do throws(RecordError) {
                        // No two forms of one value: what is read is written as it was.
                        #expect(try kind.reseal(bytes) == bytes, "byte \(place) became \(value)")
                    } catch {
                        refused += 1
                    }
                }
            }
        }
        #expect(refused > 0)
    }

    @Test("counts that ask for more than there is", arguments: SealedKind.all, [0xffff_ffff, 0x7fff_ffff, 0x0100_0000])
    func hostileCounts(kind: SealedKind, count: UInt32) throws {
        for contents in kind.samples.map(contents(of:)) where contents.count >= 4 {
            for place in 0...(contents.count - 4) {
                var changed = contents
                withUnsafeBytes(of: count.littleEndian) { changed.replaceSubrange(place..<place + 4, with: $0) }
                let bytes = Envelope.seal(magic: kind.magic, version: kind.version, contents: changed)
                do throws(RecordError) {
                    #expect(try kind.reseal(bytes) == bytes, "at \(place)")
                } catch {
                    continue
                }
            }
        }
    }

    @Test("the length in the frame may not differ from what follows", arguments: [0, 1, 0xffff_ffff] as [UInt32])
    func frameLength(length: UInt32) {
        var writer = ByteWriter()
        for byte in Array("CSEN".utf8) { writer.write(byte) }
        writer.write(UInt16(1))
        writer.write(length)
        let head = writer.bytes + [UInt8](repeating: 0, count: 40)
        writer = ByteWriter()
        writer.write(Envelope.checksum(head[...]))
        #expect(throws: RecordError.self) { try EndRecord.open(head + writer.bytes) }
    }

    @Test("a frame that is made from scratch opens")
    func handmadeFrame() throws {
        let bytes = Envelope.seal(magic: "CSEN", version: 2, contents: contents(of: Samples.end.sealed))
        #expect(try EndRecord.open(bytes) == Samples.end)
    }

    @Test("an end that the version before wrote is read without the figures that it did not know", arguments: [0, 40])
    func endOfTheVersionBefore(padding: Int) throws {
        var end = Samples.end
        (end.throttledTime, end.refusedForks) = (nil, nil)
        // Nothing is a zero byte each.
        let fields = Array(contents(of: end.sealed).dropLast(2)) + [UInt8](repeating: 0, count: padding)
        #expect(try EndRecord.open(Envelope.seal(magic: "CSEN", version: 1, contents: fields)) == end)
    }

    @Test("a task record of the version before is read without what it did not know")
    func taskOfTheVersionBefore() throws {
        var task = Samples.task
        (task.retainedBytes, task.watched) = (nil, nil)
        let fields = Array(contents(of: task.sealed).dropLast(2))
        #expect(try TaskRecord.open(Envelope.seal(magic: "CSTK", version: 1, contents: fields)) == task)
    }

    private func contents(of sealed: [UInt8]) -> [UInt8] { Array(sealed.dropFirst(10).dropLast(8)) }
}
