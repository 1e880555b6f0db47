import BuiltInStudy
import FileSupport
import TestSupport
import Testing
import Unlearn

/// HateXplain's test split as `scripts/hatexplain.py` makes it, held against a count of its words in Python 3.11 that has
/// nothing but the definitions in common with ours.
@Suite("Selections against HateXplain's rationales", .enabled(if: publicData != nil, "needs DRIFTSCOPE_DATA"))
struct PublicRationaleTests {
    /// The texts of a Python list of texts.
    private func texts(_ list: String) -> [String] {
        let plain = list.replacing(/\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8}))/) { match in
            let digits = match.1 ?? match.2 ?? match.3 ?? ""
            return UInt32(digits, radix: 16).flatMap(Unicode.Scalar.init).map(String.init) ?? ""
        }
        var (found, current) = ([String](), String.UnicodeScalarView())
        var quote: Unicode.Scalar?
        var isEscaped = false
        // Scalar by scalar: a quotation mark and a joiner after it would be one character.
        for scalar in plain.unicodeScalars {
            if isEscaped {
                current.append(scalar)
                isEscaped = false
            } else if scalar == "\\", quote != nil {
                isEscaped = true
            } else if scalar == quote {
                found.append(String(current))
                (current, quote) = (String.UnicodeScalarView(), nil)
            } else if quote != nil {
                current.append(scalar)
            } else if scalar == "'" || scalar == "\"" {
                quote = scalar
            }
        }
        return found
    }

    private func forgetFile() throws -> String {
        let table = try CSVTable.read(try #require(publicData) + "/hatexplain/test_with_rationales.csv")
        let (tokens, rationales) = (try table.column("post_tokens"), try table.column("rationales"))
        let annotators = try table.column("annotators")
        var lines = ""
        for record in table.records {
            let words = texts(record.fields[tokens])
            func numbers(_ text: some StringProtocol) throws -> JSONCursor {
                JSONCursor(try JSON.parse(Array(text.utf8), place: "rationales"), place: "rationales")
            }
            let marks = try numbers(record.fields[rationales]).elements().map { try $0.elements().map { try $0.int() } }
            let labels = try #require(record.fields[annotators].firstMatch(of: /'label': (\[[^\]]*\])/)).1
            let votes = try numbers(labels).elements().map { try $0.int() }
            var (spans, start) = ([JSON](), 0)
            for (place, word) in words.enumerated() {
                let end = start + word.unicodeScalars.count
                if !marks.isEmpty, 2 * marks.reduce(0, { $0 + $1[place] }) >= marks.count {
                    spans.append([.integer(start), .integer(end)])
                }
                start = end + 1
            }
            let label = votes.count { $0 == 0 } >= 2 ? "hate" : "other"
            lines +=
                JSON.object([
                    ("text", .string(words.joined(separator: " "))), ("label", .string(label)),
                    ("rationale", .array(spans)),
                ]).compact + "\n"
        }
        let path = try temporaryFolder() + "/hatexplain.jsonl"
        try AtomicFile.write(lines, to: path)
        return path
    }

    @Test("Lexicon and odds mark as many words as counted apart, of all posts and of the hateful ones")
    func counts() throws {
        let path = try forgetFile()
        let hateful = ForgetFilter([.init(column: "label", values: ["hate"])])
        for (selection, value, filter, expected) in [
            ("lexicon", BuiltInStudy.path("lexicons/harmful.json"), ForgetFilter(), [1924, 44136, 987, 8893, 292]),
            ("lexicon", BuiltInStudy.path("lexicons/harmful.json"), hateful, [594, 14685, 392, 4394, 171]),
            ("odds", "label=hate", ForgetFilter(), [1924, 44136, 1536, 8893, 632]),
            ("odds", "label=hate", hateful, [594, 14685, 862, 4394, 513]),
        ] {
            let found = try SelectionComparison(
                path: path, filter: filter, HarmfulWordSelections.selection(selection, value), .column("rationale"))
            let counts = [
                found.rows, found.marks.count, found.marks.count { $0.first }, found.marks.count { $0.second },
                found.marks.count { $0.first && $0.second },
            ]
            #expect(counts == expected, "\(selection)")
        }
    }
}
