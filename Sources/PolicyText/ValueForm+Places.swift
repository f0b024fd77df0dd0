internal import Policy

extension ValueForm where Value == [String] {
    /// Places that may be read or hidden.
    static let places = texts("a place") {
        PlaceSpelling.problem(in: $0, wildcards: .none, placeholders: ["{workspace}"]) ?? outsideKernel($0)
    }

    /// Places that may be changed or executed from.
    static let writablePlaces = texts("a place") { text in
        if text == "/" { return TextProblem("is the whole view", remedy: "name the places inside it") }
        return PlaceSpelling.problem(in: text, wildcards: .none, placeholders: ["{workspace}"]) ?? outsideKernel(text)
    }

    /// Places that can't be changed inside those that can.
    static let protectedPlaces = texts("a place") {
        PlaceSpelling.problem(in: $0, wildcards: .anyDepth, placeholders: ["{workspace}"])
    }

    /// Where a workspace may be.
    static let workspaces = texts("a place") {
        PlaceSpelling.problem(in: $0, wildcards: .inComponents, placeholders: [])
    }

    /// `commands.path`. A directory that a task could write would let it name programs.
    static let directories = ValueForm { node, reading in
        let list = texts("a directory") { text in
            if text.contains(":") { return TextProblem("has a : in it", remedy: "write each directory by itself") }
            return PlaceSpelling.problem(in: text, wildcards: .none, placeholders: [])
        }.read(node, &reading)
        guard case .array(let nodes) = node.content, nodes.isEmpty else { return list }
        reading.refuse(node.place, "without a directory no program is found")
        return nil
    } write: {
        .list($0.map { ($0, TOMLText.quoted($0)) })
    }

    /// Names, or beginnings of names, of environment variables.
    static let variableNames = texts("a name", VariableSpelling.problem(inPattern:))

    /// The view has its own /proc, /dev and /sys, and no policy can give the host's.
    private static func outsideKernel(_ text: String) -> TextProblem? {
        for place in ["/proc", "/sys", "/dev"] where PathPattern.covers(place, text, beneath: true) {
            return TextProblem("is part of \(place), which every sandbox has of its own")
        }
        return nil
    }
}

extension ValueForm where Value == String {
    /// `fresh`, or a directory that is kept. Of the state directory only `home` can be given away: what else is in it
    /// are the records of tasks.
    static let home = text("\"fresh\" or a directory") { text in
        if text == "fresh" { return nil }
        if let found = PlaceSpelling.problem(in: text, wildcards: .none, placeholders: ["{workspace}", "{state}"]) {
            return found.nearest == nil && EditDistance.isNear(text, "fresh")
                ? TextProblem(found.problem, remedy: found.remedy, nearest: "fresh") : found
        }
        guard text.hasPrefix("{state}"), !PathPattern.covers("{state}/home", text, beneath: true) else { return nil }
        return TextProblem("would open the records of tasks", remedy: "write {state}/home, or a directory beneath it")
    }
}

extension ValueForm where Value == NetworkMode {
    /// The modes that this version has.
    static let networkMode = ValueForm { node, reading in
        guard let mode = choice.read(node, &reading) else { return nil }
        guard mode == .egress else { return mode }
        reading.refuse(
            node.place, "\"egress\" is not enforced by this version",
            remedy: "use \"none\", \"loopback\", or \"host\" with network.ports")
        return nil
    } write: {
        choice.write($0)
    }
}

extension ValueForm where Value == ByteCount {
    /// `50 MiB/s`.
    static let rate = ValueForm { node, reading in
        guard case .string(let text) = node.content, text.hasSuffix("/s") else {
            reading.refuse(node.place, "this must be a rate such as \"50 MiB/s\"")
            return nil
        }
        do throws(QuantityProblem) {
            let rate = try ByteCount(text: String(text.dropLast(2)))
            if rate.bytes > 0 { return rate }
            reading.refuse(node.place, "\(VisibleText.quoted(text)) lets nothing through")
        } catch {
            reading.refuse(node.place, "\(VisibleText.quoted(text)) \(error.problem)", nearest: error.nearest)
        }
        return nil
    } write: {
        .single(TOMLText.quoted("\($0)/s"))
    }
}
