import FileSupport
import LanguageModel
import LinearAlgebra

/// A run's update, decomposed: its steps taken again from θ0, to say what moved what.
///
/// The steps follow from the inputs, the configuration and the seed, so nothing of the run is needed but the number of
/// steps that it kept.
public final class UpdateDecomposition {
    /// θ0; the retain term's divergence is taken from it, so it must not change.
    public let before: TransformerModel
    /// The sentences that were forgotten.
    public var forget: ForgetSet { terms.forget }
    /// What the run was configured with.
    public let configuration: UnlearnConfiguration
    /// Steps that are repeated.
    public let steps: Int
    let trainable: ParameterSelection
    private var terms: StepTerms
    /// What θ0 gives to forget sentences.
    private let known = KnownLogProbabilities()

    /// Why the forget term cannot be told apart by token, and with it by sentence and word; nil where it can.
    public var lacksTokenWeights: String? {
        configuration.method.objective is any TokenWeightedObjective
            ? nil : "not available for the objective \(configuration.method.name), which is no sum over tokens"
    }

    /// Makes ready to repeat a run.
    ///
    /// - Parameters:
    ///   - before: θ0; not changed.
    ///   - retain: the run's retain text; needed where the loss has a retain term.
    ///   - steps: the steps whose update the run kept (``UnlearnResult/keptStep``), at most the configuration's.
    /// - Throws: `InputError` for a configuration that cannot be meant, low-rank training, and a text or pairs that are missing.
    public init(
        before: TransformerModel, forget: ForgetSet, retain: TextPieces?, configuration: UnlearnConfiguration,
        steps: Int
    ) throws {
        try configuration.validate()
        try configuration.requireDense("the update decomposition", "why.decomposition")
        precondition(steps >= 0 && steps <= configuration.steps, "\(steps) of \(configuration.steps) steps")
        self.before = before
        self.configuration = configuration
        self.steps = steps
        trainable = try ParameterSelection(parsing: configuration.parameters, at: "parameters")
        terms = try StepTerms(
            before.configuration, forget: forget, retain: retain, configuration: configuration)
    }

    /// Repeats the steps and splits the update by what made it.
    ///
    /// The network that gradients are taken in has its two embedding sides apart (`untied()`) and is set to
    /// the same tied values at every step. Costs what the run cost without its guard. Memory, in models: 9.5 with a retain
    /// term, 6.5 without; 3.3 of them are returned. With a folder, what belongs to the terms lies in files without a name, and
    /// 5 are left. What the objective holds comes on top.
    ///
    /// - Parameters:
    ///   - folder: where large buffers lie; nil keeps them in memory.
    ///   - progress: called after every step with its number; what it throws ends the work.
    /// - Throws: `InputError` when a gradient is not finite where the run's was, `UnfinishedError` when the disk has no room.
    public func split(in folder: String? = nil, progress: (Int) throws -> Void = { _ in }) throws -> UpdateTerms {
        let untied = before.untied()
        let side = before.hasTiedEmbeddings ? untied.outputEmbedding : nil
        // The optimiser sees the tied parameters, which come first in the untied model.
        // A head's bias may have another name beside a head of its own.
        precondition(
            zip(before.layout.tensors, untied.layout.tensors).allSatisfy {
                $0.range == $1.range && $0.shape == $1.shape
            },
            "an untied model whose other tensors have other places")
        let optimizer = Optimizer(configuration.optimizer, layout: before.layout, trainable: trainable)
        var pass = pass(untied, FloatBuffer(count: untied.layout.count))
        pass.tiedSides = side.map { (before.inputEmbedding, $0) }
        let sums = try TermSums(
            optimizer, before: before, splitsRetain: configuration.hasRetainTerm, clipNorm: configuration.clipNorm,
            folder: folder)
        for step in stride(from: 1, through: steps, by: 1) {
            let record = terms.record(step: step)
            let rate = configuration.schedule.rate(step: step - 1)
            pass.clear()
            _ = terms.addForget(record, to: pass)
            sums.keepForget(pass.gradient, output: side)
            _ = terms.addRetain(record, to: pass)
            if let side { join(before.inputEmbedding, side, in: pass.gradient) }
            sums.addDecay(untied.values, learningRate: rate)
            let norm = optimizer.step(
                values: untied.values, gradient: pass.gradient, learningRate: rate, clipNorm: configuration.clipNorm)
            try requireFinite(norm, step)
            sums.addStep(norm: norm, learningRate: rate)
            if let side {
                untied.tensor(side).baseAddress?.update(
                    from: untied.values.pointer + before.inputEmbedding.offset, count: side.count)
            }
            try progress(step)
        }
        return try update(untied, sums, folder)
    }

