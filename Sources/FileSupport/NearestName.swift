/// The known name that a mistyped one most likely means.
public enum NearestName {
    /// The candidate with the fewest edits (insert, delete, replace, swap of neighbours; letter case costs nothing),
    /// the first of several; nil when even that one differs in more than half of its letters.
    public static func of(_ name: String, among candidates: some Sequence<String>) -> String? {
        var best: (name: String, distance: Int)?
        // A name from a file may have any length; nobody mistypes one of hundreds of letters.
        let longest = 200
        guard name.utf8.count <= longest else { return nil }
        for candidate in candidates where 1...longest ~= candidate.utf8.count {
            let distance = edits(Array(name.lowercased().unicodeScalars), Array(candidate.lowercased().unicodeScalars))
            if distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        guard let best, best.distance * 2 <= max(name.unicodeScalars.count, best.name.unicodeScalars.count) else {
            return nil
        }
        return best.name
    }

    /// The optimal string alignment distance.
    package static func edits(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
        var rows = [Array(0...b.count)]
        for i in 0..<a.count {
            var row = [i + 1]
            for j in 0..<b.count {
                var cost = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, rows[i - 1][j - 1] + 1) }
                row.append(cost)
            }
            rows.append(row)
        }
        return rows[a.count][b.count]
    }
}
