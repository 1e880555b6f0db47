import LinearAlgebra
import Records
import Statistics

/// Which forgotten words and sentences did most to each domain's change, and whether the words that are used against the
/// domain too did more than their share.
enum ContributionAnalysis {
    /// Words and sentences that a report names.
    static let listed = 10

    static func fill(_ result: inout AttributionResult, _ context: AttributionContext) {
        guard let table = context.records.contributions?.tables.first(where: { $0.benchmark == context.benchmark })
        else { return }
        for (d, domain) in table.domains.enumerated() {
            guard let row = context.row(domain) else { continue }
            result.contributions.append(summary(table, d, row, context))
        }
    }

    private static func summary(
        _ table: ContributionTable, _ d: Int, _ row: TransferRow, _ context: AttributionContext
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
                    name: table.words[w], length: table.words[w].count, value: table.byWord[d][w],
                    uses: table.wordUses[w], usedAgainst: table.usedAgainst[w])
            },
            topSentences: top(table.bySentence[d]).map { s in
                Contribution(
                    name: table.sentences[s], digest: table.digests[s], value: table.bySentence[d][s],
                    uses: table.uses[s])
            })
        summary.sets = table.sets.map { sets(of: $0, table, d, order: context.request.domains.targets) }
        if !context.targets.contains(row.domain) { addSharedWords(&summary, table, d, row, context.settings) }
        return summary
    }

    /// What the sentences of each set did, the sets of one domain together.
    private static func sets(
        of sentences: [String], _ table: ContributionTable, _ d: Int, order: [String]
    ) -> [SetContribution] {
        order.map { domain in
            let own = sentences.indices.filter { sentences[$0] == domain }
            return SetContribution(
                domain: domain, value: own.reduce(0) { $0 + table.bySentence[d][$1] },
                uses: own.reduce(0) { $0 + table.uses[$1] })
        }
    }

    /// What the words did that are used against the domain too, against their share of the tokens and against as many
    /// words chosen at random.
    private static func addSharedWords(
        _ summary: inout ContributionSummary, _ table: ContributionTable, _ d: Int, _ row: TransferRow,
        _ settings: AnalysisSettings
    ) {
        let isShared = table.usedAgainst.map { $0.contains(row.domain) }
        let (values, tokens) = (table.byWord[d], table.wordUses.reduce(0, +))
        func sum<T: Numeric>(_ items: [T]) -> T { zip(items, isShared).reduce(0) { $1.1 ? $0 + $1.0 : $0 } }
        guard tokens > 0 else { return }
        let base = Double(sum(table.wordUses)) / Double(tokens)
        summary.sharedWordBase = base
        // A share of what cannot be told from nothing says nothing.
        guard summary.forget != 0, PairedChanges.reason(row) == nil else { return }
        summary.sharedWordShare = sum(values) / summary.forget
        guard base > 0, base < 1, settings.controlDraws > 0 else { return }
        // Beyond what its uses let expect of a word, so that frequent words are not mistaken for strong ones. The sum over
        // all words is 0 then, and single contributions may be large and cancel: chance has to make up the rest.
        let total = values.reduce(0, +)
        let excess = zip(values, table.wordUses).map { value, uses in
            (value - total * Double(uses) / Double(tokens)) * (summary.forget < 0 ? -1 : 1)
        }
        var stream = RandomStream(seed: settings.seed, label: "shared words of \(row.domain)")
        (summary.sharedWordP, summary.sharedWordPFloor) = Randomisation.choiceP(
            excess, isChosen: isShared, draws: settings.controlDraws, stream: &stream)
    }
}
