import LinearAlgebra

/// The non-linearity of a gated feed-forward network.
public enum GateFunction: String, Sendable, Codable {
    /// `x / (1 + e⁻ˣ)`: SwiGLU.
    case silu
    /// The tanh form of GELU: GeGLU.
    case gelu
    /// GELU as defined.
    case exactGELU
    /// `max(x, 0)`: ReGLU.
    case relu

    /// The name in `config.json`.
    var configName: String {
        switch self {
        case .silu: "silu"
        case .gelu: "gelu_pytorch_tanh"
        case .exactGELU: "gelu"
        case .relu: "relu"
        }
    }
}

extension Tape {
    /// `y = f(gate) · up` (Shazeer 2020).
    ///
    /// - Parameter x: `(rows, 2 I)`: gate and up side by side.
    /// - Returns: `(rows, I)`; its content is dropped after its reader and computed again from `x`.
    package func gated(_ x: Activation, _ function: GateFunction) -> Activation {
        let (rows, width) = (x.rows, x.columns / 2)
        let (forward, backward) =
            switch function {
            case .silu: (kernels.silu_gated, kernels.silu_gated_gradient)
            case .gelu: (kernels.gelu_gated, kernels.gelu_gated_gradient)
            case .exactGELU: (kernels.erf_gelu_gated, kernels.erf_gelu_gated_gradient)
            case .relu: (kernels.relu_gated, kernels.relu_gated_gradient)
            }
        let apply: (UnsafeMutablePointer<Float>) -> Void = { target in
            let source = x.data
            parallelFor(rows, grain: rowGrain(4 * width)) { range in
                for row in range {
                    let gate = source + 2 * row * width
                    forward(gate, gate + width, target + row * width, width)
                }
            }
        }
        let y = output(
            rows: rows, columns: width, needsGradient: x.needsGradient, recompute: x.needsGradient ? apply : nil)
        apply(y.data)
        record(y) { gradient in
            let source = x.data
            let (dx, accumulate) = x.gradientTarget()
            precondition(!accumulate, "gate and up have one reader")
            parallelFor(rows, grain: rowGrain(4 * width)) { range in
                for row in range {
                    let place = 2 * row * width
                    backward(
                        source + place, source + place + width, gradient + row * width, dx + place, dx + place + width,
                        width)
                }
            }
        }
        return y
    }
}