    /// The terms of the update that a model shows, whose tied parameters come first.
    private func update(_ after: TransformerModel, _ sums: TermSums, _ folder: String?) throws -> UpdateTerms {
        // What neither the forget term nor decay did is the retain term's; without one, all that decay did not do is
        // the forget term's.
        let rest = try FloatBuffer(count: before.layout.count, in: folder)
        let (start, end) = (before.values.pointer, after.values.pointer)
        FloatBuffer.walk(0..<rest.count) { part in
            for i in part { rest.pointer[i] = end[i] - start[i] }
            if let forget = sums.forget { for i in part { rest.pointer[i] -= forget.pointer[i] } }
            if let decay = sums.decay { for i in part { rest.pointer[i] -= decay.pointer[i] } }
        } then: { part in
            for buffer in [rest, sums.forget, sums.decay] { buffer?.release(part) }
        }
        return UpdateTerms(
            steps: steps, before: before, forget: sums.forget ?? rest, retain: sums.forget == nil ? nil : rest,
            decay: sums.decay, output: sums.output)
    }

    /// Adds the output side of a tied matrix's gradient to its input side.
    private func join(_ input: ParameterInfo, _ output: ParameterInfo, in gradient: FloatBuffer) {
        let (to, from) = (gradient.pointer + input.offset, gradient.pointer + output.offset)
        parallelFor(input.count, grain: 1 << 14) { part in for i in part { to[i] += from[i] } }
    }

    private func requireFinite(_ norm: Double, _ step: Int) throws {
        guard norm.isFinite else {
            throw InputError(
                "the gradient of step \(step) is not finite when the run is repeated", at: "why.decomposition",
                remedy: "repeat on the machine of the run, or leave the update decomposition out")
        }
    }

    // MARK: Steps as they were

