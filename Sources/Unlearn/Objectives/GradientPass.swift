import LanguageModel
import LinearAlgebra

/// log p of texts by a model that does not change, each measured once.
final class KnownLogProbabilities {
    private var values: [[Int32]: [Double]] = [:]

    func values(of text: ScoredText, measure: () -> [Double]) -> [Double] {
        var key: [Int32] = []
        for sequence in text.sequences {
            key += sequence.inputs + [-1]
            for target in sequence.targets { key += [Int32(target.row), target.token] }
            key.append(-1)
        }
        if let known = values[key] { return known }
        let measured = measure()
        values[key] = measured
        return measured
    }
}

/// Where a loss of a batch leaves its gradient, in passes of bounded size.
///
/// Activations of a pass live until its backward half has run, so a pass takes only as many sequences as fit
/// `passTokens`; every term is a sum over tokens, so the passes add up to the whole batch.
///
/// A loss whose factors depend on the model (a reference-model loss, a loss of whole sentences or of pairs) first
/// measures with ``logProbabilities(of:in:)``, then adds a log-likelihood with the factors that the chain rule gives.
public struct GradientPass {
    /// θ, whose gradient is taken.
    public let model: TransformerModel
    /// θ0 where a term reads it.
    let original: TransformerModel?
    private(set) var gradient: FloatBuffer
    let trainable: ParameterSelection
    let passTokens: Int
    /// What θ0 gave to sequences that were asked for before.
    var known = KnownLogProbabilities()
    /// The two sides of the tied matrix, where the model is a copy that has them apart.
    var tiedSides: (input: ParameterInfo, output: ParameterInfo)?
    /// Factor of what is added.
    var factor = 1.0

    /// The same gradient, with a factor before what is added; losses are returned without it.
    func times(_ factor: Double) -> GradientPass {
        var out = self
        out.factor = factor
        return out
    }

    /// The same with a gradient of its own, of nothing, and without a factor.
    func beside() -> GradientPass {
        var out = self
        out.gradient = FloatBuffer(count: gradient.count)
        out.factor = 1
        return out
    }

    /// θ0, only to be read; the objective must need ``ObjectiveNeed/referenceModel``.
    public var reference: TransformerModel {
        guard let original else { preconditionFailure("an objective that does not say that it needs θ0") }
        return original
    }

    /// Sets the gradient of the trained tensors to 0; that of the others is never touched.
    func clear() {
        for tensor in model.layout.tensors where trainable.contains(tensor) {
            parallelFor(tensor.count, grain: 1 << 18) { range in
                (gradient.pointer + tensor.offset + range.lowerBound).update(repeating: 0, count: range.count)
            }
        }
    }

    /// All tokens of a text that the model can be asked for; of a masked model each by itself, all others given.
    ///
    /// - Parameter tokens: behind the begin token, where the tokenizer has one; of a masked model between begin and end token.
    public func scored(_ tokens: [Int32]) -> ScoredText { model.configuration.scored(tokens) }

    /// Some tokens of a forget sentence; of a masked model a harmful word by itself, all else given.
    public func scored(_ sentence: ForgetSentence, _ scope: TokenScope) -> ScoredText {
        model.configuration.scored(sentence, scope)
    }

    /// log p of every token that some texts ask for, in the order of their targets, by the pass's model or another; weights
    /// aside.
    public func logProbabilities(of texts: [ScoredText], in other: TransformerModel? = nil) -> [[Double]] {
        let sequences = texts.flatMap(\.sequences)
        let logs = (other ?? model).logProbabilities(
            Self.predictions(sequences), in: PackedSequences(sequences.map(\.inputs)))
        var start = 0
        return texts.map { text in
            let count = text.count
            defer { start += count }
            return logs[start..<start + count].map(Double.init)
        }
    }

    /// log p of every token that some texts ask for, in the order of their targets, by θ0; weights aside.
    ///
    /// Measured once a run. Each text is measured by itself, so that it has the same bits whichever step asks for it
    /// first: those of a run that was resumed.
    public func referenceLogProbabilities(of texts: [ScoredText]) -> [[Double]] {
        texts.map { text in known.values(of: text) { logProbabilities(of: [text], in: reference)[0] } }
    }

