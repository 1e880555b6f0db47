import Foundation
import LanguageModel
import Records

/// Measures a model on the guard text and holds the readings against the budget.
struct ModelGuard {
    let budget: GuardBudget
    /// Which kind of perplexity it measures.
    private let perplexity: GuardBreach.Measure
    private let packed: PackedSequences
    private let predictions: [Prediction]
    /// The model before; needed for the KL budget alone.
    private let reference: TransformerModel?
    /// What measures the scores that have budgets, by name.
    private let scores: ((TransformerModel) throws -> [String: Double])?

    /// - Parameters:
    ///   - model: the kind of model that is measured.
    ///   - reference: θ0; nil leaves the divergence out.
    init(
        text: TextPieces, model: ModelConfiguration, budget: GuardBudget, reference: TransformerModel?,
        scores: ((TransformerModel) throws -> [String: Double])?
    ) {
        self.budget = budget
        perplexity = model.isMasked ? .pseudoPerplexity : .perplexity
        self.scores = budget.scores == nil ? nil : scores
        self.reference = budget.klDivergence == nil ? nil : reference
        let sequences = text.pieces.flatMap { model.scored($0).sequences }
        packed = PackedSequences(sequences.map(\.inputs))
        predictions = GradientPass.predictions(sequences)
    }

    /// Perplexity (of a masked model pseudo-perplexity), and KL and scores where they have a budget.
    func measure(_ model: TransformerModel) throws -> GuardReading {
        func mean(_ values: [Float]) -> Double { values.reduce(0.0) { $0 + Double($1) } / Double(max(values.count, 1)) }
        let divergence = reference.map { mean(model.klDivergence(from: $0, rows: predictions.map(\.row), in: packed)) }
        return GuardReading(
            perplexity: exp(-mean(model.logProbabilities(predictions, in: packed))), klDivergence: divergence,
            scores: try scores?(model))
    }

    /// The first budget that a reading exceeds, or nil.
    func breach(_ reading: GuardReading, baseline: GuardReading, step: Int) -> GuardBreach? {
        if let rise = budget.perplexityRise {
            let limit = baseline.perplexity * (1 + rise)
            // Written so that NaN is a breach.
            if !(reading.perplexity <= limit) {
                return GuardBreach(step: step, measure: perplexity, value: reading.perplexity, limit: limit)
            }
        }
        if let limit = budget.klDivergence, let value = reading.klDivergence, !(value <= limit) {
            return GuardBreach(step: step, measure: .klDivergence, value: value, limit: limit)
        }
        for limit in budget.scores ?? [] {
            let value = reading.scores?[limit.name] ?? .nan
            if let bound = limit.passed(value, baseline: baseline.scores?[limit.name] ?? .nan) {
                return GuardBreach(step: step, measure: .score, score: limit.name, value: value, limit: bound)
            }
        }
        return nil
    }
}
