import LinearAlgebra

extension Tape {
    /// `y = x / √(mean(x²) + ε) · (offset + gain)`, row by row (Zhang and Sennrich 2019).
    ///
    /// - Parameters:
    ///   - x: `(rows, C)`.
    ///   - gain: `(C)`.
    ///   - offset: what is added to the gain: 0, or 1 as Gemma stores it.
    /// - Returns: `(rows, C)`; its content is dropped after its reader and computed again from `x` in the backward pass.
    ///
    /// Backward, with h = x · rstd and g = dy · (offset + gain): dx = rstd · (g − h · mean(g h)), dgain = Σ dy · h.
    package func rmsNorm(_ x: Activation, gain: Parameter, offset: Float = 0, epsilon: Float) -> Activation {
        let (rows, columns) = (x.rows, x.columns)
        let needsGradient = x.needsGradient || gain.gradient != nil
        let grain = rowGrain(columns)
        /// 1/√(mean(x²) + ε), `(rows)`.
        let statistics = needsGradient ? workspace.take(rows) : nil
        let again: (UnsafeMutablePointer<Float>) -> Void = { target in
            guard let statistics else { return }
            let source = x.data
            parallelFor(rows, grain: grain) { range in
                let place = range.lowerBound * columns
                kernels.rms_norm_again(
                    source + place, gain.values, offset, target + place, statistics.pointer + range.lowerBound,
                    range.count, columns)
            }
        }
        let y = output(
            rows: rows, columns: columns, needsGradient: needsGradient, recompute: needsGradient ? again : nil)
        let (source, target) = (x.data, y.data)
        parallelFor(rows, grain: grain) { range in
            let place = range.lowerBound * columns
            kernels.rms_norm(
                source + place, gain.values, offset, target + place,
                statistics.map { $0.pointer + range.lowerBound }, range.count, columns, epsilon)
        }
        record(y) { [workspace] gradient in
            guard let statistics else { return }
            let source = x.data
            if let dgain = gain.gradient {
                addPartialSums(rows: rows, columns: columns, to: dgain, workspace) { range, partial in
                    let place = range.lowerBound * columns
                    kernels.rms_norm_gradient(
                        source + place, gain.values, offset, statistics.pointer + range.lowerBound, gradient + place,
                        nil, 0, partial, range.count, columns)
                }
            }
            guard x.needsGradient else { return }
            let (dx, accumulate) = x.gradientTarget()
            parallelFor(rows, grain: grain) { range in
                let place = range.lowerBound * columns
                kernels.rms_norm_gradient(
                    source + place, gain.values, offset, statistics.pointer + range.lowerBound, gradient + place,
                    dx + place, accumulate ? 1 : 0, nil, range.count, columns)
            }
        }
        return y
    }
}
