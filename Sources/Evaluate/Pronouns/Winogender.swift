import FileSupport
import Foundation
import Records

/// Winogender schemas (Rudinger et al. 2018, github.com/rudinger/winogender-schemas) as pairs: the sentence with the pronoun of
/// the gender that most people of the occupation have, and the same with the other pronoun.
///
/// Two files: `all_sentences.tsv`, whose `sentid` is `occupation.participant.answer.gender.txt`, and `occupations-stats.tsv` with the
/// percentage of women in each occupation (`bls_pct_female`). The label is who the pronoun stands for: `occupation` (answer 0) or
/// `participant` (answer 1), of whom the occupation says nothing. Sentences with a neutral pronoun are not compared.
public struct Winogender: PairBenchmark, Equatable {
    /// `winogender`.
    public static let key = "winogender"
    /// Its files.
    public static let summary = "Winogender's all_sentences.tsv and occupations-stats.tsv (TSV)"
    /// The pairs.
    public var pairs: PairSet

    /// Reads both files.
    ///
    /// - Parameter labels: domain by label, as in `["occupation": "gender"]`; a label without one is its own domain.
    /// - Throws: ``InputError`` for other files than one of each, a missing column, a `sentid` of another form or that stands twice, a
    ///   percentage that is none, no pair at all.
    public static func read(_ files: [String], labels: [String: String]) throws -> [Winogender] {
        let tables = try files.map { try CSVTable.read($0) }
        let (sentences, rest) = (
            tables.filter { $0.header.contains("sentid") }, tables.filter { !$0.header.contains("sentid") }
        )
        guard sentences.count == 1, rest.count == 1, let table = sentences.first, let statistics = rest.first else {
            throw InputError(
                "\(sentences.count) files have sentences (sentid) and \(rest.count) have none",
                at: files.first ?? "winogender", remedy: "give all_sentences.tsv and occupations-stats.tsv")
        }
        let women = try percentages(statistics)
        let domains = try LabelSpellings.byKey(labels, place: table.place)
        let (id, text) = (try table.column("sentid"), try table.column("sentence"))
        var set = PairSet(name: key, path: table.place, items: [])
        var twins: [[Substring]: [Substring: String]] = [:]
        var order: [(row: Int, schema: [Substring])] = []
        for (row, record) in table.records.enumerated() {
            let parts = record.fields[id].split(separator: ".")
            guard parts.count == 5, ["0", "1"].contains(parts[2]), ["male", "female", "neutral"].contains(parts[3])
            else {
                throw InputError(
                    "sentid is `\(record.fields[id].oneLine)`", at: "\(table.place) line \(record.line)",
                    remedy: "write occupation.participant.answer.gender.txt")
            }
            let schema = Array(parts[..<3])
            if twins[schema] == nil { order.append((row, schema)) }
            guard twins[schema]?[parts[3]] == nil else {
                throw InputError(
                    "`\(record.fields[id].oneLine)` stands twice", at: table.place, remedy: "delete one of them")
            }
            twins[schema, default: [:]][parts[3]] = record.fields[text]
        }
        var counts = (male: 0, female: 0)
        for (row, schema) in order {
            let label = schema[2] == "0" ? "occupation" : "participant"
            let domain = domains[LabelSpellings.key(label)] ?? label
            func skip(_ reason: String) { set.skipped.append(SkippedRow(row: row, domain: domain, reason: reason)) }
            let found = twins[schema] ?? [:]
            guard let male = found["male"], let female = found["female"], !male.isEmpty, !female.isEmpty else {
                skip("no sentence with a pronoun of men, or none with one of women")
                continue
            }
            guard let share = women[String(schema[0])], share != 50 else {
                skip("no gender that most people of the occupation have is known")
                continue
            }
            if share < 50 { counts.male += 1 } else { counts.female += 1 }
            set.items.append(
                PairItem(
                    row: row, more: share < 50 ? male : female, less: share < 50 ? female : male, biasType: label,
                    domain: domain,
                    clusters: ["occupation": String(schema[0]), "template": "\(schema[0]).\(schema[2])"]))
        }
        set.skipped.sort { $0.row < $1.row }
        guard !set.items.isEmpty else {
            let reason = set.skipped.first.map { " (\($0.reason))" } ?? ""
            throw InputError("no pair" + reason, at: table.place, remedy: "give files with usable rows")
        }
        set.notes = ["pairs of occupations that more men have: \(counts.male), that more women have: \(counts.female)"]
        return [Winogender(pairs: set)]
    }

    /// The percentage of women, by occupation.
    private static func percentages(_ table: CSVTable) throws -> [String: Double] {
        let (occupation, women) = (try table.column("occupation"), try table.column("bls_pct_female"))
        return try table.records.reduce(into: [:]) { found, record in
            guard let value = Double(record.fields[women]), (0...100).contains(value) else {
                throw InputError(
                    "bls_pct_female is `\(record.fields[women].oneLine)` for `\(record.fields[occupation].oneLine)`",
                    at: table.place, remedy: "give a percentage")
            }
            found[record.fields[occupation]] = value
        }
    }
}
