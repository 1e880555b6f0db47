import FileSupport
import Records

struct PairedItem {
    var score: ItemScore
    var after: Double
    /// The signed gap after with the common shift of the embedding rows taken out; nil when not scored.
    var afterCommonRemoved: Double?
    var before: Double { score.gap }
}

/// A benchmark, scored before and after.
struct PairedBenchmark {
    let name: String
    let profile: String
    let items: [PairedItem]

    /// The benchmarks that were scored on both sides, in the order of the records.
    ///
    /// - Throws: `InputError` when the items of two models are not the same.
    static func all(_ evaluations: [Evaluation]) throws -> [PairedBenchmark] {
        try evaluations.filter { $0.label == Evaluation.before }.compactMap { before in
            func gaps(_ label: String) throws -> [Double]? {
                guard let other = evaluations.first(where: { $0.label == label && $0.benchmark == before.benchmark })
                else { return nil }
                guard other.items.map(\.row) == before.items.map(\.row) else {
                    throw InputError(
                        "\(label) and \(before.label) are scored on different items", at: before.benchmark,
                        remedy: "run the study again")
                }
                return other.items.map(\.gap)
            }
            guard let after = try gaps(Evaluation.after) else { return nil }
            let removed = try gaps(Evaluation.commonRemoved)
            return PairedBenchmark(
                name: before.benchmark, profile: before.profile,
                items: before.items.indices.map {
                    PairedItem(score: before.items[$0], after: after[$0], afterCommonRemoved: removed?[$0])
                })
        }
    }

    /// Benchmarks of which only one side was scored, as a run has them that was cut off.
    static func unpaired(_ evaluations: [Evaluation]) -> [NotComputed] {
        let after = Set(evaluations.filter { $0.label == Evaluation.after }.map(\.benchmark))
        return evaluations.filter { $0.label == Evaluation.before && !after.contains($0.benchmark) }.map {
            NotComputed(
                what: "transfer on \($0.benchmark)",
                reason: "the run holds no scores of the model after; it goes on with --resume")
        }
    }
}
