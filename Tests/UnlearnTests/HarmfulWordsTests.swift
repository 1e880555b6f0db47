import BuiltInStudy
import FileSupport
import TestSupport
import Testing
import Unlearn

@Suite("Harmful words")
struct HarmfulWordsTests {
    let tokenizer = LetterTokenizer()

    func chosen(_ text: String, _ words: [String]) throws -> [String] {
        let path = try temporaryFolder() + "/f.jsonl"
        try AtomicFile.write(JSON.object([("text", .string(text))]).compact + "\n", to: path)
        let reader = ForgetSetReader(path: path, harmful: .lexicon(WordLexicon(name: "t", words: words)))
        do {
            return try reader.read(tokenizer: tokenizer, contextLength: 256).sentences[0].harmful.map(\.text)
        } catch is InputError { return [] }
    }

    @Test(
        "Words match whole, in any case, next to any punctuation",
        arguments: [
            ("Dull, dullest, a-dull-b DULL's", ["Dull", "dull", "DULL"]),
            ("dull\u{19}dull\r\ndull", ["dull", "dull", "dull"]), ("dull_x", ["dull"]), ("dullé édull dull2", []),
            ("\u{201C}dull\u{201D}\u{2014}dull\u{2026}", ["dull", "dull"]),
        ])
    func boundaries(text: String, found: [String]) throws {
        #expect(try chosen(text, ["dull"]) == found)
    }

    @Test("The longest phrase wins, and only spaces, hyphens and apostrophes join its words")
    func phrases() throws {
        let words = ["good", "good for nothing", "second-class"]
        #expect(try chosen("good-for nothing good", words) == ["good-for nothing", "good"])
        #expect(try chosen("good. for nothing", words) == ["good"])
        #expect(try chosen("second class", words) == ["second class"])
    }

    @Test("A selection is made by its name, an unknown one refused with the nearest")
    func byName() throws {
        let path = try temporaryFolder() + "/f.csv"
        try AtomicFile.write("text,spans\nso dull,\"[[3, 7]]\"\n", to: path)
        let reader = ForgetSetReader(path: path, harmful: try HarmfulWordSelections.selection("column", "spans"))
        #expect(try reader.read(tokenizer: tokenizer, contextLength: 64).summary.harmfulSource == "column spans")
        #expect(HarmfulWordSelections.names == ["lexicon", "column", "annotations", "odds", "placebo", "attribution"])
        let error = #expect(throws: InputError.self) { try HarmfulWordSelections.selection("lexcon", path) }
        #expect(error?.what.contains("did you mean 'lexicon'?") == true)
    }

    /// A way of a caller's own: the last word of every text.
    private struct LastWord: HarmfulWordSelection, HarmfulWordFinder {
        static let name = "last-word"
        static let summary = "the last word"
        static let argument = HarmfulWordSelections.Argument.name
        let source: String

        init(_ value: String) { source = value }

        func finder(for source: SelectionSource) -> any HarmfulWordFinder { self }

        func ranges(in row: ForgetRow) -> [Range<Int>] {
            let text = Array(row.text.utf8)
            let start = text.lastIndex(of: UInt8(ascii: " ")).map { $0 + 1 } ?? 0
            return [start..<text.count]
        }
    }

    @Test("A caller's own selection finds words like those of the list")
    func ownSelection() throws {
        let path = try temporaryFolder() + "/f.csv"
        try AtomicFile.write("text\nso dull\nand so slow\n", to: path)
        let set = try ForgetSetReader(path: path, harmful: LastWord("last words"))
            .read(tokenizer: tokenizer, contextLength: 64)
        #expect(set.sentences.map { $0.harmful.map(\.text) } == [["dull"], ["slow"]])
        #expect(set.summary.harmfulSource == "last words" && set.summary.harmfulSHA256 == nil)
    }

    @Test("A column of spans counts characters as Python does")
    func spans() throws {
        let path = try temporaryFolder() + "/spans.csv"
        // é is one character of two bytes, the flag two scalars of four bytes each.
        try AtomicFile.write(
            """
            text,spans
            é dull 🇸🇪 slow,"[2, 3, 4, 5, 10, 11, 12, 13]"
            so dull,"[[2, 7]]"
            so dull,"[(3, 7)]"
            so dull,[]
            so dull,

            """, to: path)
        let set = try ForgetSetReader(path: path, harmful: .column("spans"))
            .read(tokenizer: tokenizer, contextLength: 64)
        #expect(set.sentences.map { $0.harmful.map(\.text) } == [["dull", "slow"], ["dull"], ["dull"]])
        #expect(set.summary.rowsWithoutHarmfulWord == 2)
    }

