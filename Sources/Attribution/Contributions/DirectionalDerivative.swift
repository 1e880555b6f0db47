import LanguageModel
import LinearAlgebra

/// Derivatives of many log-probabilities along directions of the parameters.
///
/// Reverse mode would take a backward pass for each log-probability; here all of them cost two scorings and two products
/// with the output matrix. The direction is taken apart:
///
/// - its part in the output matrix by the closed form ⟨w_y − Σ_v p(v) w_v, h⟩. An adaptive optimiser moves the rows of
///   words that are hardly ever predicted as far as any other, so along this part the softmax is linear only over steps
///   far below what Float32 resolves;
/// - the rest, which reaches log p through the hidden state h, by central differences. The step is chosen so that the
///   log-probability that moves most moves by about 0.004 nats: rounding is then some 1e-3 of it, the third-order
///   remainder as little.
///
/// A test holds single derivatives against autograd.
final class DirectionalDerivative {
    /// What is asked for, and what the output matrix meets there.
    private struct Head {
        let predictions: [Prediction]
        let sequences: PackedSequences
        /// Final hidden state of each prediction, `(n, D)`.
        let hidden: Matrix<Float>
        /// Logits of each prediction with their log-sum-exp.
        let kept: KeptPredictions
    }

    private let model: TransformerModel
    /// A model whose output matrix stays as it is while all else is moved.
    private let scratch: TransformerModel
    private var head: Head?
    /// For each direction the length of the step, in parameters, that suited it before.
    private var reach: [Int: Double] = [:]

    private static let wanted = 0.004
    private static let accepted = 0.0015...0.01
    private static let attempts = 6
    /// Rows of the output matrix that are taken at once.
    private static let blockRows = 2048

    /// - Parameter model: whose values may change between calls.
    init(_ model: TransformerModel) {
        self.model = model
        scratch = model.untied()
    }

    /// Asks for some log-probabilities at the model's present values.
    func prepare(_ predictions: [Prediction], in sequences: PackedSequences) {
        let rows = predictions.map(\.row)
        guard !rows.isEmpty, let hidden = model.hiddenStates(at: rows, in: sequences).last else {
            head = nil
            return
        }
        model.releaseWorkingMemory()
        head = Head(
            predictions: predictions, sequences: sequences, hidden: hidden,
            kept: model.keepPredictions(at: rows, in: sequences))
        let output = scratch.outputEmbedding
        scratch.tensor(output).baseAddress?.update(
            from: model.values.pointer + model.outputEmbedding.offset, count: output.count)
    }

    /// ⟨w, ∇ log p⟩ of each prediction that was prepared, where w = `gradient` ⊙ `coefficients`.
    ///
    /// - Parameter direction: a number for directions that follow each other from step to step.
    func values(_ direction: Int, along gradient: FloatBuffer, times coefficients: FloatBuffer) -> [Double] {
        guard let head else { return [] }
        let output = throughOutput(head, gradient, coefficients)
        let rest = throughHidden(head, direction, gradient, coefficients)
        return zip(output, rest).map { $0 + $1 }
    }

    // MARK: The output matrix

    /// ⟨w_y − Σ_v p(v) w_v, h⟩ of each prediction, a block of rows of w at a time.
    private func throughOutput(_ head: Head, _ gradient: FloatBuffer, _ coefficients: FloatBuffer) -> [Double] {
        let matrix = model.outputEmbedding
        let (vocabulary, width) = (matrix.shape[0], matrix.shape[1])
        let count = head.predictions.count
        var sums = [Double](repeating: 0, count: count)
        let block = FloatBuffer(count: min(Self.blockRows, vocabulary) * width)
        let products = FloatBuffer(count: count * min(Self.blockRows, vocabulary))
        let (g, c) = (gradient.pointer + matrix.offset, coefficients.pointer + matrix.offset)
        for start in stride(from: 0, to: vocabulary, by: Self.blockRows) {
            let rows = start..<min(vocabulary, start + Self.blockRows)
            parallelFor(rows.count * width, grain: 1 << 14) { part in
                for i in part { block.pointer[i] = g[start * width + i] * c[start * width + i] }
            }
            for buffer in [gradient, coefficients] {
                buffer.release(matrix.offset + rows.lowerBound * width..<matrix.offset + rows.upperBound * width)
            }
            head.hidden.elements.withUnsafeBufferPointer { hidden in
                guard let hidden = hidden.baseAddress else { return }
                BLAS.gemm(
                    transposeB: true, m: count, n: rows.count, k: width, hidden, lda: width, block.pointer,
                    ldb: width, products.pointer, ldc: rows.count)
            }
            sums.withUnsafeMutableBufferPointer { sums in
                nonisolated(unsafe) let sums = sums
                parallelFor(count) { part in
                    for t in part {
                        let slope = products.pointer + t * rows.count
                        let token = Int(head.predictions[t].token)
                        if rows.contains(token) { sums[t] += Double(slope[token - start]) }
                        head.kept.eachProbability(of: t, in: rows) { v, p in sums[t] -= p * Double(slope[v - start]) }
                    }
                }
            }
        }
        return sums
    }

