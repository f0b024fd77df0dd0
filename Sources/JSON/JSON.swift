/// One value of JSON text (RFC 8259).
public enum JSON: Sendable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A number written without fraction and exponent that fits 64 bits.
    case integer(Int64)
    /// Any other number; finite.
    case number(Double)
    /// Text.
    case string(String)
    /// Values in order.
    case array([JSON])
    /// Members in order.
    case object(JSONObject)
}

extension JSON: Equatable {
    /// Whether both are written alike: an integer is no number, members have an order.
    ///
    /// Strings are compared by their bytes, as every reader of the text does; `String` would take two spellings of an
    /// accented letter for one.
    public static func == (left: JSON, right: JSON) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.integer(let left), .integer(let right)): left == right
        case (.number(let left), .number(let right)): left == right
        case (.string(let left), .string(let right)): left.hasSameBytes(as: right)
        case (.array(let left), .array(let right)): left == right
        case (.object(let left), .object(let right)): left == right
        default: false
        }
    }
}

extension JSON {
    /// The truth value, if this is one.
    public var boolValue: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The integer, if this is one.
    public var integerValue: Int64? {
        if case .integer(let value) = self { value } else { nil }
    }

    /// The text, if this is text.
    public var stringValue: String? {
        if case .string(let value) = self { value } else { nil }
    }

    /// The elements, if this is an array.
    public var arrayValue: [JSON]? {
        if case .array(let value) = self { value } else { nil }
    }

    /// The members, if this is an object.
    public var objectValue: JSONObject? {
        if case .object(let value) = self { value } else { nil }
    }

    /// The member of that name, if this is an object that has it.
    public subscript(key: String) -> JSON? {
        objectValue?[key]
    }

    /// Whole counts and sizes: an integer where it fits, the nearest number otherwise.
    public init(_ count: some BinaryInteger) {
        self = Int64(exactly: count).map(JSON.integer) ?? .number(Double(count))
    }

    /// A list of texts.
    public init(_ texts: [String]) {
        self = .array(texts.map(JSON.string))
    }
}

extension String {
    /// Whether the UTF-8 of both is the same; `==` is canonical equivalence (U+212A, the kelvin sign, equals K).
    func hasSameBytes(as other: String) -> Bool {
        utf8.count == other.utf8.count && utf8.elementsEqual(other.utf8)
    }
}
