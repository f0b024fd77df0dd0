import Records

extension LaunchPlan {
    /// What a step of the launch that failed was about, for people: the place of a mount, the name of a limit.
    func subject(of stage: Stage, _ index: Int) -> String {
        switch stage {
        case .sources, .mounts: mounts.indices.contains(index) ? mounts[index].target : "mount \(index)"
        case .landlock: landlock.rules.indices.contains(index) ? landlock.rules[index].path : "rule \(index)"
        case .resourceLimits:
            limits.indices.contains(index)
                ? ProcessLimits.name(limits[index].resource)?.description ?? "limit \(index)" : "limit \(index)"
        default: "number \(index)"
        }
    }
}
