internal import Kernel
internal import Tasks
internal import ToolProtocol

extension StdioServer {
    /// Begins or ends subscriptions.
    func begin(_ subscription: SubscriptionRequest) {
        let request = subscription.request
        do throws(TaskError) {
            switch subscription.change {
            case .subscribe(let resource): return try subscribe(request, resource)
            case .unsubscribe(let resource): send(conversation.unsubscribe(request, from: resource))
            case .listen(let filter): try listen(request, filter)
            }
        } catch {
            send(conversation.fail(request, with: .internalError("the task can't be read")))
        }
        subscriptionsChanged()
    }

    private func subscribe(_ request: OpenRequest, _ resource: TaskResource) throws(TaskError) {
        guard try watch.follow(resource.task) else {
            return send(conversation.fail(request, with: .unknownResource(resource.uri, request.version)))
        }
        send(conversation.subscribe(request, to: resource))
    }

    /// What there is not can't be heard of; what was agreed on says so.
    private func listen(_ request: OpenRequest, _ filter: SubscriptionFilter) throws(TaskError) {
        var accepted = filter
        accepted.resources = []
        for resource in filter.resources.prefix(SubscriptionWatch.limit) where try watch.follow(resource.task) {
            accepted.resources.append(resource)
        }
        accepted.tasks = []
        for task in filter.tasks.prefix(SubscriptionWatch.limit) where try watch.follow(task) {
            accepted.tasks.append(task)
        }
        accepted.includesList = filter.includesList && followList(true)
        if let first = conversation.listen(request, accepted) { writer.add(first.line) }
        // What has ended before is told at once: nothing will tell of it later.
        for task in accepted.tasks where !watch.follows(task) { tellStatus(of: task, for: request) }
    }

    /// Hears of what somebody wants to hear of, and of nothing else.
    func subscriptionsChanged() {
        watch.keep(conversation.followedTasks)
        _ = followList(conversation.hearsOfList)
    }

    /// Whether it is heard of the list; a host that can't watch directories has a list all the same.
    private func followList(_ isWanted: Bool) -> Bool {
        do throws(TaskError) {
            try watch.followList(isWanted)
            return isWanted
        } catch {
            ErrorLine.write("changes of the list of resources are not told: \(error)")
            return false
        }
    }

    /// Tells what changed. A client that does not read is told nothing: what it was not told is in what it is told next.
    func tellChanges(_ poll: Poll) {
        do throws(TaskError) {
            for change in try watch.changes(poll, Clock.monotonic()) {
                let notices =
                    switch change {
                    case .resource(let resource): conversation.notices(of: resource)
                    case .list: conversation.noticesOfList
                    }
                for notice in notices { writer.add(notice.line) }
                if case .resource(let resource) = change, resource.part == .status { tellEnd(of: resource.task) }
            }
        } catch {
            ErrorLine.write("changes of the list of resources are not told: \(error)")
        }
    }
}
