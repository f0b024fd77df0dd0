internal import Policy

/// What a file may only set with a `[[relax]]`, and whether the keys that are relaxed exist.
struct WideningCheck {
    /// The policy with the file merged into it.
    let policy: EffectivePolicy
    /// What the file itself sets.
    let file: EffectivePolicy

    /// What is wrong, in no order.
    var errors: [PolicyError] { missing + unknown + unwritable + misplaced }

    /// Widenings that the file sets and that neither it nor a file before it gives a reason for.
    private var missing: [PolicyError] {
        let relaxed = Set(policy.relaxations.map(\.key))
        return widenings.filter { !relaxed.contains($0.key) && !relaxed.contains($0.setting) }.map { widening in
            let place = file.origins[widening.key] ?? file.origins[widening.setting] ?? .standard
            return PolicyError(
                widening.key, at: place, "this widens what a task may do",
                remedy: "add a [[relax]] with key = \(TOMLText.quoted(widening.key)) and a reason")
        }
    }

    private struct Widened {
        let key: String
        /// What a relaxation may name instead; for degraded layers nothing else, because each needs its own reason.
        let setting: String

        init(_ key: String, of setting: String? = nil) {
            (self.key, self.setting) = (key, setting ?? key)
        }
    }

    private var widenings: [Widened] {
        var list = file.degrade.map { Widened("require.degrade.\($0)") }
        list += file.privileges.capabilities.map { Widened("privileges.capabilities.\($0)") }
        if file.commands.allowAll { list.append(Widened("commands.allow_all")) }
        if file.commands.environment { list.append(Widened("commands.environment")) }
        if file.network.mode == .host { list.append(Widened("network.mode")) }
        if file.files.rootWorkspace { list.append(Widened("files.root_workspace")) }
        list += file.files.execute.isEmpty ? [] : [Widened("files.execute")]
        return list
    }

    /// Relaxations of keys that do not exist: a slip there would leave the reason behind and the key unrelaxed.
    private var unknown: [PolicyError] {
        let known = policy.relaxableKeys
        return file.relaxations.filter { !known.contains($0.key) }.map { relaxation in
            PolicyError(
                "relax.key", at: relaxation.origin,
                "\(VisibleText.quoted(relaxation.key)) is no key, and no element of a list in this policy",
                nearest: EditDistance.nearest(to: relaxation.key, among: known))
        }
    }

    /// A place is one mount, which can be executed from as a whole or not at all: what may be executed from is itself a
    /// place of `files.write`.
    private var unwritable: [PolicyError] {
        guard file.origins["files.execute"] != nil || file.origins["files.write"] != nil else { return [] }
        return policy.files.execute.filter { !policy.files.write.contains($0) }.map { place in
            let written = policy.origins["files.write"]?.description ?? "not set, which means {workspace}"
            return PolicyError(
                "files.execute", at: policy.origins["files.execute.\(place)"] ?? .standard,
                "\(VisibleText.quoted(place)) is no place of files.write (\(written))",
                remedy: "name it there as well; a place is executed from as a whole or not at all")
        }
    }

    /// Keys that mean something only together with another.
    private var misplaced: [PolicyError] {
        var list: [PolicyError] = []
        if !file.network.ports.isEmpty, let place = file.origins["network.ports"], policy.network.mode != .host {
            list.append(
                PolicyError(
                    "network.ports", at: place, "ports mean something only with the host's network",
                    remedy: "set network.mode = \"host\", or leave the ports out"))
        }
        if file.commands.shell == .trust, let place = file.origins["commands.shell"], !policy.commands.allowAll {
            list.append(
                PolicyError(
                    "commands.shell", at: place, "a shell can be trusted only where every command is allowed",
                    remedy: "use \"check\", or set commands.allow_all = true", nearest: "check"))
        }
        return list
    }
}

extension EffectivePolicy {
    /// Every key, and every element of a list, that a `[[relax]]` can name in this policy.
    var relaxableKeys: [String] {
        let settings = SettingTable.all.flatMap { setting in
            [setting.name] + setting.elements(self).map { "\(setting.name).\($0)" }
        }
        return settings + commands.rules.flatMap { $0.children.map { "commands.rule.children.\($0)" } }
    }
}
