import LinearAlgebra

/// The decoder line of Llama (Touvron et al. 2023), Mistral, Qwen 2 and 3, and Gemma 3: RMS norms, rotary positions, grouped
/// queries, gated feed-forward networks; what sets a family apart is in its ``DecoderConfiguration``.
///
/// Weights keep PyTorch's orientation `(out, in)`.
struct Decoder: CausalFamily {
    let sizes: DecoderConfiguration
    let layout: ParameterLayout
    let tokenEmbedding: ParameterInfo
    private let blocks: [Block]
    private let finalNorm: ParameterInfo
    let head: ParameterInfo

    var untied: any CausalFamily {
        var sizes = sizes
        sizes.tiedHead = false
        return Decoder(sizes)
    }
}

// MARK: - Parameters

extension Decoder {
    /// A weight `(out, in)` and perhaps its bias.
    private struct Layer {
        let weight: ParameterInfo
        let bias: ParameterInfo?
    }

    /// The tensors of one block.
    private struct Block {
        /// `input_layernorm`, `(C)`.
        let attentionNorm: ParameterInfo
        /// `self_attn.q_proj`, `k_proj`, `v_proj`: `(H D, C)` and twice `(H_kv D, C)`.
        let attentionInputs: [Layer]
        /// `self_attn.q_norm` and `k_norm`, `(D)`.
        let headNorms: (query: ParameterInfo, key: ParameterInfo)?
        /// `self_attn.o_proj`, `(C, H D)`.
        let attentionOutput: Layer
        /// `post_attention_layernorm` of Gemma, `(C)`.
        let attentionPostNorm: ParameterInfo?
        /// `post_attention_layernorm`, of Gemma `pre_feedforward_layernorm`, `(C)`.
        let mlpNorm: ParameterInfo
        /// `mlp.gate_proj` and `up_proj`, `(I, C)`.
        let mlpInputs: [Layer]
        /// `mlp.down_proj`, `(C, I)`.
        let mlpOutput: Layer
        /// `post_feedforward_layernorm`, `(C)`.
        let mlpPostNorm: ParameterInfo?
    }

    init(_ sizes: DecoderConfiguration) {
        let (v, c, inner) = (sizes.vocabularySize, sizes.hiddenSize, sizes.innerSize)
        let (queries, keys) = (sizes.headCount * sizes.headSize, sizes.keyValueHeadCount * sizes.headSize)
        var layout = ParameterLayout()
        tokenEmbedding = layout.append("model.embed_tokens.weight", [v, c], .embeddings)
        blocks = sizes.layers.indices.map { i in
            func norm(_ name: String, _ size: Int? = nil) -> ParameterInfo {
                layout.append("model.layers.\(i).\(name).weight", [size ?? c], .norms, layer: i)
            }
            func layer(_ name: String, _ shape: [Int], _ module: ParameterModule, bias: Bool = false) -> Layer {
                let name = "model.layers.\(i).\(name)"
                return Layer(
                    weight: layout.append(name + ".weight", shape, module, layer: i),
                    bias: bias ? layout.append(name + ".bias", [shape[0]], module, layer: i) : nil)
            }
            let bias = sizes.attentionBias != .none
            return Block(
                attentionNorm: norm("input_layernorm"),
                attentionInputs: [
                    layer("self_attn.q_proj", [queries, c], .attention, bias: bias),
                    layer("self_attn.k_proj", [keys, c], .attention, bias: bias),
                    layer("self_attn.v_proj", [keys, c], .attention, bias: bias),
                ],
                headNorms: sizes.headNorms
                    ? (norm("self_attn.q_norm", sizes.headSize), norm("self_attn.k_norm", sizes.headSize)) : nil,
                attentionOutput: layer(
                    "self_attn.o_proj", [c, queries], .attention, bias: sizes.attentionBias == .all),
                attentionPostNorm: sizes.postNorms ? norm("post_attention_layernorm") : nil,
                mlpNorm: norm(sizes.postNorms ? "pre_feedforward_layernorm" : "post_attention_layernorm"),
                mlpInputs: [
                    layer("mlp.gate_proj", [inner, c], .mlp), layer("mlp.up_proj", [inner, c], .mlp),
                ],
                mlpOutput: layer("mlp.down_proj", [c, inner], .mlp),
                mlpPostNorm: sizes.postNorms ? norm("post_feedforward_layernorm") : nil)
        }
        finalNorm = layout.append("model.norm.weight", [c], .norms)
        head = sizes.tiedHead ? tokenEmbedding : layout.append("lm_head.weight", [v, c], .embeddings)
        self.sizes = sizes
        self.layout = layout
    }

    var residualWeights: [ResidualWeight] {
        var out = [ResidualWeight(tokenEmbedding, at: .stream(0), .rows)]
        for (i, block) in blocks.enumerated() {
            out += block.attentionInputs.map { ResidualWeight($0.weight, at: .attentionInput(i), .rows) }
            out += writers(block.attentionOutput, at: .attentionOutput(i), through: block.attentionPostNorm)
            out += block.mlpInputs.map { ResidualWeight($0.weight, at: .mlpInput(i), .rows) }
            out += writers(block.mlpOutput, at: .stream(i + 1), through: block.mlpPostNorm)
        }
        // A tied matrix is listed once, as what it is at the input.
        if !sizes.tiedHead { out.append(ResidualWeight(head, at: .head, .rows)) }
        return out
    }

