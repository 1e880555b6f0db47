import LanguageModel
import LinearAlgebra

/// Derivatives of many log-probabilities along directions of the parameters.
///
/// Reverse mode would take a backward pass for each log-probability; here all of them cost two passes up to the head and
/// two products with the output matrix. The direction is taken apart:
///
/// - its part in the head by the closed form ⟨s, ΔW h + Δb⟩ with s = ∂ log p / ∂(Wh + b). An adaptive optimiser moves the
///   rows of words that are hardly ever predicted as far as any other, so along this part the softmax is linear only over
///   steps far below what Float32 resolves;
/// - the rest, which reaches log p through the head's input h, as ⟨Wᵀs, Δh⟩, where Δh is a central difference. The step is
///   chosen so that the log-probability that moves most moves by about 0.004 nats: rounding is then some 1e-3 of it, the
///   third-order remainder as little.
///
/// A test holds single derivatives against autograd.
final class DirectionalDerivative {
    /// What is asked for, and what of the head its derivatives rest on.
    private struct Head {
        let predictions: [Prediction]
        let sequences: PackedSequences
        /// h of each prediction, `(n, C)`.
        let inputs: Matrix<Float>
        /// s of each prediction, `(n, V)`.
        let slopes: FloatBuffer
        /// Wᵀs of each prediction, `(n, C)`.
        let inputSlopes: Matrix<Float>
    }

    private let model: TransformerModel
    /// A model that is moved.
    private let scratch: TransformerModel
    /// The direction w.
    private let direction: FloatBuffer
    private var head: Head?
    /// For the number of each direction the length of the step, in parameters, that suited it before.
    private var reach: [Int: Double] = [:]

    private static let wanted = 0.004
    private static let accepted = 0.0015...0.01
    private static let attempts = 6
    /// Rows of the output matrix that are taken at once.
    private static let blockRows = 2048

    /// - Parameter model: whose values may change between calls.
    init(_ model: TransformerModel) {
        self.model = model
        scratch = model.copy()
        direction = FloatBuffer(count: model.layout.count)
    }

    /// Asks for some log-probabilities at the model's present values.
    func prepare(_ predictions: [Prediction], in sequences: PackedSequences) {
        head = nil
        let rows = predictions.map(\.row)
        guard !rows.isEmpty else { return }
        let slopes = model.logitSlopes(of: predictions, in: sequences)
        let matrix = model.outputEmbedding
        let (vocabulary, width) = (matrix.shape[0], matrix.shape[1])
        var inputSlopes = Matrix<Float>(rows: rows.count, columns: width)
        inputSlopes.elements.withUnsafeMutableBufferPointer { out in
            guard let out = out.baseAddress else { return }
            BLAS.gemm(
                m: rows.count, n: width, k: vocabulary, slopes.pointer, lda: vocabulary,
                model.values.pointer + matrix.offset, ldb: width, out, ldc: width)
        }
        head = Head(
            predictions: predictions, sequences: sequences, inputs: model.headInputs(at: rows, in: sequences),
            slopes: slopes, inputSlopes: inputSlopes)
        model.releaseWorkingMemory()
    }

    /// ⟨w, ∇ log p⟩ of each prediction that was prepared, where w = `gradient` ⊙ `coefficients`.
    ///
    /// - Parameter number: of directions that follow each other from step to step.
    func values(_ number: Int, along gradient: FloatBuffer, times coefficients: FloatBuffer) -> [Double] {
        guard let head else { return [] }
        let (g, c, w) = (gradient.pointer, coefficients.pointer, direction.pointer)
        FloatBuffer.walk(0..<direction.count) { part in
            for i in part { w[i] = g[i] * c[i] }
        } then: { part in
            for buffer in [gradient, coefficients] { buffer.release(part) }
        }
        return zip(throughHead(head), throughInputs(head, number)).map { $0 + $1 }
    }

    // MARK: The head

