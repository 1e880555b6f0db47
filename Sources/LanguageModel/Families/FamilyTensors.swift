import LinearAlgebra

// What families share: their tensors in pairs, and the operations on them.

/// The tensors of a layer in PyTorch's orientation.
package struct LinearTensors: Sendable {
    /// `(out, in)`.
    package let weight: ParameterInfo
    /// `(out)`.
    package let bias: ParameterInfo?

    /// What reads from the residual stream at a site.
    package func reading(at site: ResidualSite) -> [ResidualWeight] { [ResidualWeight(weight, at: site, .rows)] }

    /// What writes to the residual stream at a site, perhaps through a norm.
    package func writing(at site: ResidualSite, through gain: ResidualWeight.Gain? = nil) -> [ResidualWeight] {
        [ResidualWeight(weight, at: site, .columns, through: gain)]
            + (bias.map { [ResidualWeight($0, at: site, .rows, through: gain)] } ?? [])
    }
}

/// The tensors of a layer norm.
package struct NormTensors: Sendable {
    /// `(C)`.
    package let gain: ParameterInfo
    /// `(C)`.
    package let bias: ParameterInfo
}

extension ParameterLayout {
    /// Appends `name.weight` of a shape `(out, in)` and, where it has one, `name.bias`.
    package mutating func appendLinear(
        _ name: String, _ shape: [Int], _ module: ParameterModule, layer: Int? = nil, bias: Bool = true
    ) -> LinearTensors {
        LinearTensors(
            weight: append(name + ".weight", shape, module, layer: layer),
            bias: bias ? append(name + ".bias", [shape[0]], module, layer: layer) : nil)
    }

    /// Appends `name.weight` and `name.bias` of a layer norm.
    package mutating func appendNorm(_ name: String, _ size: Int, layer: Int? = nil) -> NormTensors {
        NormTensors(
            gain: append(name + ".weight", [size], .norms, layer: layer),
            bias: append(name + ".bias", [size], .norms, layer: layer))
    }

    /// The token embedding where the head is tied to it, else a matrix of its own under a name.
    package mutating func appendHead(_ name: String, unlessTied isTied: Bool, to embedding: ParameterInfo)
        -> ParameterInfo
    {
        isTied ? embedding : append(name, embedding.shape, .embeddings)
    }
}

extension Tape {
    /// ``projection(_:_:)`` with the tensors of a model.
    package func projection(_ x: Activation, _ layers: [LinearTensors]) -> Activation {
        projection(
            x, layers.map { Projection(weight: parameter($0.weight), bias: $0.bias.map { parameter($0) }) })
    }

    /// ``layerNorm(_:gain:bias:epsilon:)`` with the tensors of a model.
    package func layerNorm(_ x: Activation, _ norm: NormTensors, epsilon: Float) -> Activation {
        layerNorm(x, gain: parameter(norm.gain), bias: parameter(norm.bias), epsilon: epsilon)
    }

    /// A feed-forward network of two layers, `output(f(input(x)))`.
    package func mlp(
        _ x: Activation, _ input: LinearTensors, _ function: ActivationFunction, _ output: LinearTensors
    ) -> Activation {
        projection(activation(projection(x, [input]), function), [output])
    }
}

extension ModelFamily {
    /// Weights normal with some deviation, gains as given, biases 0.
    func fill(
        _ values: FloatBuffer, seed: UInt64, gain: Float = 1, deviation: (ParameterInfo) -> Double = { _ in 0.02 }
    ) {
        for tensor in layout.tensors {
            let target = values.buffer[tensor.range]
            if tensor.shape.count == 1 {
                let value: Float = tensor.module == .norms && tensor.name.hasSuffix(".weight") ? gain : 0
                for i in target.indices { values.pointer[i] = value }
            } else {
                let deviation = deviation(tensor)
                var stream = RandomStream(seed: seed, label: tensor.name)
                for i in target.indices { values.pointer[i] = Float(deviation * stream.normal()) }
            }
        }
    }
}
