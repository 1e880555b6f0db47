import Evaluate
import TestSupport

/// What the small models of these tests are scored on.
enum Letters {
    /// Four pairs of two domains, and neutral text.
    static func benchmark() throws -> (scorer: PairScorer, text: PerplexityText) {
        let pairs = [("he runs far", "she runs far"), ("a cat", "a dog"), ("red day", "old day"), ("cold", "warm")]
        let scorer = try PairScorer(
            pairs: PairSet(
                name: "letters",
                items: pairs.enumerated().map {
                    PairItem(row: $0, more: $1.0, less: $1.1, biasType: $0 < 2 ? "x" : "y")
                }), tokenizer: LetterTokenizer(), profile: .driftscope, contextLength: 24)
        let text = try PerplexityText(
            "the sun rose\nover the hill\nand we went home", tokenizer: LetterTokenizer(), contextLength: 24,
            byLine: true)
        return (scorer, text)
    }
}
