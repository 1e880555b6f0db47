import LanguageModel

/// The two terms of a step's loss, with the items that every step takes: what a run and its replay have in common.
struct StepTerms {
    let forget: ForgetSet
    /// The retain text; nil where the loss has no retain term.
    let retain: TextPieces?
    let configuration: UnlearnConfiguration
    /// θ0, which the divergence of the retain term is taken from.
    let reference: TransformerModel?
    private var forgetPlan: BatchPlan
    private var retainPlan: BatchPlan?

    /// - Parameter retain: used only where the configuration has a retain term; see ``hasRetainTerm(_:)``.
    init(forget: ForgetSet, retain: TextPieces?, configuration: UnlearnConfiguration, reference: TransformerModel?) {
        let retain = Self.hasRetainTerm(configuration) ? retain : nil
        self.forget = forget
        self.retain = retain
        self.configuration = configuration
        self.reference = reference
        forgetPlan = BatchPlan(
            count: forget.sentences.count, batch: configuration.batch, seed: configuration.seed, label: "forget",
            resample: configuration.resampleRows)
        retainPlan = retain.map {
            BatchPlan(
                count: $0.pieces.count, batch: configuration.retainBatch, seed: configuration.seed, label: "retain",
                resample: configuration.resampleRows)
        }
    }

    /// Whether a configuration's loss has a retain term.
    static func hasRetainTerm(_ configuration: UnlearnConfiguration) -> Bool {
        configuration.retainLoss != .none && configuration.retainWeight > 0
    }

    /// What a step uses; a function of the seed and the step.
    mutating func record(step: Int) -> StepRecord {
        StepRecord(
            step: step, sentences: forgetPlan.items(step: step), retainPieces: retainPlan?.items(step: step) ?? [])
    }

    /// The forget term of a step: its sentences as they are predicted, each with the factor of its log p.
    func forgetSequences(_ record: StepRecord) -> [ScoredSequence] {
        configuration.method.objective.sequences(for: record.sentences.map { forget.sentences[$0] })
    }

    /// Adds the forget term's gradient and returns its loss, weight aside.
    func addForget(_ record: StepRecord, to pass: GradientPass) -> Double {
        pass.logLikelihood(forgetSequences(record), weight: configuration.forgetWeight)
    }

    /// Adds the retain term's gradient and returns its loss, weight aside; nil where there is none.
    func addRetain(_ record: StepRecord, to pass: GradientPass) -> Double? {
        guard let retain else { return nil }
        let pieces = record.retainPieces.map { retain.pieces[$0] }
        if configuration.retainLoss == .kl, let reference {
            let sequences = pieces.map { ScoredSequence(piece: $0, weight: 1) }
            return pass.divergence(sequences, from: reference, weight: configuration.retainWeight)
        }
        let count = pieces.reduce(0) { $0 + $1.count - 1 }
        let sequences = pieces.map { ScoredSequence(piece: $0, weight: -1 / Float(max(count, 1))) }
        return pass.logLikelihood(sequences, weight: configuration.retainWeight)
    }
}
