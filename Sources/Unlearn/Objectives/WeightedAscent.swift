import Foundation

/// Ascent in which a token counts by its probability, p^β (WGA, Wang et al. 2025, arXiv 2502.19301).
///
/// Minimised: L = (1/N) Σ p_t^β log p_t over the batch's N tokens, p_t = p(x_t | x_<t). As in OpenUnlearning the
/// factor p^β is a constant for the gradient (detached), so what is already unlikely is left alone.
public struct WeightedAscent: ProbabilityWeightedObjective {
    /// `wga`.
    public static let name = "wga"
    /// What it does.
    public static let summary = "ascent on tokens weighted by their probability (weighted gradient ascent)"
    /// The exponent, and the tokens.
    public static let options = [
        ObjectiveOption("beta", "exponent of the probability that weighs a token", initial: 1, .number(0...100)),
        TokenScope.option,
    ]
    /// The formula above.
    public let formula = "(1/N) Σ_t sg[p_t^β] log p_t, minimised; sg: constant for the gradient"
    /// The tokens that it is about.
    public let scope: TokenScope
    private let beta: Double

    /// Reads the exponent and the tokens.
    public init(_ options: ObjectiveOptions) {
        beta = options.number("beta")
        scope = TokenScope(options)
    }

    /// p^β.
    public func weight(logProbability: Double) -> Double { exp(beta * logProbability) }
}

/// Ascent in which a token counts by saturation and importance (SatImp, Yang et al. 2025, arXiv 2505.11953).
///
/// Minimised: L = (1/N) Σ p_t^β1 (1 − p_t)^β2 log p_t over the batch's N tokens. As in OpenUnlearning both factors are
/// constants for the gradient (detached): the first leaves alone what is already unlikely, the second what is certain.
public struct SaturationImportanceAscent: ProbabilityWeightedObjective {
    /// `satimp`.
    public static let name = "satimp"
    /// What it does.
    public static let summary = "ascent on tokens weighted by saturation and importance"
    /// The exponents, and the tokens.
    public static let options = [
        ObjectiveOption("beta1", "exponent of p, for saturation", initial: 5, .number(0...100)),
        ObjectiveOption("beta2", "exponent of 1 − p, for importance", initial: 1, .number(0...100)),
        TokenScope.option,
    ]
    /// The formula above.
    public let formula = "(1/N) Σ_t sg[p_t^β1 (1 − p_t)^β2] log p_t, minimised; sg: constant for the gradient"
    /// The tokens that it is about.
    public let scope: TokenScope
    private let beta1, beta2: Double

    /// Reads the exponents and the tokens.
    public init(_ options: ObjectiveOptions) {
        beta1 = options.number("beta1")
        beta2 = options.number("beta2")
        scope = TokenScope(options)
    }

    /// p^β1 (1 − p)^β2.
    public func weight(logProbability: Double) -> Double {
        // A log p that rounding left above 0 is that of a certain token.
        exp(beta1 * logProbability) * pow(max(0, -expm1(logProbability)), beta2)
    }
}

/// Ascent on tokens of the batch, each weighted by a function of its own probability that is constant for the gradient.
public protocol ProbabilityWeightedObjective: TokenWeightedObjective {
    /// The weight of a token of some log p.
    func weight(logProbability: Double) -> Double
}

extension ProbabilityWeightedObjective {
    /// Its weights are measured.
    public var measures: Bool { true }

    /// The tokens of each sentence, each with its weight over their number N.
    public func weightedTexts(of batch: ObjectiveBatch, in pass: GradientPass) -> [ScoredText] {
        let texts = batch.sentences.map { pass.scored($0, scope) }
        let count = Double(max(1, texts.reduce(0) { $0 + $1.count }))
        return zip(texts, pass.logProbabilities(of: texts)).map { text, logs in
            text.weighted(logs.map { Float(weight(logProbability: $0) / count) })
        }
    }
}