    /// Repeats the steps bit for bit and hands over each before its update, with how its gradient enters Δθ.
    ///
    /// Needs an objective whose gradient is a sum of weighted ∇ log p; see ``lacksTokenWeights``.
    ///
    /// The coefficient of step s is c_s = ∂(−Δθ)/∂g_s element by element, the second moment taken as given: for AdamW
    /// (1 − β1) · clip_s · Σ_{t≥s} η_t β1^{t−s}/(1 − β1ᵗ)/(√v̂_t + ε), for SGD clip_s · Σ_{t≥s} η_t μ^{t−s}, so that
    /// Δθ = −Σ_s c_s ⊙ g_s without weight decay. AdamW's needs √v̂ of all later steps: a run of the steps beforehand
    /// keeps them where they fit `limit`, else only the last, between which and v̂_s the others are then interpolated.
    ///
    /// - Parameters:
    ///   - limit: bytes for kept √v̂.
    ///   - folder: where coefficients lie that are large; nil keeps them in memory.
    ///   - onPrepared: called after every step of the run beforehand, which AdamW needs, with its number.
    ///   - body: called for every step; what it throws ends the work.
    /// - Returns: whether the coefficients are exact.
    /// - Throws: `InputError` with ``lacksTokenWeights`` where that is not nil, and for a gradient that is not finite.
    @discardableResult
    public func walk(
        limit: Int = 2 << 30, folder: String? = nil, onPrepared: (Int) throws -> Void = { _ in },
        body: (RepeatedStep) throws -> Void
    ) throws -> Bool {
        if let reason = lacksTokenWeights {
            throw InputError(reason, at: "objective.method", remedy: "leave contributions out")
        }
        let coefficients = try StepCoefficients(
            configuration.optimizer, layout: before.layout, trainable: trainable,
            rates: (0..<steps).map { configuration.schedule.rate(step: $0) }, limit: limit, folder: folder)
        let current = before.copy()
        if coefficients.needsRehearsal {
            try repeatSteps(current) { step, gradient, scale, optimizer in
                coefficients.rehearse(step: step, gradient: gradient, scale: scale, optimizer)
                try onPrepared(step)
            }
            coefficients.finishRehearsal()
        }
        try repeatSteps(current) { step, gradient, scale, optimizer in
            coefficients.take(step: step, gradient: gradient, scale: scale, optimizer)
            let record = terms.record(step: step)
            let texts = terms.forgetTexts(record, in: pass(current, gradient)) ?? []
            let sequences = texts.flatMap(\.sequences)
            try body(
                RepeatedStep(
                    step: step, model: current, sequences: PackedSequences(sequences.map(\.inputs)),
                    predictions: GradientPass.predictions(sequences, scale: Float(configuration.forgetWeight)),
                    sources: zip(record.sentences, texts).flatMap { sentence, text in
                        text.targets.map { (sentence: sentence, position: $0.position) }
                    }, sentences: record.sentences, coefficients: coefficients.values))
        }
        return coefficients.isExact
    }

    private func pass(_ model: TransformerModel, _ gradient: FloatBuffer) -> GradientPass {
        GradientPass(
            model: model, original: before, gradient: gradient, trainable: trainable,
            passTokens: configuration.passTokens, known: known)
    }

    /// Takes the run's own steps in `current`; `look` sees each between its gradient and its update.
    private func repeatSteps(
        _ current: TransformerModel, _ look: (Int, FloatBuffer, Double, Optimizer) throws -> Void
    ) throws {
        current.values.assign(before.values)
        let optimizer = Optimizer(configuration.optimizer, layout: before.layout, trainable: trainable)
        let pass = pass(current, FloatBuffer(count: before.layout.count))
        for step in stride(from: 1, through: steps, by: 1) {
            let record = terms.record(step: step)
            pass.clear()
            _ = terms.addForget(record, to: pass)
            _ = terms.addRetain(record, to: pass)
            let norm = optimizer.norm(of: pass.gradient)
            try requireFinite(norm, step)
            let scale = Optimizer.clipFactor(norm: norm, clipNorm: configuration.clipNorm)
            try look(step, pass.gradient, scale, optimizer)
            optimizer.step(
                values: current.values, gradient: pass.gradient,
                learningRate: configuration.schedule.rate(step: step - 1), clipNorm: configuration.clipNorm)
        }
    }
}

/// A step of the run before its update.
public struct RepeatedStep {
    /// The step, from 1.
    public let step: Int
    /// θ before the step's update; to read.
    public let model: TransformerModel
    /// The forget sentences up to their last token that is forgotten; of a masked model each with what is hidden.
    public let sequences: PackedSequences
    /// The tokens that are forgotten in ``sequences``, each with the factor of its log p in the loss that was minimised.
    public let predictions: [Prediction]
    /// For each of ``predictions`` the index of its sentence in the forget set and its position there.
    public let sources: [(sentence: Int, position: Int)]
    /// Indices of the sentences that the step used; one drawn twice stands twice.
    public let sentences: [Int]
    /// c: the gradient g of this step entered the update as −c ⊙ g; in the order of the layout, zero where frozen.
    public let coefficients: FloatBuffer
}
