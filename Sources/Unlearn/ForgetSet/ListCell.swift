/// Cells that list several names: `wom, bla.wom`, `['wom', 'mus']`, `["wom"]`.
///
/// Works on Unicode scalars, never on `Character`, since "\r\n" is one character.
package enum ListCell {
    /// The text without white space at its ends.
    package static func trim(_ text: String) -> String {
        var scalars = text.unicodeScalars[...]
        while let first = scalars.first, first.properties.isWhitespace { scalars.removeFirst() }
        while let last = scalars.last, last.properties.isWhitespace { scalars.removeLast() }
        return String(String.UnicodeScalarView(scalars))
    }

    /// The names in a cell, in order; an empty cell or list has none.
    ///
    /// Brackets around the list and quotes around a name are taken off; a comma or semicolon inside quotes is text.
    package static func names(_ cell: String) -> [String] {
        var body = trim(cell).unicodeScalars[...]
        if let first = body.first, let last = body.last, body.count >= 2,
            (first == "[" && last == "]") || (first == "{" && last == "}") || (first == "(" && last == ")")
        {
            body = body.dropFirst().dropLast()
        }
        var names: [String] = []
        var current = String.UnicodeScalarView()
        var quote: Unicode.Scalar?
        func finish() {
            let name = unquoted(trim(String(current)))
            if !name.isEmpty { names.append(name) }
            current = String.UnicodeScalarView()
        }
        for scalar in body {
            if let open = quote {
                if scalar == open { quote = nil }
                current.append(scalar)
            } else if scalar == "," || scalar == ";" {
                finish()
            } else {
                // A quote opens only at the start of a name, so that an apostrophe inside one is text.
                if scalar == "'" || scalar == "\"", current.allSatisfy(\.properties.isWhitespace) { quote = scalar }
                current.append(scalar)
            }
        }
        finish()
        return names
    }

    /// The dotted parts of a name: `bla.wom` gives `bla` and `wom`.
    package static func parts(_ name: String) -> [String] {
        name.unicodeScalars.split(separator: ".").map { String(String.UnicodeScalarView($0)) }
    }

    private static func unquoted(_ name: String) -> String {
        let scalars = name.unicodeScalars
        guard scalars.count >= 2, let first = scalars.first, first == scalars.last, first == "'" || first == "\"" else {
            return name
        }
        return String(String.UnicodeScalarView(scalars.dropFirst().dropLast()))
    }
}
