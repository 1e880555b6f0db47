import LanguageModel
import LinearAlgebra

/// Random updates whose norm in every tensor is that of a given update.
///
/// Draw k is regenerated from its number whenever it is wanted: standard normal elements from streams of their own for
/// every block of 32,768 elements, so the result depends neither on the number of threads nor on other draws.
package final class RandomDirection {
    /// One stretch of a tensor with a random stream of its own.
    private struct Block {
        let tensor: Int
        let range: Range<Int>
    }

    private let layout: ParameterLayout
    private let norms: [Double]
    private let blocks: [Block]
    /// The elements of the current draw before the factors, zero where the update is.
    private let elements: FloatBuffer
    /// Factor of each tensor of the current draw that gives it the update's norm.
    private var factors: [Double]

    /// - Parameter norms: the norm that each tensor must have, in the order of the layout; 0 leaves it alone.
    package init(layout: ParameterLayout, norms: [Double]) {
        self.layout = layout
        self.norms = norms
        let size = 1 << 15
        blocks = layout.tensors.indices.filter { norms[$0] > 0 }.flatMap { tensor in
            let range = layout.tensors[tensor].range
            return stride(from: range.lowerBound, to: range.upperBound, by: size).map {
                Block(tensor: tensor, range: $0..<min($0 + size, range.upperBound))
            }
        }
        elements = FloatBuffer(count: layout.count)
        factors = [Double](repeating: 0, count: layout.tensors.count)
    }

    /// Makes a draw the current one.
    ///
    /// - Returns: its inner product with each of `gradients`, at scale 1.
    package func draw(_ draw: Int, seed: UInt64, gradients: [FloatBuffer]) -> [Double] {
        let width = gradients.count + 1
        // Per block: the sum of squares, then the product with each gradient.
        var sums = [Double](repeating: 0, count: blocks.count * width)
        sums.withUnsafeMutableBufferPointer { sums in
            nonisolated(unsafe) let sums = sums
            parallelFor(blocks.count) { range in
                for b in range {
                    self.fill(
                        b, draw, seed, gradients,
                        UnsafeMutableBufferPointer(rebasing: sums[b * width..<(b + 1) * width]))
                }
            }
        }
        var squares = [Double](repeating: 0, count: norms.count)
        for (b, block) in blocks.enumerated() { squares[block.tensor] += sums[b * width] }
        for tensor in norms.indices {
            factors[tensor] = squares[tensor] > 0 ? norms[tensor] / squares[tensor].squareRoot() : 0
        }
        var products = [Double](repeating: 0, count: gradients.count)
        for (b, block) in blocks.enumerated() {
            for g in gradients.indices { products[g] += factors[block.tensor] * sums[b * width + 1 + g] }
        }
        return products
    }

    /// Sets `scratch` to `base` plus the current draw times `scale`.
    package func apply(scale: Double, base: TransformerModel, to scratch: TransformerModel) {
        let (x, out) = (base.values.buffer, scratch.values.buffer)
        let (blocks, factors, elements) = (blocks, factors, elements.buffer)
        parallelFor(blocks.count) { range in
            for block in blocks[range] {
                let factor = Float(scale * factors[block.tensor])
                for i in block.range { out[i] = x[i] + factor * elements[i] }
                base.values.release(block.range)
            }
        }
    }

    private func fill(
        _ b: Int, _ draw: Int, _ seed: UInt64, _ gradients: [FloatBuffer], _ sums: UnsafeMutableBufferPointer<Double>
    ) {
        var stream = RandomStream(seed: seed, label: "random-update-\(draw)/\(b)")
        let block = blocks[b]
        var square = 0.0
        for i in block.range {
            let value = Float(stream.normal())
            elements.pointer[i] = value
            square += Double(value) * Double(value)
        }
        sums[0] = square
        for (g, gradient) in gradients.enumerated() {
            var sum = 0.0
            for i in block.range { sum += Double(elements.pointer[i]) * Double(gradient.pointer[i]) }
            sums[g + 1] = sum
            gradient.release(block.range)
        }
    }
}
