import FileSupport
import TestSupport
import Testing
import Unlearn

@Suite("A placebo for harmful words")
struct PlaceboSelectionTests {
    @Test("each word has the nearest in count, each once, the most used first; ties go by the alphabet")
    func matched() {
        let others = ["tin": 8, "oak": 7, "ash": 3, "elm": 3, "at": 6, "x2y": 6]
        #expect(
            PlaceboSelection.matched(["dull": 6, "shrill": 3, "meek": 3], others) == [
                "dull": "oak", "meek": "ash", "shrill": "elm",
            ])
        // Too few are no fault.
        #expect(PlaceboSelection.matched(["dull": 2, "meek": 1], ["oak": 5]) == ["dull": "oak"])
        #expect(PlaceboSelection.matched(["dull": 2], ["at": 2]).isEmpty)
    }

    @Test("the words that stand for the lexicon's are found in the rows that are forgotten, and the lexicon's are not")
    func found() throws {
        let folder = try temporaryFolder("placebo")
        func file(_ name: String, _ text: String) throws -> String {
            try AtomicFile.write(text, to: folder + "/" + name)
            return folder + "/" + name
        }
        let lexicon = try file(
            "words.json",
            #"{"format": "driftscope-words", "version": 1, "name": "own", "groups": [{"name": "a", "words": ["dull", "so meek"]}]}"#
        )
        let table = try file(
            "forget.csv",
            "text,label\nDull oak dull,hate\nso meek an oak Elm,hate\nelm ash tin ash tin ash tin,none\n")
        func set(_ path: String) throws -> ForgetSet {
            try ForgetSetReader(
                path: path, filter: ForgetFilter([.init(column: "label", values: ["hate"])]),
                harmful: try HarmfulWordSelections.selection("placebo", lexicon)
            ).read(tokenizer: LetterTokenizer(), contextLength: 64)
        }
        // Counts of two: elm, oak. `dull` has two uses and takes elm; `so meek` has one and takes the rest nearest to it.
        let found = try set(table)
        #expect(found.sentences.map { $0.harmful.map(\.text) } == [["oak"], ["oak", "Elm"]])
        #expect(found.summary.harmfulSource == "placebo for lexicon own, 2 words")
        for (text, complaint) in [
            ("text,label\noak elm,hate\n", "no word of the lexicon own"),
            ("text,label\ndull,hate\n", "no words beside those of the lexicon own"),
        ] {
            let error = #expect(throws: InputError.self) { try set(try file("other.csv", text)) }
            #expect(try #require(error).what == complaint)
        }
    }
}
