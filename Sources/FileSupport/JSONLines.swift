/// A file with one JSON value a line.
public enum JSONLines {
    /// The values, each with its line, counted from 1; blank lines are left out.
    ///
    /// - Throws: ``InputError`` that names the file and the line of a value that is not valid JSON.
    public static func read(_ path: String) throws -> [(line: Int, value: JSONCursor)] {
        try parse(try Input.bytes(path), place: path)
    }

    /// Parses bytes in memory; `place` names them in messages.
    public static func parse(_ bytes: [UInt8], place: String) throws -> [(line: Int, value: JSONCursor)] {
        var out: [(line: Int, value: JSONCursor)] = []
        var line = 0
        try TextCheck.requireNoWideText(bytes, place: place)
        for part in Input.withoutMark(bytes).split(separator: 10, omittingEmptySubsequences: false) {
            line += 1
            if part.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { continue }
            let linePlace = "\(place) line \(line)"
            out.append((line, JSONCursor(try JSON.parse(Array(part), place: linePlace), place: linePlace)))
        }
        return out
    }
}
