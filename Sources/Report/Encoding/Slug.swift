/// Names as keys of report.json: lower-case letters, digits and underscores, so that a path splits at its points.
package enum Slug {
    /// The key of one name; a name without letters and digits becomes `unnamed`.
    package static func of(_ name: String) -> String {
        let words = name.lowercased().split { !$0.isLetter && !$0.isNumber }
        return words.isEmpty ? "unnamed" : words.joined(separator: "_")
    }

    /// Paths of rows that several names tell apart: their slugs joined by points, all different; a repeated path takes
    /// `_2`, `_3` and so on, in the order given.
    ///
    /// Every row has the same number of names, so no row stands inside another.
    package static func paths(_ names: [[String]]) -> [String] {
        var taken: Set<String> = []
        return names.map { parts in
            let base = parts.map { of($0) }.joined(separator: ".")
            var path = base
            var number = 2
            while !taken.insert(path).inserted {
                path = base + "_" + String(number)
                number += 1
            }
            return path
        }
    }
}
