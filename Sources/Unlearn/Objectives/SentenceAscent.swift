/// Gradient ascent on whole sentences, without a choice of words (Jang et al. 2023, arXiv 2210.01504).
///
/// Minimised: the mean of log p(x_t | x_<t) over all tokens of the batch but each sentence's first, or the mean over
/// sentences of each one's mean.
public struct SentenceAscent: TokenWeightedObjective {
    /// `sentence-ascent`.
    public static let name = "sentence-ascent"
    /// What it does.
    public static let summary = "gradient ascent on every token of the sentences"
    /// What the mean is over.
    public static let options = [
        ObjectiveOption(
            "mean", "over all `tokens` of a step, or over its `sentences`, each with the mean of its tokens",
            initial: "tokens", .choice(["tokens", "sentences"]))
    ]
    /// The formula above.
    public var formula: String {
        perSentence
            ? "(1/S) Σ_s (1/|x_s|) Σ_t log p(x_t | x_<t), minimised" : "(1/Σ|x|) Σ_s Σ_t log p(x_t | x_<t), minimised"
    }
    private let perSentence: Bool

    /// Reads what the mean is over.
    public init(_ options: ObjectiveOptions) { perSentence = options.choice("mean") == "sentences" }

    /// Every token of each sentence but the first.
    public func weightedTexts(of batch: ObjectiveBatch, in pass: GradientPass) -> [ScoredText] {
        let texts = batch.sentences.map { pass.scored($0, scope) }
        let count = texts.reduce(0) { $0 + $1.count }
        return texts.map { $0.weighted(1 / Float(max(perSentence ? texts.count * $0.count : count, 1))) }
    }
}
