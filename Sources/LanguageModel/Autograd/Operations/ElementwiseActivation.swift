import CKernels
import LinearAlgebra

/// The non-linearity of a feed-forward network without a gate.
public enum ActivationFunction: Sendable {
    /// `x Φ(x)`, Φ the normal distribution function: GELU as defined, `gelu` of transformers.
    case gelu
    /// `½ x (1 + tanh(√(2/π) (x + 0.044715 x³)))`: the tanh form of GELU, `gelu_new` of transformers.
    case tanhGELU
    /// `max(x, 0)`.
    case relu
    /// `x / (1 + e⁻ˣ)`, also called swish.
    case silu

    /// The function of a name in `config.json`; nil for one that is not supported.
    init?(configName: String) {
        switch configName {
        case "gelu", "gelu_python": self = .gelu
        case "gelu_new", "gelu_pytorch_tanh", "gelu_python_tanh", "gelu_fast", "gelu_accurate": self = .tanhGELU
        case "relu": self = .relu
        case "silu", "swish": self = .silu
        default: return nil
        }
    }

    /// The name in `config.json`.
    var configName: String {
        switch self {
        case .gelu: "gelu"
        case .tanhGELU: "gelu_new"
        case .relu: "relu"
        case .silu: "silu"
        }
    }
}

extension Tape {
    /// `y = f(x)`, element by element (GELU: Hendrycks and Gimpel 2016).
    ///
    /// - Returns: the shape of `x`; its content is dropped after its reader and computed again from `x`.
    package func activation(_ x: Activation, _ function: ActivationFunction) -> Activation {
        let count = x.count
        let (forward, backward) =
            switch function {
            case .gelu: (kernels.erf_gelu, kernels.erf_gelu_gradient)
            case .tanhGELU: (kernels.gelu, kernels.gelu_gradient)
            case .relu: (kernels.relu, kernels.relu_gradient)
            case .silu: (kernels.silu, kernels.silu_gradient)
            }
        let apply: (UnsafeMutablePointer<Float>) -> Void = { target in
            let source = x.data
            parallelFor(count, grain: elementGrain / 4) { range in
                forward(source + range.lowerBound, target + range.lowerBound, range.count)
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
                backward(source + range.lowerBound, part, part, range.count)
            }
            x.inheritGradient(of: y)
        }
        return y
    }
}
