import FileSupport
import Foundation
import Records

/// CrowS-Pairs (Nangia et al. 2020, github.com/nyu-mll/crows-pairs), and any pairs in its columns: `sent_more`,
/// `sent_less`, `stereo_antistereo`, `bias_type`.
///
/// Every other named column becomes a cluster, `annotations` and `anon_*` apart. A pair with an empty sentence or an
/// unknown direction is skipped with the reason. Identical sentences stay: they tie. A pair that repeats an earlier one
/// stays too, and is counted in ``PairSet/notes``. Bias types that differ only in case and in blanks at their ends are one.
///
/// A direction is `stereo` or `antistereo`, in any case, with a hyphen or not, or 0 or 1 in their place: the order in
/// which the column's name has them, and the codes of the data set's copy on the Hugging Face hub.
public struct CrowSPairs: PairBenchmark, Equatable {
    /// `crows-pairs`.
    public static let key = "crows-pairs"
    /// Its files.
    public static let summary = "pair files in CrowS-Pairs columns (CSV)"
    /// The general ones, and those of the programs that score its pairs.
    public static var profiles: [ScoringProfile] {
        ScoringProfile.general + [.lmEval, .wordLeftToRight, .crows2020, .biasBenchMasked]
    }
    /// The pairs.
    public var pairs: PairSet

    /// Whether a table has a column `sent_more`.
    public static func recognizes(_ path: String) -> Bool { CSVTable.hasColumn("sent_more", path) }

    /// One benchmark a file; see ``read(_:labels:)-(String,_)``.
    public static func read(_ files: [String], labels: [String: String]) throws -> [CrowSPairs] {
        try files.map { try read($0, labels: labels) }
    }

    /// Reads a file.
    ///
    /// - Parameter labels: domain by bias type, for example `["race-color": "race"]`; a type without one is its own domain.
    /// - Throws: ``InputError`` for a file that is no table, a missing column, directions in words and in numbers, labels
    ///   of one bias type for two domains, or no pair at all.
    public static func read(_ path: String, labels: [String: String] = [:]) throws -> CrowSPairs {
        let table = try CSVTable.read(path)
        let more = try table.column("sent_more")
        let less = try table.column("sent_less")
        let direction = try table.column("stereo_antistereo")
        let biasType = try table.column("bias_type")
        let clusterColumns = table.header.indices.filter { index in
            let title = table.header[index]
            return ![more, less, direction, biasType].contains(index) && !title.isEmpty && title != "annotations"
                && !title.hasPrefix("anon_")
        }
        if let fault = clusterColumns.compactMap({ NameCheck.fault(table.header[$0]) }).first {
            throw InputError("a column has \(fault)", at: path, remedy: "rename or remove the column")
        }
        let domains = try LabelSpellings.byKey(labels, place: path)
        let ways = try PairDirections(table, column: direction)
        var types = LabelSpellings()
        for record in table.records { types.add(record.fields[biasType]) }
        var set = PairSet(
            name: ((path as NSString).lastPathComponent as NSString).deletingPathExtension.oneLine, path: path,
            items: [])
        set.notes = types.notes("bias_type") + ways.notes
        var seen: Set<[String]> = []
        var repeats = 0
        for (row, record) in table.records.enumerated() {
            let fields = record.fields
            let type = types.spelling(of: fields[biasType])
            let domain = domains[LabelSpellings.key(type)] ?? type
            func skip(_ reason: String) { set.skipped.append(SkippedRow(row: row, domain: domain, reason: reason)) }
            guard !fields[more].isEmpty, !fields[less].isEmpty else {
                skip("an empty sentence")
                continue
            }
            guard let way = ways.direction(fields[direction]) else {
                skip("stereo_antistereo is `\(fields[direction].oneLine)`, neither `stereo` nor `antistereo`")
                continue
            }
            if !seen.insert([fields[more], fields[less], type]).inserted { repeats += 1 }
            let clusters = clusterColumns.map { (table.header[$0], fields[$0]) }
            set.items.append(
                PairItem(
                    row: row, more: fields[more], less: fields[less], direction: way, biasType: type,
                    domain: domain, clusters: Dictionary(clusters) { first, _ in first }))
        }
        guard !set.items.isEmpty else {
            let reason = set.skipped.first.map { " (\($0.reason))" } ?? ""
            throw InputError(
                "no sentence pair" + reason, at: path, remedy: "give a file with at least one usable row")
        }
        if repeats > 0 { set.notes.append("pairs that repeat an earlier one, each counted: \(repeats)") }
        return CrowSPairs(pairs: set)
    }
}

/// How a column of directions is written: in words, or as 0 and 1.
private struct PairDirections {
    private var isNumbers = false
    /// What was read in the place of words.
    private(set) var notes: [String] = []

    /// - Throws: ``InputError`` where some rows have words and others numbers: nothing says that the numbers mean the same.
    init(_ table: CSVTable, column: Int) throws {
        let keys = Set(table.records.map { LabelSpellings.key($0.fields[column]) })
        let numbers = keys.intersection(["0", "1"])
        guard !numbers.isEmpty else { return }
        isNumbers = true
        if let word = keys.first(where: { Self.inWords($0) != nil }) {
            throw InputError(
                "stereo_antistereo is `\(word)` in some rows and a number in others", at: table.place,
                remedy: "write stereo or antistereo in all")
        }
        notes = ["stereo_antistereo: 0 is read as stereo, 1 as antistereo"]
    }

    func direction(_ cell: String) -> PairItem.Direction? {
        let key = LabelSpellings.key(cell)
        guard isNumbers else { return Self.inWords(key) }
        return key == "0" ? .stereotype : key == "1" ? .antiStereotype : nil
    }

    private static func inWords(_ key: String) -> PairItem.Direction? {
        switch key.filter({ !"-_ ".contains($0) }) {
        case "stereo", "stereotype", "stereotypical": .stereotype
        case "antistereo", "antistereotype", "antistereotypical": .antiStereotype
        default: nil
        }
    }
}
