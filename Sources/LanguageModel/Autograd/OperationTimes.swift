import Foundation

/// Seconds by operation of the passes that run while it is set on a ``Workspace``.
package final class OperationTimes {
    /// Seconds so far, by name: an operation's method, `forward` or `backward` after it.
    package private(set) var seconds: [String: Double] = [:]
    private var began: ContinuousClock.Instant?

    package init() {}

    /// Runs `body` and adds its time to a name.
    package func measure<T>(_ name: String, _ body: () throws -> T) rethrows -> T {
        let start = ContinuousClock.now
        defer { add(name, since: start) }
        return try body()
    }

    /// An operation takes its output's memory first and records its backward pass last: the time between is its forward
    /// time.
    func begin() { began = .now }

    /// Ends what ``begin()`` began.
    func end(_ name: String) {
        if let began { add(name, since: began) }
        began = nil
    }

    private func add(_ name: String, since start: ContinuousClock.Instant) {
        let elapsed = (ContinuousClock.now - start).components
        seconds[name, default: 0] += Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18
    }
}

extension TransformerModel {
    /// Runs `body` and tells how many seconds each operation of this model's passes took in it, forward and backward;
    /// the head's and losses' parts begin with `head`.
    public func timingOperations<T>(_ body: () throws -> T) rethrows -> (result: T, seconds: [String: Double]) {
        let times = OperationTimes()
        workspace.times = times
        defer { workspace.times = nil }
        return (try body(), times.seconds)
    }
}
