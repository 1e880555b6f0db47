import FileSupport
import TestSupport
import Testing
import Unlearn

@Suite("Harmful words by their odds")
struct OddsSelectionTests {
    private func table(_ rows: [(text: String, label: String)]) throws -> String {
        let path = try temporaryFolder() + "/f.csv"
        try AtomicFile.write("text,label\n" + rows.map { "\($0.text),\($0.label)\n" }.joined(), to: path)
        return path
    }

    private func reader(_ path: String, _ value: String) throws -> ForgetSetReader {
        ForgetSetReader(
            path: path, filter: ForgetFilter([.init(column: "label", values: ["hate"])]),
            harmful: try HarmfulWordSelections.selection("odds", value))
    }

    @Test("z agrees with the formula written out in double precision (Python 3.11)")
    func scores() {
        let scores = OddsSelection.scores(
            hateful: ["dull": 6, "zebra": 2, "a": 3], harmless: ["dull": 1, "a": 8, "kind": 5])
        let words = ["a", "dull", "kind", "zebra"]
        #expect(scores.keys.sorted() == words)
        let reference = [-1.1376124466813369, 1.7447111258372265, -1.38726905555912, 0.9680191674990527]
        let agreement = compare(words.map { scores[$0] ?? .nan }, reference, absolute: 1e-12, relative: 1e-12)
        #expect(agreement.isClose, "\(agreement)")
    }

    @Test("Words above the bound are found whole, in any case, in the hateful rows; the others are counted alone")
    func found() throws {
        let path = try table([
            ("Dull zebra dull dull", "hate"), ("a-dull zebra dull", "Hate "), ("a a DULL dullard", "hate"),
            ("a a a a kind kind kind", "none"), ("a a a a kind kind dull", "none"),
        ])
        func words(_ value: String) throws -> [[String]] {
            try reader(path, value).read(tokenizer: LetterTokenizer(), contextLength: 64).sentences
                .map { $0.harmful.map(\.text) }
        }
        // z: dull 1.63, zebra 0.93, dullard 0.63, a −1.25, kind −1.44 (Python 3.11).
        #expect(try words("label=hate,z=1.6") == [["Dull", "dull", "dull"], ["dull", "dull"], ["DULL"]])
        #expect(
            try words("label=hate,z=0.9") == [["Dull", "zebra", "dull", "dull"], ["dull", "zebra", "dull"], ["DULL"]])
        let source = try reader(path, "label=hate,z=0.9").read(tokenizer: LetterTokenizer(), contextLength: 64).summary
        #expect(source.harmfulSource == "odds label=hate, z above 0.9, 2 of 5 words")
        let none = try #require(throws: InputError.self) { try words("label=hate") }
        #expect(none.what.contains("z above 1.96"))
    }

    @Test(
        "What does not say which rows are hateful is refused",
        arguments: [
            ("label", "which rows"), ("=hate", "which rows"), ("label=hate,z=-1", "bound '-1'"),
            ("label=hate,z=much", "bound 'much'"), ("lable=hate", "no column `lable`"),
            ("label=hat", "no text in a row with label hat"), ("label=all", "other than all"),
        ])
    func refused(value: String, fragment: String) throws {
        let rows = value == "label=all" ? [("so dull", "all")] : [("so dull", "hate"), ("so kind", "none")]
        let path = try table(rows)
        let error = try #require(throws: InputError.self) {
            let selection = try HarmfulWordSelections.selection("odds", value)
            _ = try ForgetSetReader(path: path, harmful: selection)
                .read(tokenizer: LetterTokenizer(), contextLength: 64)
        }
        #expect(error.what.contains(fragment), "\(error)")
    }
}
