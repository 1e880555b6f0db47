/// Negative preference optimisation (NPO, Zhang et al. 2024, arXiv 2404.05868).
///
/// Minimised: L = −(2/β) (1/S) Σ_s log σ(−β (log p_s − log p0_s)), where log p_s is the sum over the sentence's tokens
/// and p0 the model as it was; bounded below by 0, unlike ascent.
public struct NegativePreference: SentenceMarginObjective {
    /// `npo`.
    public static let name = "npo"
    /// What it does.
    public static let summary = "ascent bounded against the model as it was (negative preference optimisation)"
    /// The inverse temperature, and the tokens.
    public static let options = [
        ObjectiveOption("beta", "inverse temperature", initial: 0.1, .above(0)), TokenScope.option,
    ]
    /// The formula above.
    public let formula = "−(2/β) mean_s log σ(−β Σ_t log(p_t/p0_t)), minimised"
    /// p0.
    public let needs: Set<ObjectiveNeed> = [.referenceModel]
    /// The tokens that it is about.
    public let scope: TokenScope
    /// Inverse temperature.
    public let beta: Double

    /// Reads β and the tokens.
    public init(_ options: ObjectiveOptions) {
        beta = options.number("beta")
        scope = TokenScope(options)
    }

    /// −β log(p_s/p0_s), whose slope in log p_s is −β.
    public func margins(
        of texts: [ScoredText], logProbabilities: [Double], in pass: GradientPass
    ) -> [(value: Double, slope: Double)] {
        zip(logProbabilities, pass.referenceLogProbabilities(of: texts)).map { now, before in
            (-beta * (now - before.reduce(0, +)), -beta)
        }
    }
}

/// Simple negative preference optimisation (SimNPO, Fan et al. 2024, arXiv 2410.07163).
///
/// Minimised: L = −(2/β) (1/S) Σ_s log σ(−(β/|s|) log p_s − γ): normalised by the number of tokens, without a reference
/// model. OpenUnlearning's δ is γ/β.
public struct SimpleNegativePreference: SentenceMarginObjective {
    /// `simnpo`.
    public static let name = "simnpo"
    /// What it does.
    public static let summary =
        "bounded ascent on the mean log p of a sentence (simple negative preference optimisation)"
    /// The inverse temperature, the margin, and the tokens.
    public static let options = [
        ObjectiveOption("beta", "inverse temperature", initial: 4.5, .above(0)),
        ObjectiveOption("gamma", "margin that is taken from the loss's argument", initial: 0, .number(-100...100)),
        TokenScope.option,
    ]
    /// The formula above.
    public let formula = "−(2/β) mean_s log σ(−(β/|s|) Σ_t log p_t − γ), minimised"
    /// The tokens that it is about.
    public let scope: TokenScope
    /// Inverse temperature.
    public let beta: Double
    private let gamma: Double

    /// Reads β, γ and the tokens.
    public init(_ options: ObjectiveOptions) {
        beta = options.number("beta")
        gamma = options.number("gamma")
        scope = TokenScope(options)
    }

    /// −(β/|s|) log p_s − γ.
    public func margins(
        of texts: [ScoredText], logProbabilities: [Double], in pass: GradientPass
    ) -> [(value: Double, slope: Double)] {
        zip(texts, logProbabilities).map { text, log in
            let slope = -beta / Double(max(1, text.count))
            return (slope * log - gamma, slope)
        }
    }
}

/// −(2/β) mean_s log σ(m_s), with a margin m_s linear in the log p of a sentence.
public protocol SentenceMarginObjective: TokenWeightedObjective {
    /// β of the factor.
    var beta: Double { get }

    /// m of every sentence, and its slope in the sentence's log p.
    func margins(
        of texts: [ScoredText], logProbabilities: [Double], in pass: GradientPass
    ) -> [(value: Double, slope: Double)]
}

extension SentenceMarginObjective {
    /// Its weights are measured.
    public var measures: Bool { true }

    private func measured(_ batch: ObjectiveBatch, _ pass: GradientPass) -> (loss: Double, texts: [ScoredText]) {
        let texts = batch.sentences.map { pass.scored($0, scope) }
        let logs = pass.logProbabilities(of: texts).map { $0.reduce(0, +) }
        let margins = margins(of: texts, logProbabilities: logs, in: pass)
        let losses = margins.map { LogisticLoss(margin: $0.value, beta: beta) }
        let count = Double(max(1, texts.count))
        let weighted = texts.indices.map { i in
            texts[i].weighted(Float(losses[i].slope * margins[i].slope / count))
        }
        return (losses.reduce(0) { $0 + $1.value } / count, weighted)
    }

    /// The tokens of each sentence, all with the factor that the chain rule gives.
    public func weightedTexts(of batch: ObjectiveBatch, in pass: GradientPass) -> [ScoredText] {
        measured(batch, pass).texts
    }

    /// Adds the gradient of the loss.
    ///
    /// - Returns: the loss, which is not the weighted sum of log p.
    public func addLoss(of batch: ObjectiveBatch, to pass: GradientPass) -> Double {
        let (loss, texts) = measured(batch, pass)
        pass.addLogLikelihood(texts)
        return loss
    }
}
