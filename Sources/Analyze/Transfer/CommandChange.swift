import LinearAlgebra
import Records
import Statistics

/// What a command of the study's own scores before and after.
public struct CommandChange: Codable, Sendable, Equatable {
    /// Its name in the study.
    public var name: String
    /// Whether a lower score is the better one.
    public var lowerIsBetter: Bool
    /// The score of the model before.
    public var before: Double
    /// The score of the model after.
    public var after: Double
    /// after − before.
    public var change: Double
    /// Bootstrap interval of the change, paired over items; nil with a ``reason``.
    public var interval: Interval?
    /// Items that both models were scored on.
    public var items: Int
    /// Why there is no interval.
    public var reason: String?

    /// The commands of a record, in its order.
    static func all(_ record: CommandRecord?, settings: AnalysisSettings) -> [CommandChange] {
        (record?.commands ?? []).map { CommandChange($0, settings) }
    }

    private init(_ command: CommandRecord.Command, _ settings: AnalysisSettings) {
        (name, lowerIsBetter) = (command.name, command.lowerIsBetter)
        (before, after, change) = (
            command.before.value, command.after.value, command.after.value - command.before.value
        )
        let (old, new) = (command.before.items, command.after.items)
        let known = Dictionary(new.map { ($0.id, $0.score) }) { first, _ in first }
        let changes = old.compactMap { item in known[item.id].map { $0 - item.score } }
        items = changes.count
        func isMean(_ score: CommandScore) -> Bool {
            abs(score.value - Summary.mean(score.items.map(\.score))) <= 1e-6 * max(1, abs(score.value))
        }
        guard !old.isEmpty, !new.isEmpty else {
            reason = "the command prints no items"
            return
        }
        guard changes.count == old.count, old.count == new.count else {
            reason = "the items before are not those after"
            return
        }
        guard isMean(command.before), isMean(command.after) else {
            reason = "the score is not the mean of the items' scores"
            return
        }
        guard changes.count >= ItemTable.leastClusters else {
            reason = "\(changes.count) items, \(ItemTable.leastClusters) wanted"
            return
        }
        var stream = RandomStream(seed: settings.seed, label: "analyze/command/\(name)")
        interval = Bootstrap(columns: [changes], draws: settings.bootstrapDraws, stream: &stream)
            .interval(level: settings.level)
    }
}
