import FileSupport
import LinearAlgebra
import Records

/// What records say of each other: lists of the same things are as long as each other, and a number that names a row
/// names one that is there. Each codec checks its own shapes; a text can hold anything.
enum RecordAgreement {
    /// Far more than any count of a run, and few enough that sums of them stay whole numbers.
    private static let counts = -1...(1 << 40)

    /// What does not agree in the records of a run, the group first; nil where all does.
    static func fault(_ records: RunRecords) -> String? {
        if let tokens = records.tokens,
            let bad = (tokens.forgetCount + tokens.forgetMaskedCount + tokens.corpusCount).first(where: {
                !counts.contains(Int($0))
            })
        {
            return "/tokens counts \(bad) occurrences of a token"
        }
        if let token = records.concepts?.rows.lazy.flatMap(\.tokens).first(where: { $0 < 0 }) {
            return "/concepts names the token \(token)"
        }
        return contextualFault(records) ?? records.decomposition.flatMap(decompositionFault)
    }

    private static func contextualFault(_ records: RunRecords) -> String? {
        let tables = [records.before, records.after].compactMap(\.?.contextual)
        let widths = Set(tables.flatMap { ($0.mean + $0.spread).map(\.columns) })
        return widths.count > 1 ? "/contextual has vectors of \(widths.sorted()) numbers" : nil
    }

    static func contributionFault(_ record: ContributionRecord) -> String? {
        for table in record.tables {
            let (sentences, words, domains) = (table.sentences.count, table.words.count, table.domains.count)
            let agrees =
                [table.digests.count, table.uses.count, table.sets?.count ?? sentences].allSatisfy { $0 == sentences }
                && [table.wordUses.count, table.usedAgainst.count].allSatisfy { $0 == words }
                && [table.bySentence.count, table.byWord.count, table.retain.count, table.decay.count]
                    .allSatisfy { $0 == domains }
                && Set(table.domains).count == domains
                && table.bySentence.allSatisfy { $0.count == sentences }
                && table.byWord.allSatisfy { $0.count == words }
            guard agrees else { return "/contributions has lists of different lengths in one table" }
            if let bad = (table.uses + table.wordUses).first(where: { !counts.contains($0) }) {
                return "/contributions counts \(bad) uses"
            }
        }
        return nil
    }

    static func alignmentFault(_ record: AlignmentRecord) -> String? {
        record.neutralPairs.allSatisfy { $0.before.count == $0.after.count }
            ? nil : "/gradients has other neutral pairs before than after"
    }

    private static func decompositionFault(_ record: DecompositionRecord) -> String? {
        guard let split = record.split else { return nil }
        let matrices = [split.output, split.input, split.retain, split.actual] + (split.decay.map { [$0] } ?? [])
        guard matrices.allSatisfy({ $0.rows == record.tokens.count && $0.columns == split.actual.columns }) else {
            return "/replay has matrices of different shapes for \(record.tokens.count) tokens"
        }
        if let row = record.words.lazy.flatMap(\.rows).first(where: { !record.tokens.indices.contains($0) }) {
            return "/replay names the row \(row) of \(record.tokens.count)"
        }
        return nil
    }
}
