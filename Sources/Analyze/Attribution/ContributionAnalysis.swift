/// Which forgotten words and sentences did most to each domain's change, and whether the words that are used against the
/// domain too did more than their share.
enum ContributionAnalysis {
    /// Words and sentences that a report names.
    static let listed = 10

    static func fill(_ result: inout AttributionResult, _ context: AttributionContext) {
        guard let table = context.input.contributions.first(where: { $0.benchmark == context.benchmark }) else {
            return
        }
        for (d, domain) in table.domains.enumerated() {
            guard let row = context.row(domain) else { continue }
            result.contributions.append(summary(table, d, row, isTarget: domain == context.target))
        }
    }

    private static func summary(
        _ table: ContributionTable, _ d: Int, _ row: TransferRow, isTarget: Bool
    ) -> ContributionSummary {
        let forget = table.bySentence[d].reduce(0, +)
        let (retain, decay) = (table.retain[d], table.decay[d])
        // Toward τ's side first: what did most of it, not what held most against it.
        let side: Double = row.tau == 0 ? (forget < 0 ? -1 : 1) : (row.tau < 0 ? -1 : 1)
        func top(_ values: [Double]) -> ArraySlice<Int> {
            values.indices.sorted { (-side * values[$0], $0) < (-side * values[$1], $1) }.prefix(listed)
        }
        var summary = ContributionSummary(
            domain: row.domain, exact: row.tau, forget: forget, retain: retain, decay: decay,
            unexplained: row.tau - (forget + retain + decay), isExact: table.isExact,
            topWords: top(table.byWord[d]).map { w in
                Contribution(
                    name: table.words[w], value: table.byWord[d][w], uses: table.wordUses[w],
                    usedAgainst: table.usedAgainst[w])
            },
            topSentences: top(table.bySentence[d]).map { s in
                Contribution(
                    name: table.sentences[s], digest: table.digests[s], value: table.bySentence[d][s],
                    uses: table.uses[s])
            })
        guard !isTarget else { return summary }
        let shared = table.words.indices.filter { table.usedAgainst[$0].contains(row.domain) }
        let tokens = table.wordUses.reduce(0, +)
        // A share of what cannot be told from nothing says nothing.
        if forget != 0, PairedChanges.reason(row) == nil {
            summary.sharedWordShare = shared.reduce(0) { $0 + table.byWord[d][$1] } / forget
        }
        if tokens > 0 {
            summary.sharedWordBase = Double(shared.reduce(0) { $0 + table.wordUses[$1] }) / Double(tokens)
        }
        return summary
    }
}
