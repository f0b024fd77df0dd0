internal import JSON
internal import Records
internal import Spooling
internal import Supervision
internal import Tasks
internal import ToolProtocol

/// Resources: output and state of tasks, by name.
extension ToolCalls {
    /// The tasks on a page of `resources/list`; each has three resources.
    private static let listedTasks = 50
    /// Characters of a command in a resource's title.
    private static let titleLength = 80

    func resources(_ cursor: String?, _ query: Query) throws(TaskError) -> Reply {
        let page: (views: [TaskView], next: String?)
        do throws(TaskError) {
            page = try supervisor.tasks.page(cursor: cursor, limit: Self.listedTasks)
        } catch {
            guard case .refused = error else { throw error }
            return .fail(.unknownCursor)
        }
        var entries: [ResourceEntry] = []
        for view in page.views { entries += self.entries(view) }
        return .answer(ResourceListing(entries, next: page.next).members(for: query.request.version))
    }

    /// The resources of a task.
    private func entries(_ view: TaskView) -> [ResourceEntry] {
        let totals: (stdout: UInt64, stderr: UInt64)?
        do throws(TaskError) {
            totals = try Self.streamTotals(try TaskDirectory(supervisor.state, view.record.id))
        } catch {
            // What is wrong with one task's output, or that it was pruned just now, is told to whoever reads it.
            totals = nil
        }
        let command = OutputText.visible(Array(view.record.arguments.joined(separator: " ").utf8.prefix(400)))
        let title = command.count > Self.titleLength ? command.prefix(Self.titleLength) + "..." : command
        return TaskResource.Part.allCases.map { part in
            let size: UInt64? =
                switch part {
                case .stdout: totals?.stdout
                case .stderr: totals?.stderr
                case .status: nil
                }
            return ResourceEntry(
                TaskResource(task: view.record.id.text, part), title: "\(part.rawValue): \(title)",
                description: ToolAnswer.summary(view), size: size)
        }
    }

    /// What is in a resource, from a byte of its output on.
    func contents(_ resource: TaskResource, from offset: UInt64, _ query: Query) throws(TaskError) -> Reply {
        let version = query.request.version
        do throws(TaskError) {
            let task = try supervisor.task(id: resource.task)
            guard let stream = resource.stream else {
                return .answer(try status(task, resource).members(for: version))
            }
            return .answer(try output(task, resource, stream, from: offset).members(for: version))
        } catch {
            guard case .unknownTask = error else { throw error }
            return .fail(.unknownResource(Self.name(resource, offset), version))
        }
    }

    private func status(_ task: TaskDirectory, _ resource: TaskResource) throws(TaskError) -> ResourceContents {
        var view = try TaskView(task)
        explain(&view, task)
        return ResourceContents(uri: resource.uri, .object(view.json), isFinal: view.end != nil)
    }

    private func output(
        _ task: TaskDirectory, _ resource: TaskResource, _ stream: SpoolStream, from offset: UInt64
    ) throws(TaskError) -> ResourceContents {
        let isFinal = try task.end() != nil
        var reading = reading(.stream(stream))
        (reading.start, reading.isLiteral) = (.offset(offset), true)
        var part = try reading.read(task, isFinal: isFinal).part
        let isText = String(validating: part.slice.bytes, as: UTF8.self) != nil
        if !isText {
            reading.isRaw = true
            part = try reading.read(task, isFinal: isFinal).part
        }
        var place = part.json
        place["text"] = nil
        return ResourceContents(
            uri: Self.name(resource, offset), isText ? .text(part.text) : .blob(part.text), place: place,
            rest: Self.rest(part, resource), isFinal: isFinal)
    }

    private static func name(_ resource: TaskResource, _ offset: UInt64) -> String {
        offset == 0 ? resource.uri : resource.uri(from: offset)
    }

    /// How to read on, where there is more.
    private static func rest(_ part: OutputPart, _ resource: TaskResource) -> (uri: String, sentence: String)? {
        guard part.more else { return nil }
        let (next, total) = (part.slice.nextOffset, part.slice.totalBytes)
        let uri = resource.uri(from: next)
        let tool =
            "read_output with task_id \"\(resource.task)\", stream \"\(resource.part.rawValue)\" and offset \(next)"
        return (uri, "[there is more, \(total - min(next, total)) bytes: read \(uri), or call \(tool)]")
    }

    /// Bytes of each stream so far.
    static func streamTotals(_ task: TaskDirectory) throws(TaskError) -> (stdout: UInt64, stderr: UInt64) {
        let reader = task.output(try task.record())
        do {
            return try reader.totals()
        } catch {
            throw .system("the task's output", error)
        }
    }
}

extension TaskResource {
    /// The stream that it shows; nil: it shows none.
    var stream: SpoolStream? {
        switch part {
        case .stdout: .stdout
        case .stderr: .stderr
        case .status: nil
        }
    }
}
