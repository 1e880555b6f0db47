/// Token-selective gradient ascent (after Lu et al. 2024, arXiv 2407.16951, read for a causal model).
///
/// Minimised: L = (1/Σ|H|) Σ_sentences Σ_{t∈H} log p(x_t | x_<t), the mean over the batch's harmful tokens H, all
/// sub-tokens of a chosen word. Earlier harmful words are left in the context as they are.
public struct TokenAscent: TokenWeightedObjective {
    /// `token-ascent`.
    public static let name = "token-ascent"
    /// What it does.
    public static let summary = "gradient ascent on the harmful tokens alone"
    /// The formula above.
    public let formula = "(1/Σ|H|) Σ_{t∈H} log p(x_t | x_<t), minimised"

    /// - Parameter options: none.
    public init(_ options: ObjectiveOptions) {}

    /// The harmful tokens of each sentence, each with weight 1/Σ|H|.
    public func weightedSequences(of batch: ObjectiveBatch, in pass: GradientPass) -> [ScoredSequence] {
        let positions = batch.sentences.map(\.harmfulPositions)
        let count = positions.reduce(0) { $0 + $1.count }
        return zip(batch.sentences, positions).map { sentence, positions in
            ScoredSequence(tokens: sentence.tokens, positions: positions, weight: 1 / Float(max(count, 1)))
        }
    }
}
