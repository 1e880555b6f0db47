import CKernels
import LinearAlgebra

/// The non-linearity of a feed-forward network.
public enum ActivationFunction: Sendable, CaseIterable {
    /// `x Φ(x)`, Φ the normal distribution function: GELU as defined, `gelu` of transformers.
    case gelu
    /// `½ x (1 + tanh(√(2/π) (x + 0.044715 x³)))`: the tanh form of GELU, `gelu_new` of transformers.
    case tanhGELU
    /// `min(x Φ(x), 10)`: `gelu_10` of transformers.
    case clippedGELU
    /// `x / (1 + e^(−1.702 x))`: the logistic form of GELU, `quick_gelu` of transformers.
    case quickGELU
    /// `max(x, 0)`.
    case relu
    /// `max(x, 0)²` (So et al. 2021): `relu2` of transformers.
    case squaredReLU
    /// `x / (1 + e⁻ˣ)`, also called swish.
    case silu
    /// `tanh x`.
    case tanh

    /// The name in `config.json` that is written, and the others that mean the same.
    private static let names: [(function: ActivationFunction, names: [String])] = [
        (.gelu, ["gelu", "gelu_python"]),
        (.tanhGELU, ["gelu_new", "gelu_pytorch_tanh", "gelu_python_tanh", "gelu_fast", "gelu_accurate"]),
        (.clippedGELU, ["gelu_10"]), (.quickGELU, ["quick_gelu"]), (.relu, ["relu"]), (.squaredReLU, ["relu2"]),
        (.silu, ["silu", "swish"]), (.tanh, ["tanh"]),
    ]

    /// The function of a name in `config.json`; nil for one that is not supported.
    init?(configName: String) {
        guard let found = Self.names.first(where: { $0.names.contains(configName) }) else { return nil }
        self = found.function
    }

    /// The name in `config.json`.
    var configName: String {
        guard let name = Self.names.first(where: { $0.function == self })?.names.first else {
            preconditionFailure("\(self) has no name")
        }
        return name
    }

    fileprivate var kernel: ds_activation {
        switch self {
        case .gelu: kernels.erf_gelu
        case .tanhGELU: kernels.gelu
        case .clippedGELU: kernels.clipped_gelu
        case .quickGELU: kernels.quick_gelu
        case .relu: kernels.relu
        case .squaredReLU: kernels.squared_relu
        case .silu: kernels.silu
        case .tanh: kernels.tanh
        }
    }
}

extension Tape {
    /// `y = f(x)`, element by element (GELU: Hendrycks and Gimpel 2016).
    ///
    /// - Returns: the shape of `x`; its content is dropped after its reader and computed again from `x`.
    package func activation(_ x: Activation, _ function: ActivationFunction) -> Activation {
        let count = x.count
        let (forward, backward) = (function.kernel.value, function.kernel.gradient)
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

    /// `y = f(gate) · up` (Shazeer 2020).
    ///
    /// - Parameter x: `(rows, 2 I)`: gate and up side by side.
    /// - Returns: `(rows, I)`; its content is dropped after its reader and computed again from `x`.
    package func gated(_ x: Activation, _ function: ActivationFunction) -> Activation {
        let (rows, width) = (x.rows, x.columns / 2)
        let (forward, backward) = (function.kernel.gated, function.kernel.gated_gradient)
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
