/// The tools that a front end offers, in the order in which they are listed.
public struct ToolCatalogue: Sendable, Equatable {
    /// The tools.
    public let tools: [Tool]

    /// A catalogue of these tools; without, of all.
    public init(_ names: [ToolName] = ToolName.allCases) {
        tools = names.map(Tool.init)
    }

    /// The tool of that name, if it is offered.
    public subscript(name: String) -> Tool? {
        tools.first { $0.name.rawValue == name }
    }
}

extension Tool {
    /// The definition of a tool.
    public init(_ name: ToolName) {
        self =
            switch name {
            case .executeCommand: .executeCommand
            case .readOutput: .readOutput
            case .writeInput: .writeInput
            case .forceTerminate: .forceTerminate
            case .listSessions: .listSessions
            case .explainPolicy: .explainPolicy
            case .claudeCode: .claudeCode
            }
    }
}
