import Policy
import PolicyText

/// Policy files: whoever writes one gets an error with a place in it, whatever is in it.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    let text = [UInt8](UnsafeBufferPointer(start: data, count: size))
    do throws(PolicyErrors) {
        // What was read can be written, and is read as the same: the text names the places of the text before it, and so is the
        // same from the second time on.
        let first = try rewritten(PolicySource(path: path, text: text))
        let second = try again(first)
        guard try again(second) == second else { fatalError("rendered twice, it is another policy") }
    } catch {
        guard !error.description.isEmpty else { fatalError("an error without a word") }
    }
    return 0
}

private let path = "/policies/fuzz.toml"

private func rewritten(_ source: PolicySource) throws(PolicyErrors) -> String {
    guard let day = CalendarDate("2026-11-25") else { fatalError("there is such a day") }
    return PolicyText.render(
        try PolicyLoader.load(source, today: day) { (_) throws(PolicyError) -> PolicySource? in nil })
}

private func again(_ text: String) -> String {
    do throws(PolicyErrors) {
        return try rewritten(PolicySource(path: path, text: text))
    } catch {
        fatalError("what was written can't be read: \(error)")
    }
}
