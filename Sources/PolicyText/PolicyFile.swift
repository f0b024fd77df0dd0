internal import Policy

/// One policy file by itself: what it sets, and nothing of what it extends.
struct PolicyFile {
    /// What the file sets; every other key has the value that holds where no file says anything. `origins` has the keys
    /// that are set.
    var policy = EffectivePolicy()
    /// The files that it extends, and where it names them.
    var extends: [(name: String, place: TextPosition)] = []
    private(set) var errors: [PolicyError] = []

    /// Reads a file.
    ///
    /// - Throws: `PolicyErrors` if it is not TOML. Everything else that is wrong is in ``errors``.
    init(_ source: PolicySource, today: CalendarDate) throws(PolicyErrors) {
        let document = try Document(source)
        var reading = Reading(file: source.path, today: today)
        policy.sources = [source.path]
        requireSchema(document.entries, &reading)
        for entry in document.entries { read(entry, &reading) }
        policy.origins = reading.origins
        errors = reading.errors
    }

    /// A file of another version may mean something else by the same words: without `schema = 1` nothing is believed.
    private func requireSchema(_ entries: [DocumentEntry], _ reading: inout Reading) {
        reading.key = "schema"
        guard let entry = entries.first(where: { $0.key == "schema" }) else {
            return reading.refuse(.start, "this key is missing", remedy: "write schema = 1 in the first line")
        }
        guard case .integer(let version) = entry.node.content else {
            return reading.refuse(entry.node, expected: "the number 1")
        }
        guard version != 1 else { return }
        reading.refuse(
            entry.node.place, "version \(version) is not known to this program", remedy: "it reads schema = 1")
    }

    private mutating func read(_ entry: DocumentEntry, _ reading: inout Reading) {
        reading.key = entry.key
        switch entry.key {
        case "schema": break
        case "extends": readExtends(entry, &reading)
        case "relax": policy.relaxations = RelaxForm.list(entry.node, &reading) ?? []
        case "test": policy.tests = TestForm.list(entry.node, &reading) ?? []
        default:
            if let setting = SettingTable.settings(of: "").first(where: { $0.name == entry.key }) {
                read(setting, entry, &reading)
            } else if SettingTable.tables.contains(entry.key) {
                readTable(entry, &reading)
            } else {
                refuse(unknown: entry, in: "", &reading)
            }
        }
    }

    private mutating func readTable(_ table: DocumentEntry, _ reading: inout Reading) {
        guard case .table(let entries) = table.node.content else {
            return reading.refuse(table.node, expected: "a table, written [\(table.key)]")
        }
        let settings = SettingTable.settings(of: table.key)
        for entry in entries {
            if let setting = settings.first(where: { $0.key == entry.key }) {
                read(setting, entry, &reading)
            } else {
                refuse(unknown: entry, in: table.key, &reading)
            }
        }
    }

    private mutating func read(_ setting: any PolicySetting, _ entry: DocumentEntry, _ reading: inout Reading) {
        reading.key = setting.name
        reading.origins[setting.name] = reading.origin(entry.place)
        setting.read(entry.node, into: &policy, &reading)
    }

    private mutating func readExtends(_ entry: DocumentEntry, _ reading: inout Reading) {
        guard case .array(let nodes) = entry.node.content else {
            return reading.refuse(entry.node, expected: "a list such as [\"default\"]")
        }
        for node in nodes {
            guard case .string(let name) = node.content, !name.isEmpty else {
                reading.refuse(node, expected: "the name of a policy")
                continue
            }
            extends.append((name, node.place))
        }
    }

    private func refuse(unknown entry: DocumentEntry, in table: String, _ reading: inout Reading) {
        reading.key = table.isEmpty ? entry.key : "\(table).\(entry.key)"
        var known = SettingTable.settings(of: table).map(\.key)
        if table.isEmpty {
            known += SettingTable.tables.filter { !$0.isEmpty } + ["schema", "extends", "relax", "test"]
        }
        let isTable = if case .table = entry.node.content { table.isEmpty } else { false }
        let what = isTable ? "unknown table" : "unknown key"
        if let nearest = EditDistance.nearest(to: entry.key, among: known) {
            return reading.refuse(entry.place, what, nearest: nearest)
        }
        let elsewhere = SettingTable.all.filter { $0.key == entry.key && $0.table != table }.map(\.name)
        let remedy =
            elsewhere.isEmpty
            ? "known here are \(known.joined(separator: ", "))" : "it belongs into another table"
        reading.refuse(entry.place, what, remedy: remedy, nearest: elsewhere.first)
    }
}
