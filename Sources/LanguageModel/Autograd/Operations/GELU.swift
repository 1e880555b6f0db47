import LinearAlgebra

extension Tape {
    /// `y = ½ x (1 + tanh(√(2/π) (x + 0.044715 x³)))`, the tanh form of GELU (Hendrycks and Gimpel 2016; `gelu_new`).
    ///
    /// - Returns: the shape of `x`; its content is dropped behind its reader and computed again from `x`.
    package func gelu(_ x: Activation) -> Activation {
        let count = x.count
        let apply: (UnsafeMutablePointer<Float>) -> Void = { target in
            let source = x.data
            parallelFor(count, grain: elementGrain / 4) { range in
                kernels.gelu(source + range.lowerBound, target + range.lowerBound, range.count)
            }
        }
        let y = output(
            rows: x.rows, columns: x.columns, needsGradient: x.needsGradient,
            recompute: x.needsGradient ? apply : nil)
        apply(y.data)
        record(y) { gradient in
            // x has this one reader, so the gradient is turned into x's in place.
            let source = x.data
            parallelFor(count, grain: elementGrain / 4) { range in
                let part = gradient + range.lowerBound
                kernels.gelu_gradient(source + range.lowerBound, part, part, range.count)
            }
            x.inheritGradient(of: y)
        }
        return y
    }
}
