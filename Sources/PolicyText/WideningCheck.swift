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
        let known =
            SettingTable.all.flatMap { setting -> [String] in
                guard case .list(let elements)? = setting.written(policy) else { return [setting.name] }
                return [setting.name] + elements.map { "\(setting.name).\($0.name)" }
            } + policy.commands.rules.flatMap { $0.children.map { "commands.rule.children.\($0)" } }
            + policy.environment.set.map { "environment.set.\($0.name)" }
        return file.relaxations.filter { !known.contains($0.key) }.map { relaxation in
            PolicyError(
                "relax.key", at: relaxation.origin,
                "\(VisibleText.quoted(relaxation.key)) is no key, and no element of a list in this policy",
                nearest: EditDistance.nearest(to: relaxation.key, among: known))
        }
    }

    /// Executing from a place that can't be written needs no permission: it would say something that is not so.
    private var unwritable: [PolicyError] {
        guard file.origins["files.execute"] != nil || file.origins["files.write"] != nil else { return [] }
        let writable = policy.files.write + ["/tmp"] + (policy.files.home == "fresh" ? [] : [policy.files.home])
        return policy.files.execute.filter { place in
            !writable.contains { PathPattern.covers($0, place, beneath: true) }
        }.map { place in
            let written = policy.origins["files.write"] ?? .standard
            return PolicyError(
                "files.execute", at: policy.origins["files.execute.\(place)"] ?? .standard,
                "\(VisibleText.quoted(place)) is not beneath a place of files.write (\(written))")
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
