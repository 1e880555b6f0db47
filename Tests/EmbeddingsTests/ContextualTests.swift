import Embeddings
import FileSupport
import LanguageModel
import LinearAlgebra
import Records
import TestSupport
import Testing

@Suite("Contextual vectors")
struct ContextualTests {
    private let tokenizer = WordTokenizer(words: [" red", " bl", "ue", " x", " y"])

    private func word(_ text: String) -> ResolvedWord {
        let lexicon = ConceptTable(rows: [
            ConceptRow(
                domain: "d", group: "g", word: text, variant: " " + text, lexicon: "l", pair: nil, isControl: false,
                tokens: [], status: .multi, exposure: .unexposed, inTwoConcepts: false)
        ])
        return lexicon.words[0]
    }

    @Test("are the mean over templates of the mean over the word's tokens, at every layer")
    func agreesWithHiddenStates() throws {
        let model = TransformerModel(
            configuration: ModelConfiguration(
                .gpt2, vocabularySize: tokenizer.vocabularySize, contextLength: 16, hiddenSize: 8, layerCount: 2,
                headCount: 2),
            seed: 4)
        let templates = try TemplateSet(name: "t", sentences: [" x {} y", " y {}"])
        let table = ContextualVectors.compute(
            model: model, tokenizer: tokenizer, words: [word("red"), word("blue")], templates: templates)
        #expect(table.mean.count == 3 && table.contexts == [2, 2] && table.templateSet.name == "t")
        // The second word by hand: begin, ` x`, ` bl`, `ue`, ` y` and begin, ` y`, ` bl`, `ue`.
        let begin = try #require(tokenizer.beginToken)
        let first = model.hiddenStates(at: [2, 3], in: PackedSequences([[begin, 259, 257, 258, 260]]))
        let second = model.hiddenStates(at: [2, 3], in: PackedSequences([[begin, 260, 257, 258]]))
        for layer in 0..<3 {
            let vectors = [first[layer], second[layer]].map { state in
                (0..<8).map { (Double(state[0, $0]) + Double(state[1, $0])) / 2 }
            }
            let mean = (0..<8).map { Float((vectors[0][$0] + vectors[1][$0]) / 2) }
            let spread = (0..<8).map { Float(abs(vectors[0][$0] - vectors[1][$0]) / 2) }
            let close = compare(Array(table.mean[layer].row(1)), mean, absolute: 1e-6, relative: 1e-5)
            #expect(close.isClose, "\(close)")
            let near = compare(Array(table.spread[layer].row(1)), spread, absolute: 1e-6, relative: 1e-5)
            #expect(near.isClose, "\(near)")
        }
    }

    @Test("refuse templates without exactly one place for the word")
    func templates() {
        #expect(throws: InputError.self) { try TemplateSet(name: "t", sentences: []) }
        #expect(throws: InputError.self) { try TemplateSet(name: "t", sentences: ["no place"]) }
        #expect(throws: InputError.self) { try TemplateSet(name: "t", sentences: ["{} and {}"]) }
        #expect(TemplateSet.plain.sentences.count >= 5)
        #expect(TemplateSet.plain.sentences.allSatisfy { $0.ranges(of: "{}").count == 1 })
    }
}
