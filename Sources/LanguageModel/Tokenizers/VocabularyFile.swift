import FileSupport

/// Vocabularies and merges as files hold them.
enum VocabularyFile {
    /// The entries of an object of tokens and ids, as in `vocab.json`.
    static func entries(_ cursor: JSONCursor) throws -> [(key: String, id: Int)] {
        guard case .object(let members) = cursor.value else {
            throw cursor.error("an object of tokens and ids is wanted", remedy: "give the model's own file")
        }
        return try members.map { key, value in
            guard case .integer(let id) = value else {
                throw cursor.error("the id of \"\(key)\" is not a whole number", remedy: "give the model's own file")
            }
            return (key, id)
        }
    }

    /// The tokens by id; ids must be `0..<count`, each once.
    static func ordered(_ entries: [(key: String, id: Int)], place: String) throws -> [String] {
        var out = [String?](repeating: nil, count: entries.count)
        for (key, id) in entries {
            guard out.indices.contains(id) else {
                throw InputError(
                    "the token \"\(key)\" has the id \(id), outside of 0 to \(entries.count - 1)", at: place,
                    remedy: "number the tokens without gaps")
            }
            if let other = out[id] {
                throw InputError(
                    "the tokens \"\(other)\" and \"\(key)\" share the id \(id)", at: place,
                    remedy: "give each token an id of its own")
            }
            out[id] = key
        }
        return out.compactMap { $0 }
    }

    /// The tokens of a `vocab.txt`, a line each.
    static func lines(_ path: String) throws -> [String] {
        var lines = try Input.text(path).utf8.split(separator: 0x0A, omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines.map { line in
            // White space of Unicode at the end belongs to no token.
            var scalars = String(decoding: line, as: UTF8.self).unicodeScalars
            while scalars.last?.properties.isWhitespace == true { scalars.removeLast() }
            return String(scalars)
        }
    }

    /// The merges of a `merges.txt`.
    static func merges(ofFile path: String) throws -> [(left: String, right: String)] {
        let text = try Input.text(path)
        var out: [(left: String, right: String)] = []
        // Split by bytes: "\r\n" is one Character, and a combining mark would join the line feed.
        for (number, line) in text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            let line = line.last == 0x0D ? line.dropLast() : line
            if line.isEmpty || (number == 0 && line.starts(with: "#version".utf8)) { continue }
            out.append(try pair(line, place: "\(path), line \(number + 1)"))
        }
        return out
    }

    /// The merges of a `tokenizer.json`: texts with a space between, or pairs.
    static func merges(_ cursor: JSONCursor) throws -> [(left: String, right: String)] {
        guard case .array(let elements) = cursor.value else { throw cursor.error("a list is wanted", remedy: "") }
        return try elements.enumerated().map { index, element in
            switch element {
            case .string(let text): return try pair(text.utf8[...], place: "\(cursor.place), merges[\(index)]")
            case .array(let pair):
                if pair.count == 2, case .string(let left) = pair[0], case .string(let right) = pair[1] {
                    return (left, right)
                }
            default: break
            }
            throw cursor.error("element \(index) is no pair of tokens", remedy: "give the model's own file")
        }
    }

    private static func pair(_ line: Substring.UTF8View, place: String) throws -> (left: String, right: String) {
        let parts = line.split(separator: 0x20, omittingEmptySubsequences: false)
        guard parts.count == 2, let left = String(parts[0]), let right = String(parts[1]), !left.isEmpty, !right.isEmpty
        else {
            throw InputError("two tokens with a space between are wanted", at: place, remedy: "correct the line")
        }
        return (left, right)
    }
}
