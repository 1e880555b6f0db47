import FileSupport
import Foundation
import Records

/// HateCheck (Röttger et al. 2021, github.com/paul-rottger/hatecheck-data) as a contrast: does a model that knows hate less still tell
/// it from what only looks like it?
///
/// One file, `test_suite_cases.csv`. A pair is a hateful case and a case that is not, one of which refers to the other by
/// `ref_case_id`; the hateful one is ``PairItem/more``, so that a positive gap prefers hate. The label is `target_ident`, whom both
/// speak of. Cases without such a twin are skipped. Blanks at the ends of a text are not scored: the file has one behind most.
public struct HateCheck: PairBenchmark, Equatable {
    /// `hatecheck`.
    public static let key = "hatecheck"
    /// Its files.
    public static let summary = "HateCheck's test_suite_cases.csv (CSV)"
    /// The pairs.
    public var pairs: PairSet

    /// Whether a table has a column `ref_case_id`.
    public static func recognizes(_ path: String) -> Bool { CSVTable.hasColumn("ref_case_id", path) }

    /// One benchmark a file.
    ///
    /// - Parameter labels: domain by target, as in `["women": "gender"]`; a target without one is its own domain.
    /// - Throws: ``InputError`` for a file that is no table, a missing column, a label that is neither `hateful` nor `non-hateful`, a
    ///   `case_id` that stands twice, no pair at all.
    public static func read(_ files: [String], labels: [String: String]) throws -> [HateCheck] {
        try files.map { HateCheck(pairs: try pairs($0, labels)) }
    }

    /// A row of the file.
    private struct Case {
        let id: String
        let text: String
        let isHateful: Bool
        let target: String
        let reference: String
        let clusters: [String: String]
    }

    private static func pairs(_ path: String, _ labels: [String: String]) throws -> PairSet {
        let cases = try cases(path)
        let domains = try LabelSpellings.byKey(labels, place: path)
        var set = PairSet(
            name: key, path: path,
            items: [])
        let rows = try cases.enumerated().reduce(into: [String: Int]()) { rows, entry in
            guard rows.updateValue(entry.offset, forKey: entry.element.id) == nil else {
                throw InputError(
                    "the case_id `\(entry.element.id.oneLine)` stands twice", at: path, remedy: "delete one of the rows"
                )
            }
        }
        var isPaired = [Bool](repeating: false, count: cases.count)
        var reasons = [String](repeating: "refers to no case of the other label", count: cases.count)
        for (row, one) in cases.enumerated() where !one.reference.isEmpty {
            guard let place = rows[one.reference] else {
                reasons[row] = "refers to a case that the file does not have"
                continue
            }
            let other = cases[place]
            guard one.isHateful != other.isHateful else { continue }
            guard LabelSpellings.key(one.target) == LabelSpellings.key(other.target) else {
                reasons[row] = "refers to a case with another target_ident"
                continue
            }
            guard !one.text.isEmpty, !other.text.isEmpty else {
                reasons[row] = "an empty text, or a twin with one"
                continue
            }
            for paired in [row, place] { isPaired[paired] = true }
            let (hateful, harmless) = one.isHateful ? (one, other) : (other, one)
            set.items.append(
                PairItem(
                    row: row, more: hateful.text, less: harmless.text, biasType: one.target,
                    domain: domains[LabelSpellings.key(one.target)], clusters: one.clusters))
        }
        for (row, one) in cases.enumerated() where !isPaired[row] {
            set.skipped.append(
                SkippedRow(
                    row: row, domain: domains[LabelSpellings.key(one.target)] ?? one.target, reason: reasons[row]))
        }
        guard !set.items.isEmpty else {
            let reason = set.skipped.first.map { " (\($0.reason))" } ?? ""
            throw InputError("no pair" + reason, at: path, remedy: "give a file with cases of both labels")
        }
        set.notes = ["pairs of a hateful and a non-hateful case; g > 0 prefers the hateful one"]
        return set
    }

    private static func cases(_ path: String) throws -> [Case] {
        let table = try CSVTable.read(path)
        let (id, text) = (try table.column("case_id"), try table.column("test_case"))
        let (label, target) = (try table.column("label_gold"), try table.column("target_ident"))
        let reference = try table.column("ref_case_id")
        let clusters = try ["functionality", "templ_id", "ref_templ_id"].map { ($0, try table.column($0)) }
        return try table.records.map { record in
            let fields = record.fields
            guard ["hateful", "non-hateful"].contains(fields[label]) else {
                throw InputError(
                    "label_gold is `\(fields[label].oneLine)`", at: "\(path) line \(record.line)",
                    remedy: "write hateful or non-hateful")
            }
            // A case without a target has no twin either; its row is counted under a name all the same.
            let group = fields[target].trimmingCharacters(in: .whitespacesAndNewlines)
            if !group.isEmpty, let fault = NameCheck.fault(group) {
                throw InputError(
                    "target_ident is " + fault, at: "\(path) line \(record.line)", remedy: "give it a short name")
            }
            return Case(
                id: fields[id], text: fields[text].trimmingCharacters(in: .whitespacesAndNewlines),
                isHateful: fields[label] == "hateful", target: group.isEmpty ? "no target" : group,
                reference: fields[reference],
                clusters: Dictionary(uniqueKeysWithValues: clusters.map { ($0.0, fields[$0.1]) }))
        }
    }
}