    /// ⟨s, ΔW h + Δb⟩ of each prediction, a block of rows of ΔW at a time.
    private func throughHead(_ head: Head) -> [Double] {
        let matrix = model.outputEmbedding
        let (vocabulary, width) = (matrix.shape[0], matrix.shape[1])
        let count = head.predictions.count
        var sums = [Double](repeating: 0, count: count)
        let size = min(Self.blockRows, vocabulary)
        let products = FloatBuffer(count: count * size)
        let bias = model.headBias.map { direction.pointer + $0.offset }
        for start in stride(from: 0, to: vocabulary, by: size) {
            let rows = min(size, vocabulary - start)
            head.inputs.elements.withUnsafeBufferPointer { inputs in
                guard let inputs = inputs.baseAddress else { return }
                BLAS.gemm(
                    transposeB: true, m: count, n: rows, k: width, inputs, lda: width,
                    direction.pointer + matrix.offset + start * width, ldb: width, products.pointer, ldc: rows)
            }
            sums.withUnsafeMutableBufferPointer { sums in
                nonisolated(unsafe) let sums = sums
                parallelFor(count) { part in
                    for t in part {
                        let change = products.pointer + t * rows
                        let slope = head.slopes.pointer + t * vocabulary + start
                        var sum = 0.0
                        for v in 0..<rows { sum += Double(slope[v]) * Double(change[v] + (bias?[start + v] ?? 0)) }
                        sums[t] += sum
                    }
                }
            }
        }
        return sums
    }

    // MARK: What the head reads

    /// ⟨Wᵀs, Δh⟩ of each prediction.
    private func throughInputs(_ head: Head, _ number: Int) -> [Double] {
        let length = norm(direction)
        guard length > 0, length.isFinite else { return head.predictions.map { _ in 0 } }
        // At first a thousandth of the parameters' own length.
        var step = reach[number] ?? 1e-3 * norm(model.values)
        // A slope may be so slight that what curves takes over before the change is as large as wanted: then the largest
        // step that is too small comes nearest to it.
        var (low, high) = (0.0, Double.infinity)
        var result: [Double] = []
        for _ in 0..<Self.attempts {
            let factor = Float(step / length)
            let plus = inputs(head, factor)
            let minus = inputs(head, -factor)
            let changes = head.predictions.indices.map { t in
                let (slopes, above, below) = (head.inputSlopes.row(t), plus.row(t), minus.row(t))
                return zip(slopes, zip(above, below)).reduce(into: 0.0) { sum, next in
                    let (slope, (above, below)) = next
                    sum += Double(slope) * (Double(above) - Double(below)) / 2
                }
            }
            let most = changes.reduce(0) { max($0, abs($1)) }
            let isTooLarge = !(most <= Self.accepted.upperBound)
            if !isTooLarge || low == 0 {
                result = changes.map { $0 / Double(factor) }
                reach[number] = step
            }
            if Self.accepted.contains(most) { break }
            if isTooLarge { high = step } else { low = step }
            step =
                low > 0 && high.isFinite
                ? (low * high).squareRoot()
                : step * (most.isFinite ? min(1e3, max(1e-3, Self.wanted / max(most, 1e-12))) : 1e-3)
        }
        return result
    }

    /// h at θ + factor · w, `(n, C)`.
    private func inputs(_ head: Head, _ factor: Float) -> Matrix<Float> {
        let (out, x, w) = (scratch.values.pointer, model.values.pointer, direction.pointer)
        for range in inputRanges {
            parallelFor(range.count, grain: 1 << 14) { part in
                for i in range.lowerBound + part.lowerBound..<range.lowerBound + part.upperBound {
                    out[i] = x[i] + factor * w[i]
                }
            }
        }
        return scratch.headInputs(at: head.predictions.map(\.row), in: head.sequences)
    }

    /// The tensors that h depends on: all but the head's own. A tied matrix is one of them.
    private lazy var inputRanges: [Range<Int>] = model.layout.tensors.filter { tensor in
        tensor != model.headBias && (model.hasTiedEmbeddings || tensor.offset != model.outputEmbedding.offset)
    }.map(\.range)

    /// ‖a‖ over ``inputRanges``.
    private func norm(_ a: FloatBuffer) -> Double {
        inputRanges.reduce(0) { $0 + blockSum($1, a.pointer, a.pointer) }.squareRoot()
    }
}
