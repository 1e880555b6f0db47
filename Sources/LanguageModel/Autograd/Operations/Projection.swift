import LinearAlgebra

/// A linear layer in PyTorch's orientation.
package struct Projection {
    /// `(out, in)`.
    let weight: Parameter
    /// `(out)`.
    let bias: Parameter?

    package init(weight: Parameter, bias: Parameter? = nil) {
        self.weight = weight
        self.bias = bias
    }

    var inputs: Int { weight.shape[1] }
    var outputs: Int { weight.shape[0] }
    var isTrained: Bool { weight.gradient != nil || bias?.gradient != nil }
}

extension Tape {
    /// `y = [x · W₁ᵀ + b₁ | x · W₂ᵀ + b₂ | …]`: layers that read the same rows, their outputs side by side.
    ///
    /// - Parameter x: `(rows, in)`.
    /// - Returns: `(rows, Σ out)`.
    ///
    /// Backward: dx = Σ dyᵢ · Wᵢ, dWᵢ = dyᵢᵀ · x, dbᵢ = Σ dyᵢ.
    package func projection(_ x: Activation, _ layers: [Projection]) -> Activation {
        let (rows, inputs) = (x.rows, x.columns)
        precondition(layers.allSatisfy { $0.inputs == inputs }, "\(inputs) columns for a weight of other inputs")
        let columns = layers.reduce(0) { $0 + $1.outputs }
        let needsGradient = x.needsGradient || layers.contains { $0.isTrained }
        let y = output(rows: rows, columns: columns, needsGradient: needsGradient)
        let (source, target) = (x.data, y.data)
        var place = 0
        for layer in layers {
            let start = place
            if let bias = layer.bias {
                parallelFor(rows, grain: rowGrain(layer.outputs)) { range in
                    for row in range {
                        (target + row * columns + start).update(from: bias.values, count: layer.outputs)
                    }
                }
            }
            BLAS.gemm(
                transposeB: true, m: rows, n: layer.outputs, k: inputs, source, lda: inputs, layer.weight.values,
                ldb: inputs, beta: layer.bias == nil ? 0 : 1, target + start, ldc: columns)
            place += layer.outputs
        }
        if needsGradient { x.dropIfCheap() }
        record(y) { [workspace] gradient in
            var place = 0
            for layer in layers {
                if let dweight = layer.weight.gradient {
                    BLAS.gemm(
                        transposeA: true, m: layer.outputs, n: inputs, k: rows, gradient + place, lda: columns, x.data,
                        ldb: inputs, beta: 1, dweight, ldc: inputs)
                }
                if let dbias = layer.bias?.gradient {
                    let start = place
                    addPartialSums(rows: rows, columns: layer.outputs, to: dbias, workspace) { range, partial in
                        for row in range {
                            kernels.axpy(1, gradient + row * columns + start, partial, layer.outputs)
                        }
                    }
                }
                place += layer.outputs
            }
            x.dropIfCheap()
            guard x.needsGradient else { return }
            let (dx, accumulate) = x.gradientTarget()
            place = 0
            for (i, layer) in layers.enumerated() {
                BLAS.gemm(
                    m: rows, n: inputs, k: layer.outputs, gradient + place, lda: columns, layer.weight.values,
                    ldb: inputs, beta: accumulate || i > 0 ? 1 : 0, dx, ldc: inputs)
                place += layer.outputs
            }
        }
        return y
    }

    /// `x + y`, both `(rows, C)`. Backward: both take the gradient.
    package func add(_ x: Activation, _ y: Activation) -> Activation {
        precondition(x.rows == y.rows && x.columns == y.columns)
        let sum = output(rows: x.rows, columns: x.columns, needsGradient: x.needsGradient || y.needsGradient)
        let (a, b, target) = (x.data, y.data, sum.data)
        parallelFor(x.count, grain: elementGrain) { range in
            kernels.add(a + range.lowerBound, b + range.lowerBound, target + range.lowerBound, range.count)
        }
        if sum.needsGradient { y.dropIfCheap() }
        record(sum) { gradient in
            if y.needsGradient {
                let (dy, accumulate) = y.gradientTarget()
                if accumulate {
                    kernels.axpy(1, gradient, dy, y.count)
                } else {
                    dy.update(from: gradient, count: y.count)
                }
            }
            x.inheritGradient(of: sum)
        }
        return sum
    }
}
