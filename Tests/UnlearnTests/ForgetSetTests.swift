import FileSupport
import TestSupport
import Testing
import Unlearn

@Suite("Forget set")
struct ForgetSetTests {
    let tokenizer = LetterTokenizer()
    let lexicon = LexiconSelection(WordLexicon(name: "test", words: ["dull", "slow", "good for nothing"]))

    func write(_ text: String, _ name: String = "forget.csv") throws -> String {
        let path = try temporaryFolder() + "/" + name
        try AtomicFile.write(text, to: path)
        return path
    }

    /// Quoted newline, CRLF inside a cell, a control character, doubled quotes, an accent, targets that are lists.
    let wild = """
        id,text,label,target\r
        a,"They are dull,\nand ""slow"".",hate,wom\r
        b,"So slow\r\nand so dull",hate,"bla.wom, wom"\r
        c,dull\u{19} people,hate,mus.wom\r
        d,Slow café slow,hate,"wom, jew"\r
        e,nothing to see,hate,wom\r
        f,dull but fine,nothate,none\r
        g,,hate,wom\r
        h,dull,hate,woman\r

        """

    @Test("A wild CSV keeps line ends, control characters and quotes inside its cells")
    func wildCells() throws {
        let reader = ForgetSetReader(path: try write(wild), idColumn: "id", harmful: lexicon)
        let set = try reader.read(tokenizer: tokenizer, contextLength: 64)
        #expect(set.sentences.map(\.id) == ["a", "b", "c", "d", "f", "h"])
        #expect(set.sentences[0].text == "They are dull,\nand \"slow\".")
        #expect(Array(set.sentences[1].text.utf8) == Array("So slow\r\nand so dull".utf8))
        #expect(Array(set.sentences[2].text.utf8).contains(0x19))
        #expect(set.sentences.map(\.row) == [1, 2, 3, 4, 6, 8])
        #expect(set.sentences[0].sha256 == SHA256Hex.of("They are dull,\nand \"slow\"."))
    }

    @Test(
        "Three readings of a list column choose their own rows",
        arguments: [
            (ForgetFilter.Reading.equals, ["a"]), (.member, ["a", "b", "d"]), (.part, ["a", "b", "c", "d"]),
        ])
    func readings(reading: ForgetFilter.Reading, ids: [String]) throws {
        let filter = ForgetFilter([
            .init(column: "label", values: ["hate"]), .init(column: "target", reading: reading, values: ["wom"]),
        ])
        let reader = ForgetSetReader(path: try write(wild), idColumn: "id", filter: filter, harmful: lexicon)
        let set = try reader.read(tokenizer: tokenizer, contextLength: 64)
        #expect(set.sentences.map(\.id) == ids)
        let counts = try #require(set.summary.readings.first)
        #expect(set.summary.readings.count == 1)
        #expect(counts.equals == 3 && counts.member == 5 && counts.part == 6)
        #expect(counts.used == reading)
        #expect(set.summary.rowsRead == 8)
        #expect(set.summary.rowsMatching == [.equals: 3, .member: 5, .part: 6][reading])
        #expect(set.summary.rowsWithoutText == 1)
        #expect(set.summary.rowsWithoutHarmfulWord == 1)
    }

