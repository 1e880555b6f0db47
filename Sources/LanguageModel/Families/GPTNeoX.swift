import LinearAlgebra

/// GPT-NeoX (Black et al. 2022), as in Hugging Face's `GPTNeoXForCausalLM`, the family of Pythia: layer norms, rotary positions
/// on a part of each head, and attention and feed-forward network side by side.
///
/// Weights keep PyTorch's orientation `(out, in)`.
struct GPTNeoX: ModelFamily {
    let sizes: GPTNeoXConfiguration
    let layout: ParameterLayout
    let tokenEmbedding: ParameterInfo
    private let blocks: [Block]
    private let finalNorm: NormTensors
    let head: ParameterInfo
}

// MARK: - Parameters

extension GPTNeoX {
    /// The tensors of one block.
    private struct Block {
        /// `input_layernorm`, `(C)`.
        let attentionNorm: NormTensors
        /// `attention.query_key_value`, `(3C, C)`: query, key and value of each head, head by head.
        let queryKeyValue: LinearTensors
        /// `attention.dense`, `(C, C)`.
        let attentionOutput: LinearTensors
        /// `post_attention_layernorm`, `(C)`.
        let mlpNorm: NormTensors
        /// `mlp.dense_h_to_4h`, `(I, C)`.
        let mlpInput: LinearTensors
        /// `mlp.dense_4h_to_h`, `(C, I)`.
        let mlpOutput: LinearTensors
    }

    init(_ sizes: GPTNeoXConfiguration) {
        let (v, c, inner) = (sizes.vocabularySize, sizes.hiddenSize, sizes.innerSize)
        var layout = ParameterLayout()
        tokenEmbedding = layout.append("gpt_neox.embed_in.weight", [v, c], .embeddings)
        blocks = (0..<sizes.layerCount).map { i in
            let name = "gpt_neox.layers.\(i)."
            return Block(
                attentionNorm: layout.appendNorm(name + "input_layernorm", c, layer: i),
                queryKeyValue: layout.appendLinear(
                    name + "attention.query_key_value", [3 * c, c], .attention, layer: i, bias: sizes.attentionBias),
                attentionOutput: layout.appendLinear(
                    name + "attention.dense", [c, c], .attention, layer: i, bias: sizes.attentionBias),
                mlpNorm: layout.appendNorm(name + "post_attention_layernorm", c, layer: i),
                mlpInput: layout.appendLinear(name + "mlp.dense_h_to_4h", [inner, c], .mlp, layer: i),
                mlpOutput: layout.appendLinear(name + "mlp.dense_4h_to_h", [c, inner], .mlp, layer: i))
        }
        finalNorm = layout.appendNorm("gpt_neox.final_layer_norm", c)
        head = sizes.tiedHead ? tokenEmbedding : layout.append("embed_out.weight", [v, c], .embeddings)
        self.sizes = sizes
        self.layout = layout
    }

    var residualWeights: [ResidualWeight] {
        var out = [ResidualWeight(tokenEmbedding, at: .stream(0), .rows)]
        for (i, block) in blocks.enumerated() {
            out += block.queryKeyValue.reading(at: .attentionInput(i))
            // Side by side, nothing reads the stream between attention and feed-forward network.
            out += block.attentionOutput.writing(at: sizes.parallelResidual ? .stream(i + 1) : .attentionOutput(i))
            out += block.mlpInput.reading(at: .mlpInput(i))
            out += block.mlpOutput.writing(at: .stream(i + 1))
        }
        // A tied matrix is listed once, as what it is at the input.
        if !sizes.tiedHead { out.append(ResidualWeight(head, at: .head, .rows)) }
        return out
    }

    func initialize(_ values: FloatBuffer, seed: UInt64) { initializePlainly(values, seed: seed) }
}

// MARK: - Network

extension GPTNeoX {
    func forward(_ tape: Tape, _ batch: Batch, observe: ((ResidualSite, Activation) -> Void)?) -> Activation {
        requireFitting(batch)
        var x = tape.embedding(tokens: batch.tokens, weight: tape.parameter(tokenEmbedding), scale: 1)
        for (i, block) in blocks.enumerated() {
            observe?(.stream(i), x)
            // Behind the last attention no row reads another, so only the wanted ones go on.
            let rows = i == blocks.count - 1 && batch.rows.count < batch.tokens.count ? batch.rows : nil
            x = tape.section(x) { tape, x in
                let normed = tape.layerNorm(x, block.attentionNorm, epsilon: sizes.normEpsilon)
                observe?(.attentionInput(i), normed)
                let change = attention(tape, block, normed, batch, keeping: rows)
                let kept = rows.map { tape.gatherRows(x, $0) } ?? x
                let changed = tape.add(kept, change)
                observe?(.attentionOutput(i), changed)
                let read = tape.layerNorm(
                    sizes.parallelResidual ? kept : changed, block.mlpNorm, epsilon: sizes.normEpsilon)
                observe?(.mlpInput(i), read)
                return tape.add(changed, mlp(tape, block, read))
            }
        }
        observe?(.stream(blocks.count), x)
        if blocks.isEmpty { x = tape.gatherRows(x, batch.rows) }
        return tape.layerNorm(x, finalNorm, epsilon: sizes.normEpsilon)
    }

    /// `dense(attention(rotary(query_key_value(x))))`, at all rows or at `rows`.
    private func attention(
        _ tape: Tape, _ block: Block, _ x: Activation, _ batch: Batch, keeping rows: [Int]?
    ) -> Activation {
        let shape = AttentionShape(
            heads: headCount, keyValueHeads: headCount, headSize: sizes.headSize, packing: .byHead)
        let packed = tape.rotary(
            tape.projection(x, [block.queryKeyValue]), positions: batch.positions, sizes.rotary, shape)
        var mixed = tape.attention(packed, spans: batch.spans, shape)
        if let rows { mixed = tape.gatherRows(mixed, rows) }
        return tape.projection(mixed, [block.attentionOutput])
    }

    /// `dense_4h_to_h(f(dense_h_to_4h(x)))`.
    private func mlp(_ tape: Tape, _ block: Block, _ x: Activation) -> Activation {
        let inner = tape.activation(tape.projection(x, [block.mlpInput]), sizes.activation)
        return tape.projection(inner, [block.mlpOutput])
    }
}

// MARK: - Making one

extension TransformerModel {
    /// A GPT-NeoX model with fresh parameters.
    public convenience init(configuration: GPTNeoXConfiguration, seed: UInt64) {
        self.init(family: GPTNeoX(configuration))
        family.initialize(values, seed: seed)
    }

    /// A GPT-NeoX model whose parameters are all zero, for a checkpoint to fill.
    public convenience init(zeroed configuration: GPTNeoXConfiguration) {
        self.init(family: GPTNeoX(configuration))
    }
}
