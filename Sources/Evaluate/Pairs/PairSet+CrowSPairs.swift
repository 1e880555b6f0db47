import FileSupport
import Foundation

extension PairSet {
    /// Reads a file of pairs with the columns of CrowS-Pairs: `sent_more`, `sent_less`, `stereo_antistereo`,
    /// `bias_type` (Nangia et al. 2020, github.com/nyu-mll/crows-pairs). Every other named column becomes a cluster,
    /// `annotations` and `anon_*` apart.
    ///
    /// A pair with an empty sentence or an unknown direction is skipped with the reason. Identical sentences stay:
    /// they tie.
    ///
    /// - Parameters:
    ///   - labels: domain by bias type, for example `["race-color": "race"]`; a type without one is its own domain.
    ///   - name: the benchmark's name; the file's when nil.
    /// - Throws: ``InputError`` for a file that is no table, a missing column, or no pair at all.
    public static func readCrowSPairs(
        _ path: String, labels: [String: String] = [:], name: String? = nil
    ) throws -> PairSet {
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
            name: name ?? ((path as NSString).lastPathComponent as NSString).deletingPathExtension, items: [],
            sha256: try SHA256Hex.ofFile(path).sha256)
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
        return set
    }
}
