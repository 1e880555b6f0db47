import Counterfactuals
import LanguageModel
import Records
import TestSupport
import Testing

@Suite("Words and sentences of contrasts") struct ContrastTextTests {
    private func row(_ text: String, _ domain: String, _ group: String, isUsable: Bool = true) -> ConceptRow {
        ConceptRow(
            domain: domain, group: group, word: text, variant: " " + text, lexicon: domain, pair: nil,
            isControl: domain.isEmpty, tokens: [1], status: .single, exposure: .unexposed, inTwoConcepts: !isUsable)
    }

    private func text(_ limits: ContrastText.Limits) -> ContrastText {
        let table = ConceptTable(rows: [
            row("he", "gender", "men"), row("him", "gender", "men"), row("his", "gender", "men"),
            row("she", "gender", "women"), row("elder", "age", "old", isUsable: false),
            row("stone", "", "things"), row("river", "", "things"), row("lamp", "", "things"),
        ])
        return ContrastText(
            table.words, domains: ["gender", "age"], limits: limits, seed: 3, tokenizer: LetterTokenizer())
    }

    @Test("the first words of each group, usable ones only, and four times as many control words")
    func words() {
        let all = text(.init(words: 2, templates: 4, reach: 3)).words()
        #expect(all.filter { !$0.domain.isEmpty }.map(\.group) == ["men", "men", "women"])
        #expect(all.count { $0.domain.isEmpty } == 3)
        #expect(all[0].tokens == LetterTokenizer().encode(" he"))
        #expect(text(.init(words: 2, templates: 4, reach: 3)).words() == all)
    }

    @Test("templates come from sentences with a control word and no concept word, cut to their reach")
    func templates() {
        let sentences = [
            "the stone, was cold today", "she saw the stone that was cold", "an elder by the river in spring",
            "nothing of the kind is here", "lamp oil is dear in winter", "by the river they rest",
        ]
        let found = text(.init(words: 2, templates: 8, reach: 3)).templates(from: sentences)
        // Not of the first word, nor beside a concept word, usable or not.
        #expect(found.count == 2)
        #expect(found.allSatisfy { $0.after.count == 3 && $0.before.first == LetterTokenizer().beginToken })
        let tails = found.map { LetterTokenizer().decode($0.after) }
        #expect(Set(tails) == [Array(", w".utf8), Array(" th".utf8)], "\(tails)")
        #expect(text(.init(words: 2, templates: 1, reach: 3)).templates(from: sentences).count == 1)
    }

    @Test("rows moved back by a shift move by it, and nothing else does")
    func shift() throws {
        let model = try AttributionBench().tied.before
        let shift = (0..<16).map { Float($0) / 8 }
        let moved = model.movingInputEmbeddings(backBy: shift)
        let rows = model.inputEmbedding
        for tensor in model.layout.tensors where tensor.offset != rows.offset {
            #expect(Array(moved.tensor(tensor)) == Array(model.tensor(tensor)))
        }
        let (old, new) = (model.inputRows([0, 5, 27]), moved.inputRows([0, 5, 27]))
        for row in 0..<3 { for i in 0..<16 { #expect(new[row, i] == old[row, i] - shift[i]) } }
    }
}