    @Test(
        "Spans that do not fit are refused with the line",
        arguments: ["[99]", "[[3]]", "[[5, 3]]", "3", "[3", "[3]]", "[x]", "[[[3]]]", "[99999999999]"])
    func badSpans(cell: String) throws {
        let path = try temporaryFolder() + "/spans.csv"
        try AtomicFile.write("text,spans\nso dull,\"\(cell)\"\n", to: path)
        let error = #expect(throws: InputError.self) {
            try ForgetSetReader(path: path, harmful: .column("spans")).read(tokenizer: tokenizer, contextLength: 64)
        }
        #expect(error?.place.contains("line 2") == true)
    }

    @Test("Annotations mark words, characters or bytes; the review can be read back as annotations")
    func annotations() throws {
        let folder = try temporaryFolder()
        let path = folder + "/f.csv"
        try AtomicFile.write("id,text\nx,so dull and dull\ny,é slow\nz,plain\nunwanted,dull\n", to: path)
        try AtomicFile.write(
            """
            \u{FEFF}{"row": "x", "words": ["dull", "absent"]}
            {"row": "y", "spans": [[2, 6]]}
            {"row": "unwanted", "words": ["dull"]}

            """, to: folder + "/a.jsonl")
        var reader = ForgetSetReader(
            path: path, idColumn: "id", filter: ForgetFilter([.init(column: "id", values: ["x", "y", "z"])]),
            harmful: .annotations(folder + "/a.jsonl"))
        let set = try reader.read(tokenizer: tokenizer, contextLength: 64)
        #expect(set.sentences.map { $0.harmful.map(\.text) } == [["dull", "dull"], ["slow"]])
        #expect(set.summary.annotationsWithoutRow == 1)
        #expect(set.readingNotes.contains("annotated rows that the forget set does not take in: 1"))
        #expect(set.summary.annotatedWordsNotFound == 1)

        try Review.write(set, to: folder + "/review.jsonl")
        #expect(try !Input.text(folder + "/review.jsonl").contains("dull"))
        reader.harmful = .annotations(folder + "/review.jsonl")
        let again = try reader.read(tokenizer: tokenizer, contextLength: 64)
        #expect(again.sentences == set.sentences)

        // The same review against a file whose text has changed.
        try AtomicFile.write("id,text\nx,so dull and dull\ny,o slow\n", to: path)
        #expect(throws: InputError.self) { try reader.read(tokenizer: tokenizer, contextLength: 64) }
    }

    @Test(
        "Annotations of a row that is not there, under an unknown key or of impossible spans are refused with their line",
        arguments: [
            (#"{"row": "gone", "words": ["dull"]}"#, ["'gone'", "not in the forget file"]),
            (#"{"row": "xx", "words": ["dull"]}"#, ["did you mean 'x'?"]),
            (#"{"row": 1, "words": ["dull"]}"#, ["row '1'"]),
            (#"{"row": "x", "word": ["dull"]}"#, ["unknown key", "did you mean 'words'?"]),
            (#"{"row": "x", "spans": [[0, 9223372036854775807], [1, 2]]}"#, ["9223372036854775807 is out of range"]),
            (#"{"row": "x", "words": [{"bytes": [-1, 2]}]}"#, ["-1 is out of range"]),
        ])
    func badAnnotations(line: String, fragments: [String]) throws {
        let folder = try temporaryFolder()
        let path = folder + "/f.csv"
        try AtomicFile.write("id,text\nx,so dull\n", to: path)
        try AtomicFile.write("\n" + line + "\n", to: folder + "/a.jsonl")
        let reader = ForgetSetReader(path: path, idColumn: "id", harmful: .annotations(folder + "/a.jsonl"))
        let error = try #require(throws: InputError.self) { try reader.read(tokenizer: tokenizer, contextLength: 64) }
        for fragment in fragments + ["a.jsonl line 2"] { #expect(error.description.contains(fragment), "\(error)") }
    }

    @Test("A review shows first letter and length unless told to show all")
    func review() throws {
        let path = try temporaryFolder() + "/f.csv"
        try AtomicFile.write("text\nso dull\n", to: path)
        let set = try ForgetSetReader(path: path, harmful: .lexicon(WordLexicon(name: "t", words: ["dull"])))
            .read(tokenizer: tokenizer, contextLength: 64)
        let digest = SHA256Hex.of("so dull")
        let tokens = "[260,118,109,109]"
        #expect(
            Review.rows(of: set).map(\.compact) == [
                #"{"row":"1","sha256":"\#(digest)","words":[{"word":"d(4)","bytes":[3,7],"tokens":\#(tokens)}]}"#
            ])
        #expect(Review.rows(of: set, shown: true)[0].compact.contains(#""word":"dull""#))
    }

    @Test("The built-in lexicon reads, in lower case and without repetitions")
    func builtIn() throws {
        let lexicon = try WordLexicon.read(BuiltInStudy.path("lexicons/harmful.json"))
        #expect(lexicon.words.count == Set(lexicon.words).count)
        #expect(lexicon.words.allSatisfy { $0 == $0.lowercased() })
        #expect(lexicon.words.count > 300)
        #expect(lexicon.sha256.count == 64)
    }

    @Test("A file that is no lexicon is refused")
    func badLexicon() throws {
        for text in [
            "[]", #"{"format": "other", "version": 1, "name": "x", "groups": []}"#,
            #"{"format": "driftscope-words", "version": 2, "name": "x", "groups": []}"#,
            #"{"format": "driftscope-words", "version": 1, "name": "x", "groups": []}"#,
            #"{"format": "driftscope-words", "version": 1, "name": "x", "groups": [{"name": "g", "words": ["--"]}]}"#,
        ] {
            #expect(throws: InputError.self) { try WordLexicon.parse(Array(text.utf8), place: "lexicon") }
        }
    }
}
