import Foundation
import LinearAlgebra

/// Updates parameters from a gradient, in one pass over flat memory.
///
/// AdamW is `torch.optim.AdamW` and SGD `torch.optim.SGD` (without dampening and Nesterov), with the same order of
/// operations; clipping is `torch.nn.utils.clip_grad_norm_` over the trained tensors. Tests hold ten steps of each
/// against PyTorch to 1e-4. Moments exist only for trained tensors.
public final class Optimizer {
    /// What a resumed run needs besides the parameters.
    public struct State: Sendable, Equatable {
        /// Steps made so far.
        public var step: Int
        /// AdamW's first moments, or SGD's momentum, of the trained tensors in layout order.
        public var first: [Float]
        /// AdamW's second moments; empty for SGD.
        public var second: [Float]
    }

    /// The update rule and its constants.
    public let configuration: OptimizerConfiguration
    /// Steps made so far.
    public private(set) var stepCount = 0
    /// The trained tensors, neighbours joined; the moments hold them one after the other.
    package let ranges: [Range<Int>]
    private let first: FloatBuffer
    private let second: FloatBuffer

    /// An optimiser for the selected tensors of a layout.
    public init(
        _ configuration: OptimizerConfiguration, layout: ParameterLayout, trainable: ParameterSelection = .all
    ) {
        self.configuration = configuration
        var ranges: [Range<Int>] = []
        for tensor in layout.tensors where trainable.contains(tensor) {
            if let last = ranges.last, last.upperBound == tensor.offset {
                ranges[ranges.count - 1] = last.lowerBound..<tensor.range.upperBound
            } else {
                ranges.append(tensor.range)
            }
        }
        self.ranges = ranges
        let count = ranges.reduce(0) { $0 + $1.count }
        let isAdam = configuration.name == .adamw
        first = FloatBuffer(count: isAdam || configuration.momentum != 0 ? count : 0)
        second = FloatBuffer(count: isAdam ? count : 0)
    }

    /// Makes one step.
    ///
    /// - Parameters:
    ///   - values: the parameters, changed in place.
    ///   - gradient: in the same order; read only.
    ///   - learningRate: of this step; the configuration's is not used here.
    ///   - clipNorm: most that the gradient's norm may be; a longer one is scaled down to it.
    /// - Returns: the gradient's norm over the trained tensors, before clipping. When it is not finite, nothing
    ///   changes and the step does not count: the caller decides how to go on.
    @discardableResult
    public func step(
        values: FloatBuffer, gradient: FloatBuffer, learningRate: Double, clipNorm: Double? = nil
    ) -> Double {
        let norm = self.norm(of: gradient)
        guard norm.isFinite else { return norm }
        let gradientScale = Self.clipFactor(norm: norm, clipNorm: clipNorm)
        stepCount += 1
        var offset = 0
        for range in ranges {
            update(values, gradient, range, momentsAt: offset, learningRate, Float(gradientScale))
            offset += range.count
        }
        return norm
    }

    /// The factor that a gradient of a norm is scaled by to be no longer than `clipNorm`.
    package static func clipFactor(norm: Double, clipNorm: Double?) -> Double {
        clipNorm.map { min(1, $0 / (norm + 1e-6)) } ?? 1
    }

    /// AdamW's factors at its `count`th step, of m and of √v: Δ = −`step` · m/(√v · `inverseRoot` + ε).
    package func adamFactors(at count: Int, learningRate: Double) -> (step: Double, inverseRoot: Double) {
        (
            learningRate / (1 - pow(configuration.beta1, Double(count))),
            1 / (1 - pow(configuration.beta2, Double(count))).squareRoot()
        )
    }

    /// ‖gradient‖ over the trained tensors.
    ///
    /// Blocks of fixed size, summed in order: the same bits for any number of threads.
    public func norm(of gradient: FloatBuffer) -> Double {
        let size = 1 << 18
        let blocks = ranges.flatMap { range in
            stride(from: range.lowerBound, to: range.upperBound, by: size).map {
                $0..<min($0 + size, range.upperBound)
            }
        }
        var sums = [Double](repeating: 0, count: blocks.count)
        sums.withUnsafeMutableBufferPointer { sums in
            parallelFor(blocks.count) { part in
                for i in part {
                    sums[i] = kernels.sum_of_squares(gradient.pointer + blocks[i].lowerBound, blocks[i].count)
                }
            }
        }
        return sums.reduce(0, +).squareRoot()
    }

    private func update(
        _ values: FloatBuffer, _ gradient: FloatBuffer, _ range: Range<Int>, momentsAt offset: Int,
        _ learningRate: Double, _ gradientScale: Float
    ) {
        let c = configuration
        let (adamStep, inverseRoot) = adamFactors(at: stepCount, learningRate: learningRate)
        let hasMomentum = c.momentum != 0
        parallelFor(range.count, grain: elementGrain) { part in
            let start = range.lowerBound + part.lowerBound
            let (p, g) = (values.pointer + start, gradient.pointer + start)
            let m = first.pointer + (first.count > 0 ? offset + part.lowerBound : 0)
            switch c.name {
            case .adamw:
                kernels.adamw(
                    p, g, m, second.pointer + offset + part.lowerBound, part.count, gradientScale, Float(c.beta1),
                    Float(c.beta2), Float(1 - learningRate * c.weightDecay), Float(adamStep), Float(inverseRoot),
                    Float(c.epsilon))
            case .sgd:
                kernels.sgd(
                    p, g, hasMomentum ? m : nil, part.count, gradientScale, Float(learningRate), Float(c.weightDecay),
                    Float(c.momentum))
            }
        }
    }

    /// The state, for a run to be resumed from.
    public func exportState() -> State {
        State(step: stepCount, first: Array(first.buffer), second: Array(second.buffer))
    }

    /// The moments in place, for a large run to save and restore without a copy of them; a rule without some has a
    /// buffer of no floats.
    package var moments: [FloatBuffer] { [first, second] }

    /// Goes on from a step whose moments were put back in place.
    package func resume(at step: Int) { stepCount = step }

    /// Goes on from an exported state; returns false, and changes nothing, when it belongs to other tensors.
    public func importState(_ state: State) -> Bool {
        guard state.first.count == first.count, state.second.count == second.count, state.step >= 0 else {
            return false
        }
        stepCount = state.step
        _ = first.buffer.update(fromContentsOf: state.first)
        _ = second.buffer.update(fromContentsOf: state.second)
        return true
    }
}
