import Foundation
import LanguageModel
import Records

/// Measures a model on the guard text and holds the readings against the budget.
struct ModelGuard {
    let budget: GuardBudget
    private let packed: PackedSequences
    private let predictions: [Prediction]
    /// The model before; needed for the KL budget alone.
    private let reference: TransformerModel?

    /// - Parameter reference: θ0; nil leaves the divergence out.
    init(text: TextPieces, budget: GuardBudget, reference: TransformerModel?) {
        self.budget = budget
        self.reference = budget.klDivergence == nil ? nil : reference
        let sequences = text.pieces.map { ScoredSequence($0) }
        packed = PackedSequences(sequences.map(\.inputs))
        predictions = GradientPass.predictions(sequences)
    }

    /// Perplexity, and KL where it has a budget.
    func measure(_ model: TransformerModel) -> GuardReading {
        func mean(_ values: [Float]) -> Double { values.reduce(0.0) { $0 + Double($1) } / Double(max(values.count, 1)) }
        let divergence = reference.map { mean(model.klDivergence(from: $0, rows: predictions.map(\.row), in: packed)) }
        return GuardReading(
            perplexity: exp(-mean(model.logProbabilities(predictions, in: packed))), klDivergence: divergence)
    }

    /// The first budget that a reading exceeds, or nil.
    func breach(_ reading: GuardReading, baseline: GuardReading, step: Int) -> GuardBreach? {
        if let rise = budget.perplexityRise {
            let limit = baseline.perplexity * (1 + rise)
            // Written so that NaN is a breach.
            if !(reading.perplexity <= limit) {
                return GuardBreach(step: step, measure: .perplexity, value: reading.perplexity, limit: limit)
            }
        }
        if let limit = budget.klDivergence, let value = reading.klDivergence, !(value <= limit) {
            return GuardBreach(step: step, measure: .klDivergence, value: value, limit: limit)
        }
        return nil
    }
}
