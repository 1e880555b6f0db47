import LinearAlgebra

extension Tape {
    /// `y = x · W + b`, or `residual + x · W + b`.
    ///
    /// - Parameters:
    ///   - x: `(rows, in)`.
    ///   - weight: `(in, out)`, the orientation of GPT-2's Conv1D.
    ///   - bias: `(out)`.
    ///   - residual: `(rows, out)`.
    /// - Returns: `(rows, out)`.
    ///
    /// Backward: dx = dy · Wᵀ, dW = xᵀ · dy, db = Σ dy, dresidual = dy.
    package func linear(
        _ x: Activation, weight: Parameter, bias: Parameter, residual: Activation? = nil
    ) -> Activation {
        let (rows, inputs, outputs) = (x.rows, weight.shape[0], weight.shape[1])
        precondition(x.columns == inputs, "\(x.columns) columns for a weight of \(inputs) inputs")
        let needsGradient =
            x.needsGradient || weight.gradient != nil || bias.gradient != nil || residual?.needsGradient == true
        let y = output(rows: rows, columns: outputs, needsGradient: needsGradient)
        let target = y.data
        let added = residual.map { UnsafePointer($0.data) }
        parallelFor(rows, grain: rowGrain(outputs)) { range in
            let offset = range.lowerBound * outputs
            kernels.add_bias(added.map { $0 + offset }, bias.values, target + offset, range.count, outputs)
        }
        BLAS.gemm(
            m: rows, n: outputs, k: inputs, x.data, lda: inputs, weight.values, ldb: outputs, beta: 1, target,
            ldc: outputs)
        if needsGradient { x.dropIfCheap() }
        record(y) { [workspace] gradient in
            if let dbias = bias.gradient {
                addRowSums(gradient, rows: rows, columns: outputs, to: dbias, workspace)
            }
            if let dweight = weight.gradient {
                BLAS.gemm(
                    transposeA: true, m: inputs, n: outputs, k: rows, x.data, lda: inputs, gradient, ldb: outputs,
                    beta: 1, dweight, ldc: outputs)
                x.dropIfCheap()
            }
            if x.needsGradient {
                let (dx, accumulate) = x.gradientTarget()
                BLAS.gemm(
                    transposeB: true, m: rows, n: inputs, k: outputs, gradient, lda: outputs, weight.values,
                    ldb: outputs, beta: accumulate ? 1 : 0, dx, ldc: inputs)
            }
            residual?.inheritGradient(of: y)
        }
        return y
    }
}
