import LinearAlgebra

// What the families in PyTorch's orientation share: their tensors in pairs, and the operations on them.

/// The tensors of a layer in PyTorch's orientation.
struct LinearTensors {
    /// `(out, in)`.
    let weight: ParameterInfo
    /// `(out)`.
    let bias: ParameterInfo?

    /// What reads from the residual stream at a site.
    func reading(at site: ResidualSite) -> [ResidualWeight] { [ResidualWeight(weight, at: site, .rows)] }

    /// What writes to the residual stream at a site, perhaps through a norm.
    func writing(at site: ResidualSite, through gain: ResidualWeight.Gain? = nil) -> [ResidualWeight] {
        [ResidualWeight(weight, at: site, .columns, through: gain)]
            + (bias.map { [ResidualWeight($0, at: site, .rows, through: gain)] } ?? [])
    }
}

/// The tensors of a layer norm.
struct NormTensors {
    /// `(C)`.
    let gain: ParameterInfo
    /// `(C)`.
    let bias: ParameterInfo
}

extension ParameterLayout {
    /// Appends `name.weight` of a shape `(out, in)` and, where it has one, `name.bias`.
    mutating func appendLinear(
        _ name: String, _ shape: [Int], _ module: ParameterModule, layer: Int? = nil, bias: Bool = true
    ) -> LinearTensors {
        LinearTensors(
            weight: append(name + ".weight", shape, module, layer: layer),
            bias: bias ? append(name + ".bias", [shape[0]], module, layer: layer) : nil)
    }

    /// Appends `name.weight` and `name.bias` of a layer norm.
    mutating func appendNorm(_ name: String, _ size: Int, layer: Int? = nil) -> NormTensors {
        NormTensors(
            gain: append(name + ".weight", [size], .norms, layer: layer),
            bias: append(name + ".bias", [size], .norms, layer: layer))
    }
}

extension Tape {
    /// ``projection(_:_:)`` with the tensors of a model.
    func projection(_ x: Activation, _ layers: [LinearTensors]) -> Activation {
        projection(
            x, layers.map { Projection(weight: parameter($0.weight), bias: $0.bias.map { parameter($0) }) })
    }

    /// ``layerNorm(_:gain:bias:epsilon:)`` with the tensors of a model.
    func layerNorm(_ x: Activation, _ norm: NormTensors, epsilon: Float) -> Activation {
        layerNorm(x, gain: parameter(norm.gain), bias: parameter(norm.bias), epsilon: epsilon)
    }
}

extension ModelFamily {
    /// Weights normal with deviation 0.02, gains as given, biases 0: `_init_weights` of all families but GPT-2.
    func initializePlainly(_ values: FloatBuffer, seed: UInt64, gain: Float = 1) {
        for tensor in layout.tensors {
            let target = values.buffer[tensor.range]
            if tensor.shape.count == 1 {
                let value: Float = tensor.module == .norms && tensor.name.hasSuffix(".weight") ? gain : 0
                for i in target.indices { values.pointer[i] = value }
            } else {
                var stream = RandomStream(seed: seed, label: tensor.name)
                for i in target.indices { values.pointer[i] = Float(0.02 * stream.normal()) }
            }
        }
    }
}
