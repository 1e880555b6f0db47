import LinearAlgebra

/// OPT (Zhang et al. 2022), as in Hugging Face's `OPTForCausalLM`: learned positions, ReLU, norms before attention and
/// feed-forward network or behind them.
///
/// Weights keep PyTorch's orientation `(out, in)`.
struct OPT: ModelFamily {
    let sizes: OPTConfiguration
    let layout: ParameterLayout
    let tokenEmbedding: ParameterInfo
    private let positionEmbedding: ParameterInfo
    private let finalNorm: NormTensors?
    private let blocks: [Block]
    let head: ParameterInfo

    /// Rows of the position table before that of the first token (`OPTLearnedPositionalEmbedding`).
    private static let positionOffset = 2
    /// What `OPTForCausalLM` adds to the variance in every norm.
    private static let normEpsilon: Float = 1e-5
}

// MARK: - Parameters

extension OPT {
    /// The tensors of one block.
    private struct Block {
        /// `self_attn.q_proj`, `k_proj`, `v_proj`, `(C, C)`.
        let attentionInputs: [LinearTensors]
        /// `self_attn.out_proj`, `(C, C)`.
        let attentionOutput: LinearTensors
        /// `self_attn_layer_norm`, `(C)`.
        let attentionNorm: NormTensors
        /// `fc1`, `(I, C)`.
        let mlpInput: LinearTensors
        /// `fc2`, `(C, I)`.
        let mlpOutput: LinearTensors
        /// `final_layer_norm`, `(C)`.
        let mlpNorm: NormTensors
    }

    init(_ sizes: OPTConfiguration) {
        let (v, c, inner) = (sizes.vocabularySize, sizes.hiddenSize, sizes.innerSize)
        var layout = ParameterLayout()
        tokenEmbedding = layout.append("model.decoder.embed_tokens.weight", [v, c], .embeddings)
        positionEmbedding = layout.append(
            "model.decoder.embed_positions.weight", [sizes.contextLength + Self.positionOffset, c], .positions)
        blocks = (0..<sizes.layerCount).map { i in
            let name = "model.decoder.layers.\(i)."
            func layer(_ part: String, _ shape: [Int], _ module: ParameterModule) -> LinearTensors {
                layout.appendLinear(name + part, shape, module, layer: i, bias: sizes.biases)
            }
            return Block(
                attentionInputs: ["q", "k", "v"].map { layer("self_attn.\($0)_proj", [c, c], .attention) },
                attentionOutput: layer("self_attn.out_proj", [c, c], .attention),
                attentionNorm: layout.appendNorm(name + "self_attn_layer_norm", c, layer: i),
                mlpInput: layer("fc1", [inner, c], .mlp), mlpOutput: layer("fc2", [c, inner], .mlp),
                mlpNorm: layout.appendNorm(name + "final_layer_norm", c, layer: i))
        }
        finalNorm = sizes.finalNorm ? layout.appendNorm("model.decoder.final_layer_norm", c) : nil
        head = sizes.tiedHead ? tokenEmbedding : layout.append("lm_head.weight", [v, c], .embeddings)
        self.sizes = sizes
        self.layout = layout
    }

    var residualWeights: [ResidualWeight] {
        var out = [tokenEmbedding, positionEmbedding].map { ResidualWeight($0, at: .stream(0), .rows) }
        for (i, block) in blocks.enumerated() {
            for layer in block.attentionInputs { out += layer.reading(at: .attentionInput(i)) }
            out += block.attentionOutput.writing(at: .attentionOutput(i))
            out += block.mlpInput.reading(at: .mlpInput(i))
            // With norms behind, it writes to a sum that no site holds: the next block receives it normed.
            if sizes.normsBefore { out += block.mlpOutput.writing(at: .stream(i + 1)) }
        }
        // A tied matrix is listed once, as what it is at the input.
        if !sizes.tiedHead { out.append(ResidualWeight(head, at: .head, .rows)) }
        return out
    }

    func initialize(_ values: FloatBuffer, seed: UInt64) { initializePlainly(values, seed: seed) }
}

// MARK: - Network

extension OPT {
    func forward(_ tape: Tape, _ batch: Batch, observe: ((ResidualSite, Activation) -> Void)?) -> Activation {
        requireFitting(batch)
        var x = tape.embedding(
            tokens: batch.tokens, positions: batch.positions, tokenWeight: tape.parameter(tokenEmbedding),
            positionWeight: tape.parameter(positionEmbedding).rows(from: Self.positionOffset))
        for (i, block) in blocks.enumerated() {
            observe?(.stream(i), x)
            // Behind the last attention no row reads another, so only the wanted ones go on.
            let rows = i == blocks.count - 1 && batch.rows.count < batch.tokens.count ? batch.rows : nil
            x = tape.section(x) { tape, x in
                let attended = norm(tape, block.attentionNorm, x, before: true)
                observe?(.attentionInput(i), attended)
                let change = attention(tape, block, attended, batch, keeping: rows)
                let changed = tape.add(rows.map { tape.gatherRows(x, $0) } ?? x, change)
                observe?(.attentionOutput(i), changed)
                let stream = norm(tape, block.attentionNorm, changed, before: false)
                let read = norm(tape, block.mlpNorm, stream, before: true)
                observe?(.mlpInput(i), read)
                return norm(tape, block.mlpNorm, tape.add(stream, mlp(tape, block, read)), before: false)
            }
        }
        observe?(.stream(blocks.count), x)
        if blocks.isEmpty { x = tape.gatherRows(x, batch.rows) }
        return finalNorm.map { tape.layerNorm(x, $0, epsilon: Self.normEpsilon) } ?? x
    }

    /// `out_proj(attention(q, k, v))`, at all rows or at `rows`.
    private func attention(
        _ tape: Tape, _ block: Block, _ x: Activation, _ batch: Batch, keeping rows: [Int]?
    ) -> Activation {
        var mixed = tape.attention(
            tape.projection(x, block.attentionInputs), spans: batch.spans,
            AttentionShape(heads: headCount, keyValueHeads: headCount, headSize: hiddenSize / headCount))
        if let rows { mixed = tape.gatherRows(mixed, rows) }
        return tape.projection(mixed, [block.attentionOutput])
    }

    /// `fc2(f(fc1(x)))`.
    private func mlp(_ tape: Tape, _ block: Block, _ x: Activation) -> Activation {
        let inner = tape.activation(tape.projection(x, [block.mlpInput]), sizes.activation)
        return tape.projection(inner, [block.mlpOutput])
    }

    /// `x` through a norm if the model has its norms at this side, else `x` itself.
    private func norm(_ tape: Tape, _ norm: NormTensors, _ x: Activation, before: Bool) -> Activation {
        before == sizes.normsBefore ? tape.layerNorm(x, norm, epsilon: Self.normEpsilon) : x
    }
}

// MARK: - Making one

extension TransformerModel {
    /// An OPT model with fresh parameters.
    public convenience init(configuration: OPTConfiguration, seed: UInt64) {
        self.init(family: OPT(configuration))
        family.initialize(values, seed: seed)
    }

    /// An OPT model whose parameters are all zero, for a checkpoint to fill.
    public convenience init(zeroed configuration: OPTConfiguration) {
        self.init(family: OPT(configuration))
    }
}