    @Test("Lists written as Python or JSON are read like lists with commas")
    func listSpellings() {
        let condition = ForgetFilter.Condition(column: "t", reading: .member, values: ["wom"])
        for cell in ["wom", "wom, jew", "['wom']", "[\"jew\", \"wom\"]", "('wom',)", " wom ;jew"] {
            #expect(condition.holds(for: cell), "\(cell)")
        }
        for cell in ["", "[]", "woman", "'wom, jew'", "bla.wom"] { #expect(!condition.holds(for: cell), "\(cell)") }
        #expect(ForgetFilter.Condition(column: "t", values: ["wom"]).holds(for: "['wom']"))
        #expect(!ForgetFilter.Condition(column: "t", values: ["wom"]).holds(for: "wom, jew"))
        #expect(ForgetFilter.Condition(column: "t", values: ["a, b"]).holds(for: "a, b"))
    }

    @Test("Labels that differ in case and blanks are one, repeated rows stay, and both are said")
    func spellings() throws {
        let path = try write(
            "id,text,label,target\n1,so dull,Hate,Wom\n2,so dull,hate ,\"wom, jew\"\n2,so slow,HATE,WOM\n3,dull,none,wom\n"
        )
        func read(_ exclusion: DomainExclusion? = nil) throws -> ForgetSet {
            try ForgetSetReader(
                path: path, idColumn: "id",
                filter: ForgetFilter([
                    .init(column: "label", values: ["hate"]),
                    .init(column: "target", reading: .member, values: ["wom"]),
                ]), exclusion: exclusion, harmful: lexicon
            ).read(tokenizer: tokenizer, contextLength: 64)
        }
        let set = try read()
        #expect(set.sentences.map(\.row) == [1, 2, 3])
        #expect(
            set.readingNotes == [
                "label: `hate`, `Hate`, `hate `, `HATE` are one label", "target: `wom`, `Wom`, `WOM` are one label",
                "rows that repeat the text of an earlier one, each counted: 1",
                "rows that have the id of an earlier one, each counted: 1",
            ])
        let jewish = DomainExclusion(domains: ["religion"], labelColumn: "target", labels: ["JEW": "religion"])
        #expect(try read(jewish).sentences.map(\.row) == [1, 3])
        let doubtful = DomainExclusion(domains: ["a"], labelColumn: "target", labels: ["Jew": "a", "jew": "b"])
        let error = #expect(throws: InputError.self) { try read(doubtful) }
        #expect(error?.description.contains("`Jew` and `jew` are one label") == true)
    }

    @Test("A lexicon says how many words it lists again")
    func repeatedWords() throws {
        let doubled = LexiconSelection(WordLexicon(name: "test", words: ["dull", "Dull", "slow"]))
        let set = try ForgetSetReader(path: try write("text\nso dull\n"), harmful: doubled)
            .read(tokenizer: tokenizer, contextLength: 64)
        #expect(set.summary.harmfulSource == "lexicon test, 2 words, 1 more listed again")
        #expect(set.summary.harmfulWords == 1)
    }

