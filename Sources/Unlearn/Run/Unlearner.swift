import FileSupport
import Foundation
import LanguageModel
import LinearAlgebra
import Records

/// Unlearns a forget set: takes steps, watches the guard, keeps the last good state on disk.
///
/// Beside the model it holds one gradient, the optimizer's moments and, where the objective, a KL term, a KL budget or low-rank
/// training asks for it, one copy of the model before; nothing else of that size but what the objective says that it holds.
///
/// Same inputs, seed, threads and machine give the same bits, also when a run is interrupted, killed and resumed.
public final class Unlearner {
    private let model: TransformerModel
    private let configuration: UnlearnConfiguration
    private let audit: AuditLog?
    /// Where states are kept; nil keeps the parameters of the last good one in memory.
    private let states: StateFolder?
    private var lastGood: (values: [FloatBuffer], step: Int)?
    /// What the steps move in the place of the model's parameters, where the configuration asks for it; once the run has
    /// ended, those of the step that it kept.
    public let factors: LowRankFactors?
    private let optimizer: Optimizer
    private let pass: GradientPass
    private let guardian: ModelGuard?
    private var terms: StepTerms
    /// θ0, to tell whether anything changed: another model that holds it, or its digest.
    private let before: (model: TransformerModel?, digest: String)

    /// Makes ready to unlearn.
    ///
    /// - Parameters:
    ///   - model: θ0, also when resuming; changed in place by ``run(resume:onStep:)``.
    ///   - retain: needed unless the retain loss is `none` and the objective reads none.
    ///   - guardText: needed for a budget; without one nothing stops the run but its steps.
    ///   - stateFolder: where states are kept, made when missing; belongs to this run alone. With nil the last good
    ///     parameters are kept in memory, and an interrupted run cannot be resumed.
    ///   - reference: θ0 in another model, which is only read, so that no copy is made of it; must hold what `model` does.
    ///   - scores: measures the scores of ``GuardBudget/scores``, by name, at every check.
    /// - Throws: `InputError` for a configuration that cannot be meant, a text or pairs that are missing, a sentence longer than
    ///   the context.
    public init(
        model: TransformerModel, forget: ForgetSet, retain: TextPieces?, guardText: TextPieces?,
        configuration: UnlearnConfiguration, stateFolder: String?, reference: TransformerModel? = nil,
        audit: AuditLog? = nil, scores: ((TransformerModel) throws -> [String: Double])? = nil
    ) throws {
        try configuration.validate()
        terms = try StepTerms(
            model.configuration, forget: forget, retain: retain, configuration: configuration)
        let budget = configuration.budget
        guard budget.scores == nil || scores != nil else {
            throw InputError(
                "a guard budget on scores that nothing measures", at: "guard", remedy: "drop the budget")
        }
        guard guardText?.pieces.isEmpty == false || budget.isEmpty else {
            throw InputError(
                "a guard budget without a guard text", at: "guard.data", remedy: "name a text file, or drop the budget")
        }
        self.model = model
        let retain = terms.retain
        self.configuration = configuration
        self.audit = audit
        let watched = guardText?.spread(overTokens: configuration.guardTokens)
        try Self.check(
            forget.sentences.map(\.tokens) + forget.pairs.flatMap { [$0.first, $0.second] } + (retain?.pieces ?? [])
                + (watched?.pieces ?? []), model)
        // Not where neither a state nor the end asks for it: retrainings are many.
        let digest = stateFolder != nil || reference == nil ? SHA256Hex.of(model.values.bytes) : ""
        before = (reference, digest)
        let factors = try configuration.lora.map {
            try LowRankFactors($0, for: model.layout, seed: configuration.seed)
        }
        self.factors = factors
        states = try stateFolder.map {
            try StateFolder(
                $0, fingerprint: try Self.fingerprint(digest, forget, retain, watched, configuration),
                factors: factors?.values)
        }
        let trainable =
            try factors?.trainable ?? ParameterSelection(parsing: configuration.parameters, at: "parameters")
        optimizer =
            factors.map { Optimizer(configuration.optimizer, layout: $0.layout) }
            ?? Optimizer(configuration.optimizer, layout: model.layout, trainable: trainable)
        let needsReference =
            (configuration.hasRetainTerm && configuration.retainLoss == .kl) || budget.klDivergence != nil
            || configuration.method.objective.needs.contains(.referenceModel) || factors != nil
        let original = needsReference ? reference ?? model.copy() : nil
        pass = GradientPass(
            model: model, original: original, gradient: FloatBuffer(count: model.layout.count), trainable: trainable,
            passTokens: configuration.passTokens)
        guardian = watched.map {
            ModelGuard(
                text: $0, model: model.configuration, budget: budget, reference: original, scores: scores)
        }
    }

