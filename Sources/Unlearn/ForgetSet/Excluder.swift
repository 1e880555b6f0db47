import FileSupport
import Records

/// A ``DomainExclusion`` at work on one table: decides a row at a time and counts.
struct Excluder {
    private let exclusion: DomainExclusion
    private let labelColumn: Int?
    private let codes: LabelCodes
    private let matchers: [(domain: String, words: WordMatcher)]
    /// What was counted, in the order of the excluded domains.
    private(set) var counts: [ForgetSetSummary.ExclusionCount]

    init(_ exclusion: DomainExclusion, table: CSVTable) throws {
        self.exclusion = exclusion
        codes = try LabelCodes(exclusion, place: table.place)
        labelColumn = try exclusion.labelColumn.map { try table.column($0) }
        matchers = exclusion.domains.map { ($0, WordMatcher(exclusion.words[$0] ?? [])) }
        counts = exclusion.domains.map { ForgetSetSummary.ExclusionCount(domain: $0) }
    }

    /// Whether the row names one of the domains.
    mutating func drops(_ record: CSVRecord, words: TextWords) -> Bool {
        let labelled = labelColumn.map { codes.domains(in: record.fields[$0]) } ?? []
        var drops = false
        for index in matchers.indices {
            let byLabel = labelled.contains(matchers[index].domain)
            let byWord = matchers[index].words.matchesAnything(in: words)
            if byLabel { counts[index].byLabel += 1 }
            if byWord { counts[index].byWord += 1 }
            if byLabel || byWord {
                counts[index].byEither += 1
                drops = true
            }
        }
        return drops
    }
}
