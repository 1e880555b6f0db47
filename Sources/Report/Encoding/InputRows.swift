import Analyze
import Records

/// What identifies the run.
package struct RunContents {
    package let id: String
    package let created: String
    package let version: String
    package let command: String
    package let seeds: [Int]
    package let threads: Int
}

/// Perplexity of one text, with the conventions that give the number its meaning.
package struct PerplexityRow: ReportRow {
    package let text: String
    package let before: Double
    package let after: Double
    /// How both were measured.
    package let conventions: Perplexity

    /// Nil until both models were measured.
    init?(_ record: TextPerplexity) {
        guard let before = record.before, let after = record.after else { return nil }
        (text, self.before, self.after) = (ReaderText.file(record.text), before.value, after.value)
        conventions = before
    }

    package var change: Double { (after - before) / before }
    package var reportNames: [String] { [text] }
}

/// How the guard ended the run.
package struct GuardContents {
    package let outcome: UnlearningOutcome
    package let perplexityBudget: Double?
    package let klBudget: Double?
}

/// What was forgotten, in counts.
package struct ForgetContents {
    package let domain: String
    package let counts: ForgetSetSummary
}

/// How a group of concept words found its tokens.
package struct CoverageRow {
    package let domain: String
    package let group: String
    package let words: Int
    /// Words with at least one variant that is a single token.
    package let single: Int
    /// Words whose variants all have several tokens.
    package let multi: Int
    /// Words that take part in the drift table.
    package let used: Int
    /// Used words that stand nowhere in the forget text.
    package let unexposed: Int
    package let dropped: [String]

    /// A row for each group, in the order of the table.
    static func all(_ concepts: ConceptTable?) -> [CoverageRow] {
        var order: [[String]] = []
        var groups: [[String]: [ResolvedWord]] = [:]
        for word in concepts?.words ?? [] {
            let key = [word.domain, word.group]
            if groups[key] == nil { order.append(key) }
            groups[key, default: []].append(word)
        }
        return order.map { key in
            let group = groups[key] ?? []
            let used = group.filter { !$0.singleTokens.isEmpty && !$0.inTwoConcepts }
            return CoverageRow(
                domain: key[0], group: key[1], words: group.count, single: group.count { !$0.singleTokens.isEmpty },
                multi: group.count { $0.status == .multi }, used: used.count,
                unexposed: used.count { $0.exposure == .unexposed },
                dropped: group.filter { $0.singleTokens.isEmpty || $0.inTwoConcepts }.map(\.word))
        }
    }
}

/// An item of the leading benchmark whose gap changed much.
package struct ExampleRow {
    /// Its domain.
    package let label: String
    package let row: Int
    /// Its text as the study's policy has it.
    package let text: String
    /// The change of its gap.
    package let value: Double

    /// The items whose gap changed most, three a domain, as far as their texts are known.
    static func all(_ input: ReportInput) -> [ExampleRow] {
        let evaluations = input.records.evaluations
        guard let before = evaluations.first(where: { $0.label == Evaluation.before }),
            let after = evaluations.first(where: { $0.label == Evaluation.after && $0.benchmark == before.benchmark })
        else { return [] }
        let changes = zip(before.items, after.items).map { (item: $0, change: $1.gap - $0.gap) }
        return input.analysis.domains.flatMap { domain in
            changes.filter { $0.item.domain == domain.name && $0.change.isFinite }
                .sorted { (abs($0.change), $1.item.row) > (abs($1.change), $0.item.row) }
                .prefix(3)
                .compactMap { item, change in
                    input.itemTexts[item.row].map {
                        ExampleRow(
                            label: domain.name, row: item.row,
                            text: Redaction.text($0, row: item.row, policy: input.textPolicy), value: change)
                    }
                }
        }
    }
}

/// A bare number under a name, such as the bias of a domain at a step.
package struct NamedNumber: ReportRow {
    package let name: String
    package let number: Double
    package var reportNames: [String] { [name] }
}

/// Rows left out for one reason.
package struct ExcludedCount {
    package let reason: String
    package let rows: Int
}