    /// Whether a folder holds a state that a run could go on from.
    public static func hasState(in folder: String) -> Bool { StateFolder.hasState(folder) }

    /// The step from which ``run(resume:onStep:)`` would go on, or nil when a folder holds no state.
    ///
    /// - Throws: `InputError` for a damaged state file.
    public static func savedStep(in folder: String) throws -> Int? { try StateFolder.savedStep(folder) }

    /// Takes the steps, calling `onStep` after each (and once for step 0, before any update).
    ///
    /// - Parameter resume: go on from the state that an earlier process left in the state folder; `onStep` is then
    ///   called for the steps after it only, and whatever the caller had recorded of those is to be replaced.
    /// - Returns: what was done; the model holds the parameters of `keptStep`.
    /// - Throws: `InputError` when the state to resume is missing or of other inputs, `UnfinishedError` when the disk
    ///   refuses, and whatever `onStep` throws; the last good state stays on disk.
    public func run(resume: Bool = false, onStep: (UnlearnStep) throws -> StepDecision = { _ in .goOn }) throws
        -> UnlearnResult
    {
        var progress = try resume ? loadLatest() : start(onStep)
        let resumedFrom = resume ? progress.step : nil
        try audit?.append(
            resume ? "unlearn-resumed" : "unlearn-started",
            [
                "method": .string(configuration.method.name),
                "formula": .string(configuration.method.objective.formula(of: model.configuration)),
                "step": .integer(progress.step),
                "steps": .integer(configuration.steps), "seed": .integer(Int(truncatingIfNeeded: configuration.seed)),
                "sentences": .integer(terms.forget.sentences.count),
            ])
        var reason = StopReason.finished
        while progress.step < configuration.steps {
            let step = progress.step + 1
            let (point, record, broken) = takeStep(step)
            if let broken {
                progress.trajectory.append(point)
                progress.log.append(record)
                reason = .notFinite(step: step, what: broken)
                break
            }
            let isCheck = step % configuration.checkEvery == 0 || step == configuration.steps
            var update = UnlearnStep(point: point, isCheck: isCheck, breach: nil, record: record, model: model)
            if isCheck, let guardian, let baseline = progress.baseline {
                let reading = try guardian.measure(model)
                update.point.guardPerplexity = reading.perplexity
                update.point.guardKL = reading.klDivergence
                update.point.guardScores = reading.scores ?? [:]
                update.breach = guardian.breach(reading, baseline: baseline, step: step)
            }
            progress.step = step
            progress.trajectory.append(update.point)
            progress.log.append(record)
            let decision = try onStep(update)
            if let breach = update.breach {
                reason = .guardBreached(breach)
                break
            }
            if isCheck {
                try saveChecked(progress)
                try audit?.append("check-passed", fields(of: update.point))
            }
            if decision == .stop, step < configuration.steps {
                if !isCheck { try states?.saveInterrupted(model, optimizer, progress) }
                reason = .interrupted(step: step)
                break
            }
        }
        return try finish(progress, reason, resumedFrom)
    }

    /// Measures and saves the model as it is.
    private func start(_ onStep: (UnlearnStep) throws -> StepDecision) throws -> RunProgress {
        states?.clear()
        var progress = RunProgress()
        progress.baseline = try guardian?.measure(model)
        if let baseline = progress.baseline, !baseline.perplexity.isFinite {
            throw InputError(
                "the model's perplexity on the guard text is \(baseline.perplexity) before any step", at: "guard.data",
                remedy: "check the model and the text")
        }
        let point = TrajectoryStep(
            step: 0, guardPerplexity: progress.baseline?.perplexity, guardKL: progress.baseline?.klDivergence,
            guardScores: progress.baseline?.scores ?? [:])
        progress.trajectory = [point]
        // The caller's decision is heard after the first step: a run takes at least one.
        _ = try onStep(
            UnlearnStep(
                point: point, isCheck: true, breach: nil,
                record: StepRecord(step: 0, sentences: [], retainPieces: []), model: model))
        try saveChecked(progress)
        return progress
    }

    private func loadLatest() throws -> RunProgress {
        guard let states else {
            throw InputError(
                "no saved state: this run keeps none", at: "unlearn", remedy: "give a state folder, or start anew")
        }
        let progress = try states.loadLatest(model, optimizer)
        guard progress.step <= configuration.steps else {
            throw InputError(
                "the saved state is of step \(progress.step), and the run has \(configuration.steps)",
                at: states.folder, remedy: "remove it and start without --resume")
        }
        return progress
    }

