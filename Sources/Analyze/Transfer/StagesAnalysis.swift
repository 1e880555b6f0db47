import Records

/// What several unlearnings, one after the other, came to as a whole.
public enum StagesAnalysis {
    /// The changes of bias from the first model to the last, paired over items; a row per domain of the first benchmark.
    ///
    /// There are no untargeted updates of the whole to hold them against, so they are changes and no verdicts.
    ///
    /// - Parameters:
    ///   - first: the scores before the first unlearning.
    ///   - last: the scores after the last one.
    ///   - domains: with the roles that they have in the whole.
    /// - Throws: `InputError` when the two are not of the same items.
    public static func changes(
        first: [Evaluation], last: [Evaluation], domains: [AnalysisDomain], settings: AnalysisSettings
    ) throws -> [TransferRow] {
        let evaluations =
            first.filter { $0.label == Evaluation.before } + last.filter { $0.label == Evaluation.after }
        guard let leading = try PairedBenchmark.all(evaluations).first else { return [] }
        return domains.compactMap { domain in
            let table = ItemTable(benchmark: leading, domain: domain)
            return table.items.count >= 2 ? ScoreAnalysis(table, settings: settings).transfer : nil
        }
    }
}
