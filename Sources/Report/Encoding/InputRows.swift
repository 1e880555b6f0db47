import Analyze
import Records

/// What identifies the run.
struct RunContents {
    let id: String
    let created: String
    let version: String
    let command: String
    let seeds: [Int]
    let threads: Int
    /// Nil where the run did not keep it.
    let kernels: String?
    /// How it forgot; nil where the run did not keep it.
    let objective: String?
    /// The line of the audit log that tells of the analysis; nil where the run has none.
    let auditLog: AuditAnchor?
}

/// Perplexity of one text, with the conventions that give the number its meaning.
struct PerplexityRow: ReportRow {
    let text: String
    let before: Double
    let after: Double
    /// How both were measured.
    let conventions: Perplexity

    /// Nil until both models were measured.
    init?(_ record: TextPerplexity) {
        guard let before = record.before, let after = record.after else { return nil }
        (text, self.before, self.after) = (ReaderText.file(record.text), before.value, after.value)
        conventions = before
    }

    static var layout: ReportKeys<Self> { [\.conventions: "", \.change: "change"] }
    var change: Double { (after - before) / before }
    var reportNames: [String] { [text] }
}

/// What a benchmark's scores come to by a rule of its own, before and after.
struct MeasureRow: ReportRow {
    /// Before the change.
    let record: OwnMeasure
    let before: Double
    let after: Double

    static var layout: ReportKeys<Self> { [\.record: .hidden, \.change: "change"] }
    var change: Double { after - before }
    var domain: String { record.domain ?? "all" }
    var reportNames: [String] { [domain, ReportFields.snakeCase(record.name)] }

    /// Those of a benchmark that both models have.
    static func all(_ evaluations: [Evaluation], of benchmark: String) -> [MeasureRow] {
        func measures(_ label: String) -> [OwnMeasure] {
            evaluations.first { $0.label == label && $0.benchmark == benchmark }?.measures ?? []
        }
        let after = measures(Evaluation.after)
        return measures(Evaluation.before).compactMap { record in
            after.first { $0.domain == record.domain && $0.name == record.name }.map {
                MeasureRow(record: record, before: record.value, after: $0.value)
            }
        }
    }
}

/// How the guard ended the run.
struct GuardContents: ReportLayout {
    let outcome: UnlearningOutcome
    let perplexityBudget: Double?
    let klBudget: Double?

    static var layout: ReportKeys<Self> { [\.outcome: ""] }
}

/// What was forgotten, in counts.
struct ForgetContents: ReportLayout {
    let domain: String
    let counts: ForgetSetSummary

    static var layout: ReportKeys<Self> { [\.counts: ""] }
}

/// How a group of concept words found its tokens.
struct CoverageRow: ReportLayout {
    let domain: String
    let group: String
    let words: Int
    /// Words with at least one variant that is a single token.
    let single: Int
    /// Words whose variants all have several tokens.
    let multi: Int
    /// Words that take part in the drift table.
    let used: Int
    /// Used words that stand nowhere in the forget text.
    let unexposed: Int
    let dropped: [String]

    static var layout: ReportKeys<Self> { [\.droppedCount: "dropped_count"] }
    var droppedCount: Int { dropped.count }

    /// A row for each group, in the order of the table.
    static func all(_ concepts: ConceptTable?) -> [CoverageRow] {
        let words = concepts?.words ?? []
        let groups = Dictionary(grouping: words) { [$0.domain, $0.group] }
        return words.map { [$0.domain, $0.group] }.uniqued().map { key in
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
struct ExampleRow {
    let label: String
    let row: Int
    /// Its text as the study's policy has it.
    let text: String
    let value: Double

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

/// What one model said first after a prompt, as the study's text policy has it.
struct SaidRow {
    let prompt: String
    let model: String
    let text: String

    /// Those of the first ten prompts.
    static func all(_ record: ContinuationRecord?) -> [SaidRow] {
        guard let record else { return [] }
        return record.prompts.indices.prefix(10).flatMap { prompt in
            record.voices.map { voice in
                SaidRow(
                    prompt: record.prompts[prompt].oneLine, model: voice.model,
                    text: voice.texts[prompt * record.samples].oneLine)
            }
        }
    }
}

/// A bare number under a name, such as the bias of a domain at a step.
struct NamedNumber: ReportRow {
    let name: String
    let number: Double

    static var layout: ReportKeys<Self> { [\.name: .hidden, \.number: ""] }
    var reportNames: [String] { [name] }
}

/// Items of a benchmark that have something in common.
struct ItemCount: ReportRow {
    let reason: String
    let items: Int

    static var layout: ReportKeys<Self> { [\.reason: .hidden, \.items: ""] }
    var reportNames: [String] { [reason] }

    /// A row for each reason, in the order of the alphabet.
    static func all(_ counts: [String: Int]) -> [ItemCount] {
        counts.sorted { $0.key < $1.key }.map { ItemCount(reason: $0.key, items: $0.value) }
    }
}

/// Rows left out for one reason.
struct ExcludedCount {
    let reason: String
    let rows: Int
}
