import LinearAlgebra

/// The decoder line of Llama (Touvron et al. 2023), Mistral, Qwen 2 and 3, and Gemma 3: RMS norms, rotary positions, grouped
/// queries, gated feed-forward networks; what sets a family apart is in its ``DecoderConfiguration``.
///
/// Weights keep PyTorch's orientation `(out, in)`.
struct Decoder: ModelFamily {
    let sizes: DecoderConfiguration
    let layout: ParameterLayout
    let tokenEmbedding: ParameterInfo
    private let blocks: [Block]
    private let finalNorm: ParameterInfo
    let head: ParameterInfo
}

// MARK: - Parameters

extension Decoder {
    /// The tensors of one block.
    private struct Block {
        /// `input_layernorm`, `(C)`.
        let attentionNorm: ParameterInfo
        /// `self_attn.q_proj`, `k_proj`, `v_proj`: `(H D, C)` and twice `(H_kv D, C)`.
        let attentionInputs: [LinearTensors]
        /// `self_attn.q_norm` and `k_norm`, `(D)`.
        let headNorms: (query: ParameterInfo, key: ParameterInfo)?
        /// `self_attn.o_proj`, `(C, H D)`.
        let attentionOutput: LinearTensors
        /// `post_attention_layernorm` of Gemma, `(C)`.
        let attentionPostNorm: ParameterInfo?
        /// `post_attention_layernorm`, of Gemma `pre_feedforward_layernorm`, `(C)`.
        let mlpNorm: ParameterInfo
        /// `mlp.gate_proj` and `up_proj`, `(I, C)`.
        let mlpInputs: [LinearTensors]
        /// `mlp.down_proj`, `(C, I)`.
        let mlpOutput: LinearTensors
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
            func layer(
                _ name: String, _ shape: [Int], _ module: ParameterModule, bias: Bool = false
            ) -> LinearTensors {
                layout.appendLinear("model.layers.\(i).\(name)", shape, module, layer: i, bias: bias)
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
            out += block.attentionInputs.flatMap { $0.reading(at: .attentionInput(i)) }
            out += block.attentionOutput.writing(
                at: .attentionOutput(i), through: gain(block.attentionPostNorm))
            out += block.mlpInputs.flatMap { $0.reading(at: .mlpInput(i)) }
            out += block.mlpOutput.writing(at: .stream(i + 1), through: gain(block.mlpPostNorm))
        }
        // A tied matrix is listed once, as what it is at the input.
        if !sizes.tiedHead { out.append(ResidualWeight(head, at: .head, .rows)) }
        return out
    }

    private func gain(_ norm: ParameterInfo?) -> ResidualWeight.Gain? {
        norm.map { ResidualWeight.Gain(tensor: $0, offset: sizes.gainOffset) }
    }

    /// Gains such that norms start at 1.
    func initialize(_ values: FloatBuffer, seed: UInt64) {
        initializePlainly(values, seed: seed, gain: 1 - sizes.gainOffset)
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
            x = tape.section(x) { tape, x in
                let changed = attention(tape, block, sizes.layers[i], x, batch, keeping: rows) {
                    observe?(.attentionInput(i), $0)
                }
                observe?(.attentionOutput(i), changed)
                return mlp(tape, block, changed) { observe?(.mlpInput(i), $0) }
            }
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
        var packed = tape.projection(normed, block.attentionInputs)
        if let norms = block.headNorms {
            packed = tape.headNorms(
                packed, queryGain: tape.parameter(norms.query), keyGain: tape.parameter(norms.key),
                offset: sizes.gainOffset, epsilon: sizes.normEpsilon, shape)
        }
        packed = tape.rotary(packed, positions: batch.positions, layer.rotary, shape)
        var mixed = tape.attention(packed, spans: batch.spans, shape)
        var stream = x
        if let rows { (mixed, stream) = (tape.gatherRows(mixed, rows), tape.gatherRows(x, rows)) }
        var change = tape.projection(mixed, [block.attentionOutput])
        if let post = block.attentionPostNorm { change = norm(tape, post, change) }
        return tape.add(stream, change)
    }

    /// `x + [norm](down_proj(f(gate_proj) · up_proj))` of `norm(x)`.
    private func mlp(_ tape: Tape, _ block: Block, _ x: Activation, observe: (Activation) -> Void) -> Activation {
        let normed = norm(tape, block.mlpNorm, x)
        observe(normed)
        let inner = tape.gated(
            tape.projection(normed, block.mlpInputs), sizes.activation)
        var change = tape.projection(inner, [block.mlpOutput])
        if let post = block.mlpPostNorm { change = norm(tape, post, change) }
        return tape.add(x, change)
    }

    private func norm(_ tape: Tape, _ gain: ParameterInfo, _ x: Activation) -> Activation {
        tape.rmsNorm(x, gain: tape.parameter(gain), offset: sizes.gainOffset, epsilon: sizes.normEpsilon)
    }
}

// MARK: - Making one

extension TransformerModel {
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
