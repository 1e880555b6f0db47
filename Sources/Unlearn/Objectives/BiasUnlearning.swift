/// Forgetting of stereotypical sentences beside anti-stereotypical and unrelated ones that are kept (BiasUnlearn, Liu et al.
/// 2025, arXiv 2509.25673).
///
/// Minimised, with f the more stereotypical sentence of a pair, g the other and ℓ(x) the mean of log p over a sentence's
/// tokens but its first: L = w_f · mean_pairs [N(f) + m N(g)]/(1 + m) − w_a · mean_pairs ℓ(g) + w_u · mean_R KL(p0 ‖ p), where
/// N(x) = −(2/β) log σ(−β (ℓ(x) − ℓ0(x))) is NPO on the mean over tokens, p0 the model as it was, and R the retain text's
/// tokens but the first of each line. Once the bias has crossed to the other side, fewer than half of a step's pairs having
/// ℓ(f) > ℓ(g), `polarity` says what becomes of the pairs.
///
/// As in the authors' code: means over tokens, the three weights, β. Ours: σ is taken of each sentence, there of a batch's
/// mean; some anti-stereotypical sentences are forgotten too, here by the weight m of all of them, there by a quarter of them
/// mixed in; log p is of all tokens, there of those after a context; the unrelated sentences are the run's retain text,
/// there StereoSet's; the side is told by the step's own pairs, there by StereoSet's dev set, with which it would be
/// chosen by what it is judged by. The divergence has the gradient of the cross-entropy that they minimise.
public struct BiasUnlearning: UnlearningObjective {
    /// `biasunlearn`.
    public static let name = "biasunlearn"
    /// What it does.
    public static let summary =
        "of each pair in `forget.pairs`, forgets the more stereotypical sentence and keeps the other and the retain text, "
        + "until the bias crosses to the other side (BiasUnlearn)"
    /// The inverse temperature, the weights, and what becomes of pairs whose bias has crossed.
    public static let options = [
        ObjectiveOption("beta", "inverse temperature", initial: 0.1, .above(0)),
        ObjectiveOption("forget-weight", "weight of the stereotypical sentences", initial: 0.5, .number(0...1e9)),
        ObjectiveOption("anti-weight", "weight of the anti-stereotypical sentences", initial: 0.3, .number(0...1e9)),
        ObjectiveOption("unrelated-weight", "weight of the retain text", initial: 0.2, .number(0...1e9)),
        ObjectiveOption(
            "mix", "weight of an anti-stereotypical sentence beside a stereotypical one among those forgotten",
            initial: 0.25, .number(0...1)),
        ObjectiveOption(
            "polarity",
            "once a step's pairs lean to the other side: their sentences change roles (`reverse`), are left out (`stop`), or "
                + "go on as before (`ignore`)", initial: "reverse", .choice(["reverse", "stop", "ignore"])),
    ]
    /// The formula above.
    public var formula: String {
        "w_f mean_pairs [N(more) + m N(less)]/(1 + m) − w_a mean_pairs ℓ(less) + w_u KL(p0 ‖ p), minimised; "
            + "N(x) = −(2/β) log σ(−β (ℓ(x) − ℓ0(x))), ℓ the mean of log p_t; pairs that lean to the other side: \(polarity)"
    }
    /// p0, the pairs with their order, and the retain text.
    public let needs: Set<ObjectiveNeed> = [.referenceModel, .pairs, .pairOrder, .retainText]
    /// Its factors are measured.
    public let measures = true
    private let beta, forgetWeight, antiWeight, unrelatedWeight, mix: Double
    private let polarity: String

    /// Reads the options.
    public init(_ options: ObjectiveOptions) {
        beta = options.number("beta")
        forgetWeight = options.number("forget-weight")
        antiWeight = options.number("anti-weight")
        unrelatedWeight = options.number("unrelated-weight")
        mix = options.number("mix")
        polarity = options.choice("polarity")
    }

    /// Adds the gradient of the loss; the batch's sentences are not read.
    public func addLoss(of batch: ObjectiveBatch, to pass: GradientPass) -> Double {
        var loss = 0.0
        if unrelatedWeight > 0 {
            loss +=
                unrelatedWeight
                * pass.times(pass.factor * unrelatedWeight).addDivergence(
                    from: pass.reference, at: batch.retainTexts)
        }
        let texts = batch.pairs.flatMap { [pass.scored($0.first), pass.scored($0.second)] }
        let logs = pass.logProbabilities(of: texts).map(Self.mean)
        let firsts = stride(from: 0, to: texts.count, by: 2)
        // Pairs without a preference lean to neither side.
        let lean = firsts.reduce(0) { $0 + (logs[$1] > logs[$1 + 1] ? 1 : logs[$1] < logs[$1 + 1] ? -1 : 0) }
        let hasCrossed = lean < 0 && polarity != "ignore"
        if hasCrossed && polarity == "stop" { return loss }

        let before = pass.referenceLogProbabilities(of: texts).map(Self.mean)
        let count = Double(max(1, batch.pairs.count))
        let weighted = texts.indices.map { index -> ScoredText in
            let isForgotten = (index % 2 == 0) != hasCrossed
            let forgetting = LogisticLoss(margin: -beta * (logs[index] - before[index]), beta: beta)
            let share = forgetWeight * (isForgotten ? 1 : mix) / ((1 + mix) * count)
            let kept = isForgotten ? 0 : antiWeight / count
            loss += share * forgetting.value - kept * logs[index]
            let slope = share * forgetting.slope * -beta - kept
            return texts[index].weighted(Float(slope / Double(max(1, texts[index].count))))
        }
        pass.addLogLikelihood(weighted)
        return loss
    }

    private static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(1, values.count)) }
}