    @Test("Rows that name another domain are dropped and counted by reason")
    func exclusion() throws {
        let exclusion = DomainExclusion(
            domains: ["race", "religion"], labelColumn: "target", words: ["race": ["café"], "religion": ["unheard"]])
        let reader = ForgetSetReader(path: try write(wild), idColumn: "id", exclusion: exclusion, harmful: lexicon)
        let set = try reader.read(tokenizer: tokenizer, contextLength: 64)
        #expect(set.sentences.map(\.id) == ["a", "f", "h"])
        #expect(set.summary.rowsExcluded == 3)
        #expect(
            set.summary.exclusions.map { [$0.byLabel, $0.byWord, $0.byEither] } == [[1, 1, 2], [2, 0, 2]])
    }

    @Test("All sub-tokens of a harmful word are chosen, and no other")
    func positions() throws {
        let path = try write("text\nso dull. Good for  nothing\n")
        let set = try ForgetSetReader(path: path, harmful: lexicon).read(tokenizer: tokenizer, contextLength: 64)
        let sentence = try #require(set.sentences.first)
        #expect(sentence.tokens.first == 0)
        #expect(sentence.harmful.map(\.text) == ["dull", "Good for  nothing"])
        let chosen = sentence.harmful.map { word in
            String(decoding: tokenizer.decode(word.positions.map { sentence.tokens[$0] }), as: UTF8.self)
        }
        // The space before "dull" is part of its first token; the one before "Good" is a token by itself.
        #expect(chosen == [" dull", "Good for  nothing"])
        #expect(set.summary.harmfulWords == 2)
        #expect(set.summary.harmfulTokens == sentence.harmfulPositions.count)
        let counts = set.tokenCounts(vocabularySize: tokenizer.vocabularySize)
        #expect(counts.seen.reduce(0, +) == sentence.tokens.count - 1)
        #expect(counts.harmful.reduce(0, +) == sentence.harmfulPositions.count)
    }

    @Test("Sentences are cut at the context length, and words beyond it are counted")
    func truncation() throws {
        let path = try write("text\nso dull and so slow\nso very very very dull\ndull\n")
        let set = try ForgetSetReader(path: path, harmful: lexicon).read(tokenizer: tokenizer, contextLength: 8)
        #expect(set.sentences.map(\.row) == [1, 3])
        #expect(set.sentences.allSatisfy { $0.tokens.count <= 8 })
        #expect(set.sentences[0].harmful.map(\.text) == ["dull"])
        #expect(set.summary.sentencesTruncated == 1)
        #expect(set.summary.harmfulWordsOutOfReach == 2)
        #expect(set.summary.rowsOutOfReach == 1)
    }

    @Test("Without a begin token the first word cannot be forgotten")
    func firstWord() throws {
        var plain = tokenizer
        plain.beginToken = nil
        let path = try write("text\ndull\nso dull\n")
        let set = try ForgetSetReader(path: path, harmful: lexicon).read(tokenizer: plain, contextLength: 64)
        #expect(set.sentences.map(\.row) == [2])
        #expect(set.summary.rowsOutOfReach == 1)
    }

    @Test("JSON lines and TSV give the same sentences as CSV")
    func formats() throws {
        let csv = try write("text,target\nso dull,\"wom, jew\"\n\"\",wom\n")
        let tsv = try write("text\ttarget\nso dull\twom, jew\n\twom\n", "forget.tsv")
        let lines = try write(
            "{\"text\": \"so dull\", \"target\": [\"wom\", \"jew\"]}\r\n\n{\"target\": [\"wom\"], \"text\": null}\n",
            "forget.jsonl")
        // As some editors save it.
        let marked = try write(
            "\u{FEFF}{\"text\": \"so dull\", \"target\": \"wom\"}\n{\"target\": \"wom\", \"text\": \"\"}\n",
            "marked.jsonl")
        let filter = ForgetFilter([.init(column: "target", reading: .member, values: ["wom"])])
        for (path, format) in [
            (csv, "csv"), (tsv, "tsv"), (lines, "json-lines"), (marked, "json-lines"),
        ] {
            let set = try ForgetSetReader(path: path, filter: filter, harmful: lexicon)
                .read(tokenizer: tokenizer, contextLength: 64)
            #expect(set.summary.format == format)
            #expect(set.summary.rowsMatching == 2)
            #expect(set.sentences.map(\.text) == ["so dull"])
        }
    }

    @Test("Wrong input is an error that says where")
    func errors() throws {
        func error(_ reader: ForgetSetReader) -> String {
            do {
                _ = try reader.read(tokenizer: tokenizer, contextLength: 64)
                return ""
            } catch { return "\((error as? InputError).map(\.description) ?? "another error: \(error)")" }
        }
        let path = try write(wild)
        #expect(error(.init(path: path, textColumn: "txt", harmful: lexicon)).contains("no column `txt`"))
        #expect(error(.init(path: path, harmful: .column("spans"))).contains("no column `spans`"))
        #expect(error(.init(path: path, idColumn: "key", harmful: lexicon)).contains("no column `key`"))
        let nobody = ForgetFilter([.init(column: "target", values: ["nobody"])])
        #expect(error(.init(path: path, filter: nobody, harmful: lexicon)).contains("none of 8 rows fulfils"))
        let unknown = LexiconSelection(WordLexicon(name: "other", words: ["zebra"]))
        #expect(error(.init(path: path, harmful: unknown)).contains("no harmful word found"))
        let women = ForgetFilter([.init(column: "target", values: ["wom"])])
        let all = DomainExclusion(domains: ["gender"], labelColumn: "target")
        #expect(error(.init(path: path, filter: women, exclusion: all, harmful: lexicon)).contains("empty forget set"))
        #expect(error(.init(path: path + ".gone", harmful: lexicon)).contains("no such file"))
        let noLabels = DomainExclusion(domains: ["race"], labelColumn: "group")
        #expect(error(.init(path: path, exclusion: noLabels, harmful: lexicon)).contains("no column `group`"))
    }
}
