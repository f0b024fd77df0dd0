import Glibc
import Kernel
import Records
import Spooling

/// What front ends ask of a monitor.
extension Monitor {
    func readReport(_ sandbox: Sandbox) {
        guard let report else { return }
        do {
            let message = try Transfer.receiveBytes(report, limit: ControlRequest.limit)
            if message.isEmpty { return dropReport() }
            _ = carryOut(try ControlRequest(bytes: message), sandbox)
        } catch {
            dropReport()
        }
    }

    /// The front end is gone, and with it the pipes to it; the task goes on.
    func dropReport() {
        if let report { close(report) }
        report = nil
        for index in streams.indices { streams[index].dropSink() }
    }

    /// Answers who asked something. One of them may be gone since then: whoever can't be told news is dropped, and others move up.
    func serve(_ sockets: [Int32], _ control: inout ControlSocket, _ sandbox: Sandbox) {
        for socket in sockets {
            if socket == control.listener {
                control.accept(now: Clock.monotonic())
            } else if let place = control.connections.firstIndex(where: { $0.socket == socket }) {
                answer(place, &control, sandbox)
            }
        }
    }

    private func answer(_ place: Int, _ control: inout ControlSocket, _ sandbox: Sandbox) {
        do {
            let message = try Transfer.receiveBytes(control.connections[place].socket, limit: ControlRequest.limit)
            if message.isEmpty { return control.drop(place) }
            switch try ControlRequest(bytes: message) {
            case .follow(let bytes):
                control.follow(place, bytes)
                control.news(total: spool.total)
            case .awaitRoom: control.awaitRoom(place)
            case let request: control.send(place, carryOut(request, sandbox))
            }
        } catch let error as RecordError {
            // A newer front end, most likely: it is told, and can ask for something else.
            control.send(
                place, .refused("this monitor knows requests up to version \(ControlRequest.version): \(error)"))
        } catch {
            control.drop(place)
        }
    }

    private func carryOut(_ request: ControlRequest, _ sandbox: Sandbox) -> ControlReply {
        switch request {
        case .signal(let signal):
            perform([.signalTask(signal)], sandbox)
            return .done
        case .terminate(let signal, let grace, let cause, let by):
            let now = Clock.monotonic()
            perform(ending.ask(signal: signal, grace: grace, cause: cause, by: by, now: now), sandbox)
            return .done
        case .input(let bytes): return input?.take(bytes) ?? Self.notYet
        case .endOfInput: return input?.end() ?? Self.notYet
        case .resize(let size): return resize(size)
        case .attach(let size):
            if let size, terminal != nil { _ = resize(size) }
            return .progress(bytes: spool.total)
        case .follow, .awaitRoom, .state: return .progress(bytes: spool.total)
        }
    }

    private static let notYet = ControlReply.refused("the task has not been started yet")

    private func resize(_ size: WindowSize) -> ControlReply {
        guard let terminal else { return .refused("the task has no terminal (tty: true)") }
        do {
            try terminal.resize(size)
            return .done
        } catch {
            return .refused("the terminal takes no size: \(error)")
        }
    }
}
