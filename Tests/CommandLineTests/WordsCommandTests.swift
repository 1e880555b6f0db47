import FileSupport
import Testing

extension ProgramTests {
    @Suite("words") struct WordsCommandTests {
        private let place: Workshop

        init() throws { place = try Workshop() }

        @Test("words counts what two selections mark, with precision, recall and κ, and refuses what it cannot read")
        func agreement() throws {
            let table = try place.file(
                "f.jsonl",
                """
                {"text": "so dull, and slow", "label": "hate", "marks": [[3, 7]]}
                {"text": "slow and kind", "label": "hate", "marks": [[0, 4], [9, 13]]}
                {"text": "dull", "label": "none", "marks": []}
                """)
            let lexicon = try place.file(
                "l.json",
                #"{"format": "driftscope-words", "version": 1, "name": "l", "groups": [{"name": "g", "words": ["dull", "slow"]}]}"#
            )
            let words = [
                "words", "--forget", table, "--harmful", "lexicon=" + lexicon, "--where", "label=hate", "--quiet",
            ]
            let ending = try Program.run(words + ["--against", "column=marks", "--json"])
            #expect(ending.code == 0, "\(ending.complaint)")
            let found = try JSON.parse(Array(ending.output.utf8), place: "words")
            #expect(found["rows"] == 2 && found["words"] == 7)
            #expect(found["marked_harmful"] == 3 && found["marked_against"] == 3 && found["marked_both"] == 2)
            // p_o = 5/7, p_e = (3 · 3 + 4 · 4)/49.
            let facts = JSONCursor(found, place: "words")
            #expect(abs(try facts.member("kappa").double() - 5.0 / 12.0) < 1e-12)
            #expect(abs(try facts.member("precision").double() - 2.0 / 3.0) < 1e-12)
            let text = try Program.run(words + ["--against", "odds=label=hate,z=0"])
            #expect(text.code == 0 && text.output.contains("odds label=hate, z above 0.0"), "\(text.complaint)")

            let all = place.path
            try expectRefused(
                words + ["--against", "colum=marks"], ["--against", "did you mean 'column'"], untouched: all)
            try expectRefused(words + ["--against", "column"], ["--against", "KIND=VALUE"], untouched: all)
            try expectRefused(words + ["--against", "column=mark"], ["did you mean `marks`"], untouched: all)
            try expectRefused(words + ["--where", "label", "--against", "column=marks"], ["--where"], untouched: all)
            try expectRefused(
                words + ["--where", "label=x", "--against", "column=marks"], ["no row has a word"], untouched: all)
        }
    }
}
