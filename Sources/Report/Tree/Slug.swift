/// Names as keys of report.json: lower-case letters, digits and underscores, so that a path splits at its points.
package enum Slug {
    /// The key of one name; a name without letters and digits becomes `unnamed`.
    package static func of(_ name: String) -> String {
        var out = ""
        for character in name.lowercased() {
            if character.isLetter || character.isNumber {
                out.append(character)
            } else if out.last != "_", !out.isEmpty {
                out.append("_")
            }
        }
        while out.last == "_" { out.removeLast() }
        return out.isEmpty ? "unnamed" : out
    }

    /// Keys of several names, all different: a repeated key takes `_2`, `_3` and so on, in the order given.
    package static func unique(_ names: [String]) -> [String] {
        var taken: Set<String> = []
        return names.map { name in
            let base = of(name)
            var key = base
            var number = 2
            while !taken.insert(key).inserted {
                key = base + "_" + String(number)
                number += 1
            }
            return key
        }
    }
}
