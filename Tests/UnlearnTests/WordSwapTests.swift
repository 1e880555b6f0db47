import BuiltInStudy
import FileSupport
import TestSupport
import Testing
import Unlearn

@Suite("Swapped words") struct WordSwapTests {
    private func file(_ text: String) throws -> String {
        let path = try temporaryFolder("swaps") + "/swaps.csv"
        try AtomicFile.write(text, to: path)
        return path
    }

    @Test(
        "the list for gender swaps both ways, whole words, in the case of the text; what `her` stands for goes by the word after it",
        arguments: [
            ("The aunts said she is his MOTHER.", "The uncles said he is her FATHER."),
            ("Her dad saw her and Mr Smith", "His mom saw him and Mrs Smith"),
            ("he asked her to come, and saw him there", "she asked him to come, and saw her there"),
            ("It is hers; SHE did it herself.", "It is his; HE did it himself."),
            ("Women's rights, men-only", "Men's rights, women-only"),
            ("This is her.", "This is his."), ("Er ist größer als she\u{301}", nil), ("shell and height", nil),
            ("", nil),
        ])
    func builtIn(text: String, expected: String?) throws {
        let swaps = try WordSwaps.read(BuiltInStudy.path("lexicons/gender-swaps.csv"))
        #expect(swaps.swapped(text) == expected)
    }

    @Test("every pair of the list for gender that has no word of an earlier one swaps there and back")
    func reversible() throws {
        let path = BuiltInStudy.path("lexicons/gender-swaps.csv")
        let (swaps, table) = (try WordSwaps.read(path), try CSVTable.read(path))
        var seen: Set<String> = []
        var count = 0
        for words in table.records.map(\.fields) {
            let isFirst = words.map { seen.insert(WordFinder.folded($0)).inserted }
            guard isFirst.allSatisfy({ $0 }) else { continue }
            count += 1
            #expect(swaps.swapped(words[0]) == words[1] && swaps.swapped(words[1]) == words[0], "\(words)")
        }
        #expect(count > 100 && swaps.swapped("mum") == "dad" && swaps.swapped("dad") == "mom")
    }

    @Test("the longest phrase and the first pair count, and the partner is spelled as the list spells it")
    func order() throws {
        let path = try file("one,other\nold man,young woman\nman,NATO\nman,last\n")
        let swaps = try WordSwaps.read(path)
        #expect(swaps.swapped("an old  man, a Man, a MAN, a nato") == "an young woman, a NATO, a NATO, a man")
        #expect(swaps.swapped("Old man") == "Young woman" && swaps.swapped("last") == "man")
        #expect(swaps == WordSwaps([("old man", "young woman"), ("man", "NATO"), ("man", "last")]))
    }

    @Test(
        "what is no table of word pairs is refused with its place",
        arguments: [
            ("a,b,c\nx,y,z\n", "3 columns where pairs of words have two"), ("a,b\n", "no pair of words"),
            ("a,b\nx,y\nshe,She\n", "'she' and 'She' are no pair of words"), ("a,b\nshe,!\n", "'she' and '!'"),
        ])
    func refused(text: String, message: String) throws {
        let path = try file(text)
        let error = #expect(throws: InputError.self) { try WordSwaps.read(path) }
        #expect(error?.description.contains(message) == true && error?.description.contains(path) == true)
    }
}
