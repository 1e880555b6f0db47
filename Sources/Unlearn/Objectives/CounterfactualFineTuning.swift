/// Fine-tuning on counterfactual sentences (counterfactual data augmentation, CDA; Zhao et al. 2018, arXiv 1804.06876;
/// Webster et al. 2020, arXiv 2010.06032): a baseline that learns where the others forget.
///
/// Minimised: L = −(1/Σ|x|) Σ_x Σ_t log p(x_t | x_<t), the mean over all tokens, but each sentence's first, of the pairs
/// of a batch: of both sentences (two-sided, as in both papers), or of the second alone, which of pairs made by
/// ``WordSwaps`` is the swapped one.
public struct CounterfactualFineTuning: UnlearningObjective {
    /// `cda`.
    public static let name = "cda"
    /// What it does.
    public static let summary =
        "fine-tunes on sentences and their counterfactuals, of `forget.swap` or `forget.pairs` (counterfactual data "
        + "augmentation)"
    /// The sentences of a pair.
    public static let options = [
        ObjectiveOption(
            "sides", "of a pair `both` sentences are learned, or the `second`, which has the swapped words",
            initial: "both", .choice(["both", "second"]))
    ]
    /// The formula above.
    public var formula: String {
        "−(1/Σ|x|) Σ_x Σ_t log p(x_t | x_<t), minimised; x: "
            + (takesBoth ? "both sentences of each pair" : "the second sentence of each pair")
    }
    /// Pairs, in no order.
    public let needs: Set<ObjectiveNeed> = [.pairs]
    /// Both sentences become more probable.
    public let learnsPairs = true
    private let takesBoth: Bool

    /// Reads the sides.
    public init(_ options: ObjectiveOptions) { takesBoth = options.choice("sides") == "both" }

    /// Adds the gradient of the loss of the batch's pairs; its sentences are not read.
    public func addLoss(of batch: ObjectiveBatch, to pass: GradientPass) -> Double {
        let texts = batch.pairs.flatMap { takesBoth ? [$0.first, $0.second] : [$0.second] }.map { pass.scored($0) }
        let count = texts.reduce(0) { $0 + $1.count }
        return pass.addLogLikelihood(texts.map { $0.weighted(-1 / Float(max(1, count))) })
    }
}
