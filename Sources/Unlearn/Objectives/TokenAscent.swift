import LanguageModel

/// Token-selective gradient ascent (after Lu et al. 2024, arXiv 2407.16951, read for a causal model).
///
/// Minimised: L = (1/Σ|H|) Σ_sentences Σ_{t∈H} log p(x_t | x_<t), the mean over the batch's harmful tokens H, all
/// sub-tokens of a chosen word. Earlier harmful words are left in the context as they are, or each stands there as
/// ``ForgetSentence/placeholder``; a word always sees its own earlier sub-tokens.
///
/// Of a masked model, as in the paper, log p(x_t | x without the word): all sub-tokens of a harmful word are hidden at once,
/// and the sentence is given on both sides. Other harmful words are given as they are, each word hidden in a copy of its own;
/// or all harmful words are hidden in every copy.
public struct TokenAscent: TokenWeightedObjective {
    /// `token-ascent`.
    public static let name = "token-ascent"
    /// What it does.
    public static let summary = "gradient ascent on the harmful tokens alone"
    /// What stands before a harmful token.
    public static let options = [
        ObjectiveOption(
            "context",
            "earlier harmful words of the sentence `as-is`, or `replaced` by the word `\(ForgetSentence.placeholder)`; to a "
                + "masked model all other harmful words `as-is`, or `replaced` by the mask token",
            initial: "as-is", .choice(["as-is", "replaced"]))
    ]
    /// The formula above.
    public var formula: String {
        "(1/Σ|H|) Σ_{t∈H} log p(x_t | \(replaces ? "x'_<t" : "x_<t")), minimised"
            + (replaces ? "; x' has '\(ForgetSentence.placeholder)' for earlier harmful words" : "")
    }
    /// The same; of a masked model, given all but the word that t belongs to.
    public func formula(of model: ModelConfiguration) -> String {
        guard model.isMasked else { return formula }
        return "(1/Σ|H|) Σ_{t∈H} log p(x_t | x_\\\(replaces ? "H" : "word(t)")), minimised"
    }
    /// The harmful ones.
    public let scope = TokenScope.harmful
    private let replaces: Bool

    /// Reads the context.
    public init(_ options: ObjectiveOptions) { replaces = options.choice("context") == "replaced" }

    /// The harmful tokens of each sentence, each with weight 1/Σ|H|; a word whose context is another than the
    /// sentence's is in a sequence of its own.
    public func weightedTexts(of batch: ObjectiveBatch, in pass: GradientPass) -> [ScoredText] {
        let model = pass.model.configuration
        let count = batch.sentences.reduce(0) { $0 + $1.harmfulPositions.count }
        return batch.sentences.map { sentence in
            let text =
                !replaces
                ? pass.scored(sentence, scope)
                : model.isMasked
                    ? model.scored(sentence.tokens, words: sentence.harmful.map(\.positions), hidesOthers: true)
                    : ScoredText(sentence.replacedContexts(atMost: model.contextLength))
            return text.weighted(1 / Float(max(count, 1)))
        }
    }
}

extension ForgetSentence {
    /// The harmful tokens, each word after a context without the harmful words before it.
    ///
    /// - Parameter limit: most tokens of a sequence; the earliest of a context give way, where the placeholder is longer than
    ///   the words that it stands for.
    func replacedContexts(atMost limit: Int) -> [ScoredSequence] {
        var taken: Set<Int> = []
        var unchanged: [Int] = []
        var sequences: [ScoredSequence] = []
        for word in harmful {
            // A token of two words that overlap is the first's.
            let positions = word.positions.filter { taken.insert($0).inserted }
            guard !positions.isEmpty else { continue }
            guard let count = word.replacedTokens else {
                unchanged += positions
                continue
            }
            var context = Array(replaced.prefix(count))
            let excess = context.count + positions.count - limit
            if excess > 0 { context.removeSubrange(beginTokens..<min(context.count, beginTokens + excess)) }
            sequences.append(ScoredSequence(context: context, of: tokens, positions: positions))
        }
        let first = unchanged.isEmpty ? [] : [ScoredSequence(tokens: tokens, positions: unchanged.sorted())]
        return first + sequences
    }
}