    // MARK: The hidden state

    private func throughHidden(
        _ head: Head, _ direction: Int, _ gradient: FloatBuffer, _ coefficients: FloatBuffer
    ) -> [Double] {
        let length = norm(gradient, coefficients)
        guard length > 0, length.isFinite else { return head.predictions.map { _ in 0 } }
        // At first a thousandth of the parameters' own length.
        var step = reach[direction] ?? 1e-3 * norm(model.values, nil)
        var result: [Double] = []
        for _ in 0..<Self.attempts {
            let factor = Float(step / length)
            let plus = logProbabilities(head, gradient, coefficients, factor)
            let minus = logProbabilities(head, gradient, coefficients, -factor)
            let changes = zip(plus, minus).map { (Double($0) - Double($1)) / 2 }
            result = changes.map { $0 / Double(factor) }
            let most = changes.reduce(0) { max($0, abs($1)) }
            if Self.accepted.contains(most) { break }
            step *= most.isFinite ? min(1e3, max(1e-3, Self.wanted / max(most, 1e-12))) : 1e-3
        }
        reach[direction] = step
        return result
    }

    private func logProbabilities(
        _ head: Head, _ gradient: FloatBuffer, _ coefficients: FloatBuffer, _ factor: Float
    ) -> [Float] {
        for (range, place) in hiddenRanges {
            let out = scratch.values.pointer + place - range.lowerBound
            let (x, g, c) = (model.values.pointer, gradient.pointer, coefficients.pointer)
            FloatBuffer.walk(range) { part in
                for i in part { out[i] = x[i] + factor * (g[i] * c[i]) }
            } then: { part in
                for buffer in [gradient, coefficients] { buffer.release(part) }
            }
        }
        return scratch.logProbabilities(head.predictions, in: head.sequences)
    }

    /// The tensors that reach log p through the hidden state, and where each begins in ``scratch``.
    private lazy var hiddenRanges: [(range: Range<Int>, place: Int)] = model.layout.tensors.compactMap { tensor in
        guard let other = scratch.layout[tensor.name], other.offset != scratch.outputEmbedding.offset else {
            return nil
        }
        return (tensor.range, other.offset)
    }

    /// ‖a ⊙ b‖, or ‖a‖, over ``hiddenRanges``, summed in blocks of fixed size.
    private func norm(_ a: FloatBuffer, _ b: FloatBuffer?) -> Double {
        let size = 1 << 16
        let blocks = hiddenRanges.flatMap { range, _ in
            stride(from: range.lowerBound, to: range.upperBound, by: size).map { $0..<min($0 + size, range.upperBound) }
        }
        var sums = [Double](repeating: 0, count: blocks.count)
        sums.withUnsafeMutableBufferPointer { sums in
            nonisolated(unsafe) let sums = sums
            parallelFor(blocks.count) { part in
                for block in part {
                    sums[block] = blocks[block].reduce(0.0) { sum, i in
                        let value = Double(a.pointer[i]) * (b.map { Double($0.pointer[i]) } ?? 1)
                        return sum + value * value
                    }
                    a.release(blocks[block])
                    b?.release(blocks[block])
                }
            }
        }
        return sums.reduce(0, +).squareRoot()
    }
}
