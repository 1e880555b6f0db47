import LanguageModel
import LinearAlgebra

/// Partitioned contrastive gradient unlearning (PCGU, Yu et al. 2023, Findings of ACL): of all weight vectors only those are
/// moved on which the gradients of the two sentences of a pair are least alike.
///
/// With g and h the gradients of the mean over a batch's pairs of log p of the first and of the second sentence, summed
/// over a sentence's tokens but its first: the vectors with the lowest cos(g, h) are chosen anew each step, and on them the
/// gradient is g (log p of the more stereotypical sentence falls), or −h (that of the other rises). The value is the mean of
/// log p, or its negative; the gradient is not its derivative, being zero on all other vectors.
///
/// Ours: their code is for masked models and takes the gradients of the logits of one masked word; there a vector without a
/// gradient has cosine 0, here it is not among those to choose from. Their 10,000 vectors are about 9 % of BERT base's. They
/// take plain steps (`optimizer.name: sgd`): AdamW's moments go on moving vectors that an earlier step chose.
///
/// Holds two more gradients while it adds its own.
public struct PartitionedContrast: UnlearningObjective {
    /// `pcgu`.
    public static let name = "pcgu"
    /// What it does.
    public static let summary =
        "of each pair in `forget.pairs`, ascent on the more stereotypical sentence in those weight vectors alone on which the "
        + "two sentences' gradients are least alike (partitioned contrastive gradient unlearning)"
    /// How many vectors, which, and which sentence's gradient they take.
    public static let options = [
        ObjectiveOption("share", "share of the weight vectors that are moved", initial: 0.1, .number(0.000001...1)),
        ObjectiveOption(
            "aggregate",
            "a weight vector is what leads into an output of a layer (`input`), or from an input of it (`output`)",
            initial: "input", .choice(["input", "output"])),
        ObjectiveOption(
            "move",
            "log p of the `first` sentence of a pair, the more stereotypical, falls, or that of the `second` rises",
            initial: "first", .choice(["first", "second"])),
    ]
    /// The formula above.
    public var formula: String {
        (lowersFirst ? "mean_pairs log p(more)" : "−mean_pairs log p(less)")
            + ", minimised, on the \(share) of the weight vectors with the lowest cos(∇ log p(more), ∇ log p(less))"
    }
    /// The pairs with their order.
    public let needs: Set<ObjectiveNeed> = [.pairs, .pairOrder]
    /// Those of the two sentences.
    public let heldGradients = 2
    private let share: Double
    private let byInput, lowersFirst: Bool

    /// Reads the options.
    public init(_ options: ObjectiveOptions) {
        share = options.number("share")
        byInput = options.choice("aggregate") == "input"
        lowersFirst = options.choice("move") == "first"
    }

    /// Adds the gradient on the vectors that the batch's pairs choose; its sentences are not read.
    public func addLoss(of batch: ObjectiveBatch, to pass: GradientPass) -> Double {
        let weight = 1 / Float(max(1, batch.pairs.count))
        let (first, second) = (pass.beside(), pass.beside())
        let values = (
            first.addLogLikelihood(batch.pairs.map { pass.scored($0.first).weighted(weight) }),
            second.addLogLikelihood(batch.pairs.map { pass.scored($0.second).weighted(weight) })
        )
        let vectors = WeightVectors(
            pass.model.layout, trainable: pass.trainable, byInput: byInput, tied: pass.tiedSides)
        let chosen = vectors.leastSimilar(first.gradient, second.gradient, share: share)
        let sign: Double = lowersFirst ? 1 : -1
        vectors.add(
            lowersFirst ? first.gradient : second.gradient, times: Float(sign * pass.factor), on: chosen,
            to: pass.gradient)
        return sign * (lowersFirst ? values.0 : values.1)
    }
}
