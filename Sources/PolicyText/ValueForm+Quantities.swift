internal import Policy

extension ValueForm where Value == ByteCount {
    /// `2 GiB`, at least `minimum`.
    static func size(atLeast minimum: ByteCount = ByteCount(0)) -> ValueForm {
        quantity("a size such as \"2 GiB\"", minimum) { (text) throws(QuantityProblem) in try ByteCount(text: text) }
    }
}

extension ValueForm where Value == TimeSpan {
    /// `30 min`, at least `minimum`.
    static func duration(atLeast minimum: TimeSpan = TimeSpan(nanoseconds: 0)) -> ValueForm {
        quantity("a duration such as \"30 min\"", minimum) { (text) throws(QuantityProblem) in
            try TimeSpan(text: text)
        }
    }
}

extension ValueForm where Value == CoreCount {
    /// `2.0`, as text like every other quantity.
    static let cores = quantity("a number of cores such as \"2.0\"", CoreCount(thousandths: 10)) {
        (text) throws(QuantityProblem) in try CoreCount(text: text)
    }
}

extension ValueForm where Value: Comparable & CustomStringConvertible {
    fileprivate static func quantity(
        _ expected: String, _ minimum: Value, _ parse: @escaping @Sendable (String) throws(QuantityProblem) -> Value
    ) -> ValueForm {
        ValueForm { node, reading in
            guard case .string(let text) = node.content else {
                reading.refuse(node, expected: "\(expected), as text")
                return nil
            }
            do throws(QuantityProblem) {
                let value = try parse(text)
                if value >= minimum { return value }
                reading.refuse(
                    node.place, "\(VisibleText.quoted(text)) is less than the least possible, \"\(minimum)\"")
            } catch {
                reading.refuse(node.place, "\(VisibleText.quoted(text)) \(error.problem)", nearest: error.nearest)
            }
            return nil
        } write: {
            .single(TOMLText.quoted($0.description))
        }
    }
}

extension ValueForm {
    /// A list that only its empty form keeps, because this version can't enforce what it asks for.
    func onlyEmpty<Element>() -> ValueForm where Value == [Element] {
        let form = self
        return ValueForm { node, reading in
            guard let list = form.read(node, &reading) else { return nil }
            if list.isEmpty { return list }
            reading.refuse(node.place, "this is not enforced by this version", remedy: "leave the list empty")
            return nil
        } write: {
            form.write($0)
        }
    }
}

extension ValueForm where Value == ByteCount? {
    /// A value that may be left out.
    static func optional(_ form: ValueForm<ByteCount>) -> ValueForm {
        ValueForm { node, reading in
            form.read(node, &reading).map { .some($0) }
        } write: {
            $0.flatMap(form.write)
        }
    }

    /// A value that this version can read and not enforce: an error wherever it is set.
    ///
    /// - Parameter remedy: What else holds.
    static func notEnforced(_ form: ValueForm<ByteCount>, remedy: String) -> ValueForm {
        ValueForm { node, reading in
            guard form.read(node, &reading) != nil else { return nil }
            reading.refuse(node.place, "this is not enforced by this version", remedy: remedy)
            return nil
        } write: {
            $0.flatMap(form.write)
        }
    }
}
