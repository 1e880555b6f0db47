import FileSupport
import LanguageModel

/// The two terms of a step's loss, with the items that every step takes: what a run and its update decomposition have in
/// common.
struct StepTerms {
    let forget: ForgetSet
    /// The retain text; nil where neither the loss nor the objective reads one.
    let retain: TextPieces?
    let configuration: UnlearnConfiguration
    private var forgetPlan: BatchPlan
    private var retainPlan: BatchPlan?
    private var pairPlan: BatchPlan?

    /// - Parameter retain: used only where something reads it.
    /// - Throws: as ``UnlearnConfiguration/check(_:forget:retain:)``.
    init(
        _ model: ModelConfiguration, forget: ForgetSet, retain: TextPieces?, configuration: UnlearnConfiguration
    ) throws {
        try configuration.check(model, forget: forget, retain: retain)
        let needs = configuration.method.objective.needs
        let retain = configuration.hasRetainTerm || needs.contains(.retainText) ? retain : nil
        self.forget = forget
        self.retain = retain
        self.configuration = configuration
        func plan(_ count: Int, batch: Int, _ label: String) -> BatchPlan {
            BatchPlan(
                count: count, batch: batch, seed: configuration.seed, label: label,
                resample: configuration.resampleRows)
        }
        forgetPlan = plan(forget.sentences.count, batch: configuration.batch, "forget")
        retainPlan = retain.map { plan($0.pieces.count, batch: configuration.retainBatch, "retain") }
        pairPlan = needs.contains(.pairs) ? plan(forget.pairs.count, batch: configuration.batch, "pairs") : nil
    }

    /// What a step uses; a function of the seed and the step.
    mutating func record(step: Int) -> StepRecord {
        StepRecord(
            step: step, sentences: forgetPlan.items(step: step), retainPieces: retainPlan?.items(step: step) ?? [],
            pairs: pairPlan?.items(step: step))
    }

    /// The tokens of the forget term with the factors of their log p, a text for each of the step's sentences; nil where
    /// the term is no such sum.
    func forgetTexts(_ record: StepRecord, in pass: GradientPass) -> [ScoredText]? {
        guard let objective = configuration.method.objective as? any TokenWeightedObjective else { return nil }
        return objective.weightedTexts(of: batch(record, of: pass.model.configuration), in: pass)
    }

    /// Adds the forget term's gradient and returns its loss, weight aside.
    func addForget(_ record: StepRecord, to pass: GradientPass) -> Double {
        configuration.method.objective.addLoss(
            of: batch(record, of: pass.model.configuration), to: pass.times(configuration.forgetWeight))
    }

    /// Adds the retain term's gradient and returns its loss, weight aside; nil where there is none.
    func addRetain(_ record: StepRecord, to pass: GradientPass) -> Double? {
        guard configuration.hasRetainTerm else { return nil }
        let pass = pass.times(configuration.retainWeight)
        let texts = retainTexts(record, of: pass.model.configuration)
        if configuration.retainLoss == .kl { return pass.addDivergence(from: pass.reference, at: texts) }
        let count = texts.reduce(0) { $0 + $1.count }
        return pass.addLogLikelihood(texts.map { $0.weighted(-1 / Float(max(count, 1))) })
    }

    private func pieces(_ record: StepRecord) -> [[Int32]] {
        retain.map { retain in record.retainPieces.map { retain.pieces[$0] } } ?? []
    }

    /// The step's retain text with the tokens that are asked for.
    private func retainTexts(_ record: StepRecord, of model: ModelConfiguration) -> [ScoredText] {
        guard model.isMasked else { return pieces(record).map { model.scored($0) } }
        var masked = MaskedTokens(seed: configuration.seed, step: record.step)
        return pieces(record).map { masked.draw($0, of: model) }
    }

    private func batch(_ record: StepRecord, of model: ModelConfiguration) -> ObjectiveBatch {
        ObjectiveBatch(
            sentences: record.sentences.map { forget.sentences[$0] },
            pairs: (record.pairs ?? []).map { forget.pairs[$0] }, retain: pieces(record),
            retainTexts: retainTexts(record, of: model))
    }
}
