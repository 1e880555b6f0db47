/// Direct preference optimisation on pairs (DPO, Rafailov et al. 2023, arXiv 2305.18290): the anti-stereotypical sentence is
/// preferred to the stereotypical one.
///
/// Minimised: L = −(2/β) (1/P) Σ_pairs log σ(β [log(p/p0)(second) − log(p/p0)(first)]), log p the sum over all tokens of
/// a sentence but its first and p0 the model as it was. The factor 2/β is OpenUnlearning's, as in NPO; the paper has 1.
public struct DirectPreference: UnlearningObjective {
    /// `dpo`.
    public static let name = "dpo"
    /// What it does.
    public static let summary =
        "of each pair in `forget.pairs`, prefers the less stereotypical sentence (direct preference optimisation)"
    /// The inverse temperature.
    public static let options = [ObjectiveOption("beta", "inverse temperature", initial: 0.1, .above(0))]
    /// The formula above.
    public let formula = "−(2/β) mean_pairs log σ(β [Σ_t log(p_t/p0_t)(less) − Σ_t log(p_t/p0_t)(more)]), minimised"
    /// p0, and the pairs with their order.
    public let needs: Set<ObjectiveNeed> = [.referenceModel, .pairs, .pairOrder]
    /// Its factors are measured.
    public let measures = true
    private let beta: Double

    /// Reads β.
    public init(_ options: ObjectiveOptions) { beta = options.number("beta") }

    /// Adds the gradient of the loss of the batch's pairs; its sentences are not read.
    public func addLoss(of batch: ObjectiveBatch, to pass: GradientPass) -> Double {
        let texts = batch.pairs.flatMap { [pass.scored($0.first), pass.scored($0.second)] }
        let ratios = zip(pass.logProbabilities(of: texts), pass.referenceLogProbabilities(of: texts)).map {
            $0.reduce(0, +) - $1.reduce(0, +)
        }
        let count = Double(max(1, batch.pairs.count))
        var loss = 0.0
        var weighted: [ScoredText] = []
        for first in stride(from: 0, to: texts.count, by: 2) {
            let second = first + 1
            let one = LogisticLoss(margin: beta * (ratios[second] - ratios[first]), beta: beta)
            loss += one.value / count
            let weight = Float(one.slope * beta / count)
            weighted += [texts[first].weighted(-weight), texts[second].weighted(weight)]
        }
        pass.addLogLikelihood(weighted)
        return loss
    }
}
