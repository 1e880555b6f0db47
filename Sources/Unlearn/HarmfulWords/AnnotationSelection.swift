import FileSupport

/// A file of JSON lines, one row each: `{"row": id, "words": […], "spans": [[start, end], …]}`.
///
/// `row` is the value of the id column, or the record's number where there is none. A word is a text, marked wherever it
/// stands as a whole word, or an object with `bytes: [start, end]`; spans count characters. With `sha256` given, the row's
/// text must have that digest, and a line with a `domain` is for the forget set of that domain alone. The review file has this form: edited, it can be read back.
public struct AnnotationSelection: HarmfulWordSelection {
    /// `annotations`.
    public static let name = "annotations"
    /// What it does.
    public static let summary = "a file of JSON lines that marks words or spans of rows"
    /// A file.
    public static let argument = HarmfulWordSelections.Argument.file

    private let path: String

    /// - Parameter path: the path of the file.
    public init(_ path: String) { self.path = path }

    /// Makes ready for the rows of a table.
    public func finder(for source: SelectionSource) throws -> any HarmfulWordFinder {
        try AnnotatedWords(path, domain: source.domain)
    }
}

extension HarmfulWordSelection where Self == AnnotationSelection {
    /// A file that marks words or spans of rows.
    public static func annotations(_ path: String) -> AnnotationSelection { AnnotationSelection(path) }
}

/// The rows of an annotation file, by row id.
private struct AnnotatedWords: HarmfulWordFinder {
    private struct Row {
        var words: [String] = []
        var bytes: [Range<Int>] = []
        var spans: [Range<Int>] = []
        var sha256: String?
        var place: String
        var line: Int
    }

    private static let keys = ["row", "domain", "sha256", "words", "spans"]
    private var rows: [String: Row] = [:]
    let source: String
    let sha256: String?
    /// The ids that were asked for.
    private var used: Set<String> = []
    /// Annotated words that their row does not hold.
    private(set) var wordsNotFound = 0

    /// Annotated rows that nobody asked for.
    var unusedRows: Int { rows.keys.count { !used.contains($0) } }

    init(_ path: String, domain: String?) throws {
        let bytes = try Input.bytes(path)
        source = "annotations \(path)"
        sha256 = SHA256Hex.of(bytes)
        for (number, line) in try JSONLines.parse(bytes, place: path) {
            for (key, member) in try line.members() where !Self.keys.contains(key) {
                let nearest = NearestName.of(key, among: Self.keys).map { "did you mean '\($0)'?" }
                throw member.error("unknown key", remedy: nearest ?? "known: " + Self.keys.joined(separator: ", "))
            }
            let id = try Self.id(line.member("row"))
            if let domain, let other = try line.optional("domain")?.string(), other != domain { continue }
            var row = Row(place: line.place, line: number)
            row.sha256 = try line.optional("sha256")?.string()
            for word in try line.optional("words")?.elements() ?? [] {
                if case .object = word.value {
                    row.bytes.append(try Self.range(word.member("bytes")))
                } else {
                    row.words.append(try word.string())
                }
            }
            row.spans = try line.optional("spans")?.elements().map(Self.range) ?? []
            guard rows.updateValue(row, forKey: id) == nil else {
                throw InputError("row \(id) is annotated twice", at: line.place, remedy: "join the two lines")
            }
        }
    }

    func requireRows(among known: Set<String>) throws {
        let missing = rows.filter { !known.contains($0.key) }
        guard let first = missing.min(by: { $0.value.line < $1.value.line }) else { return }
        let others = missing.count > 1 ? ", and \(missing.count - 1) more" : ""
        let nearest = NearestName.of(first.key, among: Array(known)).map { "did you mean '\($0)'? " } ?? ""
        throw InputError(
            "row '\(first.key)' is annotated and not in the forget file" + others, at: first.value.place,
            remedy: nearest + "rows go by the id column, or by their number where there is none")
    }

    /// The harmful byte ranges of a row; none when it is not annotated.
    mutating func ranges(in forgotten: ForgetRow) throws -> [Range<Int>] {
        guard let row = rows[forgotten.id] else { return [] }
        let text = forgotten.text
        used.insert(forgotten.id)
        if let expected = row.sha256, expected != forgotten.sha256 {
            throw InputError(
                "row \(forgotten.id) has another text than the one annotated (its sha256 differs)", at: row.place,
                remedy: "annotate the same version of the forget file")
        }
        var found = try SpanCell.byteRanges(row.spans, in: text, place: row.place)
        for word in row.words {
            let matches = WordMatcher([word]).matches(in: forgotten.words)
            if matches.isEmpty { wordsNotFound += 1 }
            found += matches
        }
        let length = text.utf8.count
        for range in row.bytes {
            guard range.upperBound <= length else {
                throw InputError(
                    "bytes \(range.lowerBound)..<\(range.upperBound) in a text of \(length) bytes", at: row.place,
                    remedy: "count UTF-8 bytes of the text, from 0")
            }
            found.append(range)
        }
        // Overlapping ones joined, so that no token is counted twice; neighbours stay apart.
        return SpanCell.joined(found, touching: false)
    }

    private static func id(_ cursor: JSONCursor) throws -> String {
        if case .integer(let number) = cursor.value { return String(number) }
        return try cursor.string()
    }

    private static func range(_ cursor: JSONCursor) throws -> Range<Int> {
        let ends = try cursor.elements().map { try $0.int(0...Int(Int32.max)) }
        guard ends.count == 2, ends[0] <= ends[1] else {
            throw cursor.error("a span is not [start, end]", remedy: "write two offsets, the end after the last")
        }
        return ends[0]..<ends[1]
    }
}