    /// Adds the gradient of Σ weight · log p.
    ///
    /// - Returns: the sum.
    @discardableResult
    public func addLogLikelihood(_ texts: [ScoredText]) -> Double {
        add(texts.flatMap(\.sequences)) { sequences in
            .weightedLogLikelihood(Self.predictions(sequences, scale: Float(factor)))
        }
    }

    /// Adds the gradient of the mean over all targets of KL(other ‖ model); their weights are not read.
    ///
    /// - Returns: the mean.
    @discardableResult
    public func addDivergence(from other: TransformerModel, at texts: [ScoredText]) -> Double {
        let sequences = texts.flatMap(\.sequences)
        let count = sequences.reduce(0) { $0 + $1.targets.count }
        return add(sequences) { sequences in
            let rows = Self.predictions(sequences).map(\.row)
            let share = Float(factor * Double(rows.count) / Double(max(count, 1)))
            return .klDivergence(from: other, rows: rows, weight: share)
        }
    }

    /// Adds the gradient of a loss of hidden states: those of all tokens of some sequences in the residual stream as
    /// block `layer` receives it, as `hiddenStates(at:in:)` counts them.
    ///
    /// - Parameters:
    ///   - layer: from 0, the embeddings, to the number of blocks.
    ///   - loss: a sum over states, called for some of them at a time. Gets which they are, counted over the tokens of
    ///     all sequences, and the states, `(items, C)`; returns its value and its gradient of the same shape.
    /// - Returns: the sum of its values.
    @discardableResult
    public func addLoss(
        ofHiddenStates layer: Int, of sequences: [[Int32]],
        _ loss: (_ items: [Int], _ states: Matrix<Float>) -> (value: Double, gradient: Matrix<Float>)
    ) -> Double {
        var start = 0
        // The term outlives no call of it.
        return withoutActuallyEscaping(loss) { loss in
            add(sequences.map { ScoredSequence(inputs: $0) }) { sequences in
                let (first, count) = (start, sequences.reduce(0) { $0 + $1.inputs.count })
                start += count
                return .hiddenStates(layer: layer, rows: Array(0..<count)) { items, states in
                    var (value, gradient) = loss(items.map { $0 + first }, states)
                    for i in gradient.elements.indices { gradient.elements[i] *= Float(factor) }
                    return (value * factor, gradient)
                }
            }
        }
    }

    /// Adds the gradient of a term in passes.
    ///
    /// - Returns: the sum of its values, without the factor.
    private func add(_ sequences: [ScoredSequence], _ term: (ArraySlice<ScoredSequence>) -> LossTerm) -> Double {
        var value = 0.0
        for range in passes(sequences) {
            let values = model.accumulateGradient(
                of: [term(sequences[range])], in: PackedSequences(sequences[range].map(\.inputs)), into: gradient,
                trainable: trainable)
            value += values.reduce(0, +)
        }
        return value / factor
    }

    /// The targets of some sequences as rows of their packed inputs.
    static func predictions(_ sequences: some Sequence<ScoredSequence>, scale: Float = 1) -> [Prediction] {
        var predictions: [Prediction] = []
        var start = 0
        for sequence in sequences {
            for target in sequence.targets {
                predictions.append(
                    Prediction(row: start + target.row, token: target.token, weight: scale * target.weight))
            }
            start += sequence.inputs.count
        }
        return predictions
    }

    private func passes(_ sequences: [ScoredSequence]) -> [Range<Int>] {
        var passes: [Range<Int>] = []
        var start = 0
        var tokens = 0
        for (index, sequence) in sequences.enumerated() {
            if index > start, tokens + sequence.inputs.count > passTokens {
                passes.append(start..<index)
                start = index
                tokens = 0
            }
            tokens += sequence.inputs.count
        }
        if start < sequences.count { passes.append(start..<sequences.count) }
        return passes
    }
}
