import LinearAlgebra

extension Tape {
    /// `y = (x − mean(x)) / √(var(x) + ε) · gain + bias`, row by row (Ba et al. 2016; biased variance).
    ///
    /// - Parameters:
    ///   - x: `(rows, C)`.
    ///   - gain: `(C)`; `bias` the same.
    /// - Returns: `(rows, C)`; its content is dropped after its reader and computed again from `x` in the backward pass.
    ///
    /// Backward, with h = (x − mean) · rstd and g = dy · gain: dx = rstd · (g − mean(g) − h · mean(g h)),
    /// dgain = Σ dy · h, dbias = Σ dy.
    package func layerNorm(_ x: Activation, gain: Parameter, bias: Parameter, epsilon: Float) -> Activation {
        let (rows, columns) = (x.rows, x.columns)
        let trained = gain.gradient != nil && bias.gradient != nil
        precondition(trained || (gain.gradient == nil && bias.gradient == nil), "a norm is trained as a whole")
        let needsGradient = x.needsGradient || trained
        let grain = rowGrain(columns)
        /// Mean and 1/√(var + ε), `(rows, 2)`.
        let statistics = needsGradient ? workspace.take(2 * rows) : nil
        let again: (UnsafeMutablePointer<Float>) -> Void = { target in
            guard let statistics else { return }
            let source = x.data
            parallelFor(rows, grain: grain) { range in
                let offset = range.lowerBound * columns
                kernels.layer_norm_again(
                    source + offset, gain.values, bias.values, target + offset,
                    statistics.pointer + 2 * range.lowerBound, range.count, columns)
            }
        }
        let y = output(
            rows: rows, columns: columns, needsGradient: needsGradient, recompute: needsGradient ? again : nil)
        let source = x.data
        let target = y.data
        parallelFor(rows, grain: grain) { range in
            let offset = range.lowerBound * columns
            kernels.layer_norm(
                source + offset, gain.values, bias.values, target + offset,
                statistics.map { $0.pointer + 2 * range.lowerBound }, range.count, columns, epsilon)
        }
        record(y) { [workspace] gradient in
            guard let statistics else { return }
            let source = x.data
            if let dgain = gain.gradient, let dbias = bias.gradient {
                let sums = workspace.take(2 * columns)
                sums.pointer.update(repeating: 0, count: 2 * columns)
                addPartialSums(rows: rows, columns: 2 * columns, to: sums.pointer, workspace) { range, partial in
                    let offset = range.lowerBound * columns
                    kernels.layer_norm_gradient(
                        source + offset, gain.values, statistics.pointer + 2 * range.lowerBound, gradient + offset,
                        nil, 0, partial, partial + columns, range.count, columns)
                }
                kernels.axpy(1, sums.pointer, dgain, columns)
                kernels.axpy(1, sums.pointer + columns, dbias, columns)
            }
            guard x.needsGradient else { return }
            let (dx, accumulate) = x.gradientTarget()
            parallelFor(rows, grain: grain) { range in
                let offset = range.lowerBound * columns
                kernels.layer_norm_gradient(
                    source + offset, gain.values, statistics.pointer + 2 * range.lowerBound, gradient + offset,
                    dx + offset, accumulate ? 1 : 0, nil, nil, range.count, columns)
            }
        }
        return y
    }
}
