/// The tensors of a layer: a linear one, or a norm.
package struct LayerTensors: Sendable {
    /// `(out, in)`, or as ``inputsFirst`` says; the gain of a norm, `(C)`.
    package let weight: ParameterInfo
    /// `(out)`; of a norm `(C)`, and nil where it is an RMS norm.
    package let bias: ParameterInfo?
    /// Whether the weight is `(in, out)`, as GPT-2's Conv1D has it.
    var inputsFirst: Bool { weight.inputsFirst }

    /// What reads from the residual stream at a site.
    package func reading(at site: ResidualSite) -> [ResidualWeight] {
        [ResidualWeight(weight, at: site, inputsFirst ? .columns : .rows)]
    }

    /// What writes to the residual stream at a site, perhaps through a norm.
    package func writing(at site: ResidualSite, through gain: ResidualWeight.Gain? = nil) -> [ResidualWeight] {
        [ResidualWeight(weight, at: site, inputsFirst ? .rows : .columns, through: gain)]
            + (bias.map { [ResidualWeight($0, at: site, .rows, through: gain)] } ?? [])
    }
}

extension ParameterLayout {
    /// Appends `name.weight` for a shape `(out, in)` and, where it has one, `name.bias`.
    package mutating func appendLinear(
        _ name: String, _ shape: [Int], _ module: ParameterModule, layer: Int? = nil, bias: Bool = true,
        inputsFirst: Bool = false
    ) -> LayerTensors {
        LayerTensors(
            weight: append(
                name + ".weight", inputsFirst ? shape.reversed() : shape, module, layer: layer,
                inputsFirst: inputsFirst),
            bias: bias ? append(name + ".bias", [shape[0]], module, layer: layer) : nil)
    }

    /// Appends `name.weight` and, of a layer norm, `name.bias`.
    package mutating func appendNorm(_ name: String, _ size: Int, layer: Int? = nil, bias: Bool = true) -> LayerTensors
    {
        appendLinear(name, [size], .norms, layer: layer, bias: bias)
    }

    /// The token embedding where the head is tied to it, else a matrix of its own under a name.
    package mutating func appendHead(
        _ name: String, unlessTied isTied: Bool, to embedding: ParameterInfo
    ) -> ParameterInfo {
        guard isTied else { return append(name, embedding.shape, .embeddings) }
        note(name, as: embedding)
        return embedding
    }
}

extension Tape {
    /// Layers that read the same rows, their outputs side by side; one whose inputs come first stands alone, has a bias
    /// and no norm after it.
    ///
    /// - Parameter stream: what the outcome is added to, once it has gone through `norm`.
    package func layers(
        _ x: Activation, _ layers: [LayerTensors], addedTo stream: Activation? = nil,
        through norm: (Activation) -> Activation = { $0 }
    ) -> Activation {
        if let only = layers.first, only.inputsFirst {
            guard layers.count == 1, let bias = only.bias else {
                preconditionFailure("\(only.weight.name) has no bias")
            }
            return linear(x, weight: parameter(only.weight), bias: parameter(bias), residual: stream)
        }
        let y = projection(
            x, layers.map { Projection(weight: parameter($0.weight), bias: $0.bias.map { parameter($0) }) })
        return stream.map { add($0, norm(y)) } ?? y
    }

    /// A layer norm, or an RMS norm where there is no bias.
    ///
    /// - Parameter offset: what is added to the gain of an RMS norm.
    package func norm(_ x: Activation, _ norm: LayerTensors, offset: Float = 0, epsilon: Float) -> Activation {
        let gain = parameter(norm.weight)
        guard let bias = norm.bias else { return rmsNorm(x, gain: gain, offset: offset, epsilon: epsilon) }
        return layerNorm(x, gain: gain, bias: parameter(bias), epsilon: epsilon)
    }
}