    private func writers(_ layer: Layer, at site: ResidualSite, through norm: ParameterInfo?) -> [ResidualWeight] {
        let gain = norm.map { ResidualWeight.Gain(tensor: $0, offset: sizes.gainOffset) }
        return [ResidualWeight(layer.weight, at: site, .columns, through: gain)]
            + (layer.bias.map { [ResidualWeight($0, at: site, .rows, through: gain)] } ?? [])
    }

    /// Weights normal with deviation 0.02, gains such that norms start at 1, biases 0 (`_init_weights` of these families).
    func initialize(_ values: FloatBuffer, seed: UInt64) {
        for tensor in layout.tensors {
            let target = values.buffer[tensor.range]
            if tensor.shape.count == 1 {
                let value: Float = tensor.module == .norms ? 1 - sizes.gainOffset : 0
                for i in target.indices { values.pointer[i] = value }
            } else {
                var stream = RandomStream(seed: seed, label: tensor.name)
                for i in target.indices { values.pointer[i] = Float(0.02 * stream.normal()) }
            }
        }
    }
}

// MARK: - Network

extension Decoder {
    func forward(_ tape: Tape, _ batch: Batch, observe: ((ResidualSite, Activation) -> Void)?) -> Activation {
        requireFitting(batch)
        var x = tape.embedding(
            tokens: batch.tokens, weight: tape.parameter(tokenEmbedding), scale: sizes.embeddingScale)
        for (i, block) in blocks.enumerated() {
            observe?(.stream(i), x)
            // Behind the last attention no row reads another, so only the wanted ones go on.
            let rows = i == blocks.count - 1 && batch.rows.count < batch.tokens.count ? batch.rows : nil
            x = attention(tape, block, sizes.layers[i], x, batch, keeping: rows) { observe?(.attentionInput(i), $0) }
            observe?(.attentionOutput(i), x)
            x = mlp(tape, block, x) { observe?(.mlpInput(i), $0) }
        }
        observe?(.stream(blocks.count), x)
        if blocks.isEmpty { x = tape.gatherRows(x, batch.rows) }
        return norm(tape, finalNorm, x)
    }

    /// `x + [norm](o_proj(attention(rotary([norm](q, k)), v)))` of `norm(x)`, at all rows or at `rows`.
    private func attention(
        _ tape: Tape, _ block: Block, _ layer: DecoderConfiguration.Layer, _ x: Activation, _ batch: Batch,
        keeping rows: [Int]?, observe: (Activation) -> Void
    ) -> Activation {
        let shape = AttentionShape(
            heads: headCount, keyValueHeads: sizes.keyValueHeadCount, headSize: sizes.headSize,
            scale: sizes.attentionScale, window: layer.window)
        let normed = norm(tape, block.attentionNorm, x)
        observe(normed)
        var packed = tape.projection(normed, block.attentionInputs.map { projection(tape, $0) })
        if let norms = block.headNorms {
            packed = tape.headNorms(
                packed, queryGain: tape.parameter(norms.query), keyGain: tape.parameter(norms.key),
                offset: sizes.gainOffset, epsilon: sizes.normEpsilon, shape)
        }
        packed = tape.rotary(packed, positions: batch.positions, layer.rotary, shape)
        var mixed = tape.attention(packed, starts: batch.starts, shape)
        var stream = x
        if let rows { (mixed, stream) = (tape.gatherRows(mixed, rows), tape.gatherRows(x, rows)) }
        var change = tape.projection(mixed, [projection(tape, block.attentionOutput)])
        if let post = block.attentionPostNorm { change = norm(tape, post, change) }
        return tape.add(stream, change)
    }

    /// `x + [norm](down_proj(f(gate_proj) · up_proj))` of `norm(x)`.
    private func mlp(_ tape: Tape, _ block: Block, _ x: Activation, observe: (Activation) -> Void) -> Activation {
        let normed = norm(tape, block.mlpNorm, x)
        observe(normed)
        let inner = tape.gated(
            tape.projection(normed, block.mlpInputs.map { projection(tape, $0) }), sizes.activation)
        var change = tape.projection(inner, [projection(tape, block.mlpOutput)])
        if let post = block.mlpPostNorm { change = norm(tape, post, change) }
        return tape.add(x, change)
    }

    private func norm(_ tape: Tape, _ gain: ParameterInfo, _ x: Activation) -> Activation {
        tape.rmsNorm(x, gain: tape.parameter(gain), offset: sizes.gainOffset, epsilon: sizes.normEpsilon)
    }

    private func projection(_ tape: Tape, _ layer: Layer) -> Projection {
        Projection(weight: tape.parameter(layer.weight), bias: layer.bias.map { tape.parameter($0) })
    }
}

// MARK: - Making one

extension CausalModel {
    /// A model of the decoder line with fresh parameters.
    public convenience init(configuration: DecoderConfiguration, seed: UInt64) {
        self.init(family: Decoder(configuration))
        family.initialize(values, seed: seed)
    }

    /// A model of the decoder line whose parameters are all zero, for a checkpoint to fill.
    public convenience init(zeroed configuration: DecoderConfiguration) {
        self.init(family: Decoder(configuration))
    }
}
