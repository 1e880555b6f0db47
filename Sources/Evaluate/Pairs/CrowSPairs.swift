import FileSupport
import Foundation

/// CrowS-Pairs (Nangia et al. 2020, github.com/nyu-mll/crows-pairs), and any pairs in its columns: `sent_more`,
/// `sent_less`, `stereo_antistereo`, `bias_type`.
///
/// Every other named column becomes a cluster, `annotations` and `anon_*` apart. A pair with an empty sentence or an
/// unknown direction is skipped with the reason. Identical sentences stay: they tie.
public struct CrowSPairs: PairBenchmark, Equatable {
    /// `crows-pairs`.
    public static let key = "crows-pairs"
    /// Its files.
    public static let summary = "pair files in CrowS-Pairs columns (CSV)"
    /// The pairs.
    public var pairs: PairSet

    /// Whether a table has a column `sent_more`.
    public static func recognizes(_ path: String) -> Bool {
        var hasColumn = false
        // The header is all there is to see: reading ends at the first row.
        try? CSVTable.forEachRecord(path, header: { hasColumn = $0.contains("sent_more") }, row: { _ in throw Seen() })
        return hasColumn
    }

    private struct Seen: Error {}

    /// One benchmark a file; see ``read(_:labels:)-(String,_)``.
    public static func read(_ files: [String], labels: [String: String]) throws -> [CrowSPairs] {
        try files.map { try read($0, labels: labels) }
    }

    /// Reads a file.
    ///
    /// - Parameter labels: domain by bias type, for example `["race-color": "race"]`; a type without one is its own domain.
    /// - Throws: ``InputError`` for a file that is no table, a missing column, or no pair at all.
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
        var set = PairSet(
            name: ((path as NSString).lastPathComponent as NSString).deletingPathExtension, path: path, items: [])
        for (row, record) in table.records.enumerated() {
            let fields = record.fields
            let domain = labels[fields[biasType]] ?? fields[biasType]
            func skip(_ reason: String) { set.skipped.append(SkippedRow(row: row, domain: domain, reason: reason)) }
            guard !fields[more].isEmpty, !fields[less].isEmpty else {
                skip("an empty sentence")
                continue
            }
            guard let way = PairItem.Direction(rawValue: fields[direction]) else {
                skip("stereo_antistereo is `\(fields[direction].oneLine)`, neither `stereo` nor `antistereo`")
                continue
            }
            let clusters = clusterColumns.map { (table.header[$0], fields[$0]) }
            set.items.append(
                PairItem(
                    row: row, more: fields[more], less: fields[less], direction: way, biasType: fields[biasType],
                    domain: domain, clusters: Dictionary(clusters) { first, _ in first }))
        }
        guard !set.items.isEmpty else {
            throw InputError("no sentence pair", at: path, remedy: "give a file with at least one usable row")
        }
        return CrowSPairs(pairs: set)
    }
}