    private func saveChecked(_ progress: RunProgress) throws {
        if let states { return try states.saveChecked(model, optimizer, progress) }
        // Only a guard or a NaN rolls a run back, and to the parameters alone.
        let values = lastGood?.values ?? moved.map { FloatBuffer(count: $0.count) }
        for (kept, now) in zip(values, moved) { kept.assign(now) }
        lastGood = (values, progress.step)
    }

    /// Puts the parameters of the last good state back into the model.
    private func restoreChecked() throws -> Int {
        if let states { return try states.restoreChecked(model) }
        guard let lastGood else { return 0 }
        for (kept, now) in zip(lastGood.values, moved) { now.assign(kept) }
        return lastGood.step
    }

    /// What a step changes, the optimizer's moments aside.
    private var moved: [FloatBuffer] { [model.values] + (factors.map { [$0.values] } ?? []) }

    /// One update.
    ///
    /// - Returns: what it measured and used, and the name of what was not finite, if anything.
    private func takeStep(_ step: Int) -> (TrajectoryStep, StepRecord, String?) {
        pass.clear()
        var point = TrajectoryStep(step: step, learningRate: configuration.schedule.rate(step: step - 1))
        let record = terms.record(step: step)
        let forgetLoss = terms.addForget(record, to: pass)
        point.forgetLoss = forgetLoss
        if !forgetLoss.isFinite { return (point, record, "the forget loss") }
        if let loss = terms.addRetain(record, to: pass) {
            point.retainLoss = loss
            if !loss.isFinite { return (point, record, "the retain loss") }
        }
        factors?.takeGradient(pass.gradient)
        let norm = optimizer.step(
            values: factors?.values ?? model.values, gradient: factors?.gradient ?? pass.gradient,
            learningRate: point.learningRate, clipNorm: configuration.clipNorm)
        factors?.merge(into: model, from: pass.reference)
        point.gradientNorm = norm
        return (point, record, norm.isFinite ? nil : "the gradient")
    }

    /// Goes back to the last good state where the run must, and sums up.
    private func finish(_ progress: RunProgress, _ reason: StopReason, _ resumedFrom: Int?) throws -> UnlearnResult {
        var keptStep = progress.step
        switch reason {
        case .guardBreached, .notFinite: keptStep = try restoreChecked()
        case .finished, .interrupted: break
        }
        let kept = progress.trajectory.last { $0.step <= keptStep && $0.guardPerplexity != nil }
        let remarks = UnlearningRemark.all(
            trajectory: progress.trajectory, baseline: progress.baseline, keptStep: keptStep,
            isUnchanged: isUnchanged, isMasked: model.isMasked)
        try audit?.append(
            "unlearn-ended",
            [
                "reason": .string(reason.description), "kept-step": .integer(keptStep),
                "remarks": .array(remarks.map { .string($0.description) }),
            ])
        return UnlearnResult(
            reason: reason, keptStep: keptStep, resumedFrom: resumedFrom, trajectory: progress.trajectory,
            log: progress.log, baseline: progress.baseline,
            kept: kept.flatMap { point in
                point.guardPerplexity.map {
                    GuardReading(
                        perplexity: $0, klDivergence: point.guardKL,
                        scores: point.guardScores.isEmpty ? nil : point.guardScores)
                }
            }, remarks: remarks)
    }

    /// Whether the model has the bits of θ0.
    private var isUnchanged: Bool {
        guard let other = before.model else { return SHA256Hex.of(model.values.bytes) == before.digest }
        let (now, then) = (model.values, other.values)
        return now.count == then.count && memcmp(now.pointer, then.pointer, now.bytes.count) == 0
    }

    private func fields(of point: TrajectoryStep) -> JSON {
        var fields: JSON = ["step": .integer(point.step)]
        for (name, value) in [
            ("forget-loss", point.forgetLoss), ("retain-loss", point.retainLoss),
            ("guard-perplexity", point.guardPerplexity), ("guard-kl", point.guardKL),
        ] { if let value { fields = fields.setting(name, to: .number(value)) } }
        guard !point.guardScores.isEmpty else { return fields }
        let scores = point.guardScores.sorted { $0.key < $1.key }.map { ($0.key, JSON.number($0.value)) }
        fields = fields.setting("guard-scores", to: .object(scores))
        return fields
    }
}
