import Foundation
import LinearAlgebra

/// GPT-2 (Radford et al. 2019), as in Hugging Face's `GPT2LMHeadModel`: learned positions, norms before attention
/// and MLP, tanh GELU, the head tied to the token embedding.
///
/// Weights keep the checkpoint's Conv1D orientation `(in, out)`.
struct GPT2: ModelFamily {
    let sizes: GPT2Configuration
    let layout: ParameterLayout
    let tokenEmbedding: ParameterInfo
    private let positionEmbedding: ParameterInfo
    private let blocks: [Block]
    private let finalNorm: Affine
    let head: ParameterInfo
}

// MARK: - Parameters

extension GPT2 {
    /// A weight or gain, and its bias.
    struct Affine {
        let weight: ParameterInfo
        let bias: ParameterInfo
    }

    /// The tensors of one block; I is the inner size.
    struct Block {
        /// `ln_1`, `(C)`.
        let attentionNorm: Affine
        /// `attn.c_attn`, `(C, 3C)`: queries, keys, values.
        let queryKeyValue: Affine
        /// `attn.c_proj`, `(C, C)`.
        let attentionOutput: Affine
        /// `ln_2`, `(C)`.
        let mlpNorm: Affine
        /// `mlp.c_fc`, `(C, I)`.
        let mlpInput: Affine
        /// `mlp.c_proj`, `(I, C)`.
        let mlpOutput: Affine
    }

    init(_ sizes: GPT2Configuration) {
        let (v, c, inner) = (sizes.vocabularySize, sizes.hiddenSize, sizes.innerSize)
        var layout = ParameterLayout()
        func affine(_ name: String, _ shape: [Int], _ module: ParameterModule, _ layer: Int? = nil) -> Affine {
            Affine(
                weight: layout.append("transformer.\(name).weight", shape, module, layer: layer),
                bias: layout.append("transformer.\(name).bias", [shape[shape.count - 1]], module, layer: layer))
        }
        tokenEmbedding = layout.append("transformer.wte.weight", [v, c], .embeddings)
        positionEmbedding = layout.append("transformer.wpe.weight", [sizes.contextLength, c], .positions)
        blocks = (0..<sizes.layerCount).map { i in
            Block(
                attentionNorm: affine("h.\(i).ln_1", [c], .norms, i),
                queryKeyValue: affine("h.\(i).attn.c_attn", [c, 3 * c], .attention, i),
                attentionOutput: affine("h.\(i).attn.c_proj", [c, c], .attention, i),
                mlpNorm: affine("h.\(i).ln_2", [c], .norms, i),
                mlpInput: affine("h.\(i).mlp.c_fc", [c, inner], .mlp, i),
                mlpOutput: affine("h.\(i).mlp.c_proj", [inner, c], .mlp, i))
        }
        finalNorm = affine("ln_f", [c], .norms)
        head = sizes.tiedHead ? tokenEmbedding : layout.append("lm_head.weight", [v, c], .embeddings)
        self.sizes = sizes
        self.layout = layout
    }

    var residualWeights: [ResidualWeight] {
        [
            ResidualWeight(tokenEmbedding, at: .stream(0), .rows),
            ResidualWeight(positionEmbedding, at: .stream(0), .rows),
        ]
            + blocks.enumerated().flatMap { i, block in
                [
                    ResidualWeight(block.queryKeyValue.weight, at: .attentionInput(i), .columns),
                    ResidualWeight(block.attentionOutput.weight, at: .attentionOutput(i), .rows),
                    ResidualWeight(block.attentionOutput.bias, at: .attentionOutput(i), .rows),
                    ResidualWeight(block.mlpInput.weight, at: .mlpInput(i), .columns),
                    ResidualWeight(block.mlpOutput.weight, at: .stream(i + 1), .rows),
                    ResidualWeight(block.mlpOutput.bias, at: .stream(i + 1), .rows),
                ]
            }
            // A tied matrix is listed once, as what it is at the input.
            + (sizes.tiedHead ? [] : [ResidualWeight(head, at: .head, .rows)])
    }

    /// Weights normal with deviation 0.02, those that write to the residual stream with `0.02 / √(2L)`, gains 1,
    /// biases 0 (GPT-2 paper, section 2.3, and `GPT2PreTrainedModel._init_weights`).
    func initialize(_ values: FloatBuffer, seed: UInt64) {
        for tensor in layout.tensors {
            let target = values.buffer[tensor.range]
            if tensor.module == .norms || tensor.shape.count == 1 {
                let gain: Float = tensor.module == .norms && tensor.name.hasSuffix(".weight") ? 1 : 0
                for i in target.indices { values.pointer[i] = gain }
            } else {
                let residual = tensor.name.hasSuffix("c_proj.weight")
                let deviation = 0.02 / (residual ? (2 * Double(layerCount)).squareRoot() : 1)
                var stream = RandomStream(seed: seed, label: tensor.name)
                for i in target.indices { values.pointer[i] = Float(deviation * stream.normal()) }
            }
        }
    }
}

// MARK: - Network

extension GPT2 {
    func forward(_ tape: Tape, _ batch: Batch, observe: ((ResidualSite, Activation) -> Void)?) -> Activation {
        requireFitting(batch)
        var x = tape.embedding(
            tokens: batch.tokens, positions: batch.positions, tokenWeight: tape.parameter(tokenEmbedding),
            positionWeight: tape.parameter(positionEmbedding))
        for (i, block) in blocks.enumerated() {
            observe?(.stream(i), x)
            // Behind the last attention no row reads another, so only the wanted ones go on.
            let rows = i == blocks.count - 1 && batch.rows.count < batch.tokens.count ? batch.rows : nil
            x = tape.section(x) { tape, x in
                let changed = attention(tape, block, x, batch, keeping: rows) { observe?(.attentionInput(i), $0) }
                observe?(.attentionOutput(i), changed)
                return mlp(tape, block, changed) { observe?(.mlpInput(i), $0) }
            }
        }
        observe?(.stream(blocks.count), x)
        if blocks.isEmpty { x = tape.gatherRows(x, batch.rows) }
        return norm(tape, finalNorm, x)
    }

    /// `x + c_proj(attention(c_attn(ln_1(x))))`, at all rows or at `rows`.
    private func attention(
        _ tape: Tape, _ block: Block, _ x: Activation, _ batch: Batch, keeping rows: [Int]?,
        observe: (Activation) -> Void
    ) -> Activation {
        let normed = norm(tape, block.attentionNorm, x)
        observe(normed)
        let packed = linear(tape, block.queryKeyValue, normed)
        let mixed = tape.attention(
            packed, spans: batch.spans,
            AttentionShape(heads: headCount, keyValueHeads: headCount, headSize: hiddenSize / headCount))
        guard let rows else { return linear(tape, block.attentionOutput, mixed, residual: x) }
        return linear(
            tape, block.attentionOutput, tape.gatherRows(mixed, rows), residual: tape.gatherRows(x, rows))
    }

    /// `x + c_proj(gelu(c_fc(ln_2(x))))`.
    private func mlp(
        _ tape: Tape, _ block: Block, _ x: Activation, observe: (Activation) -> Void
    ) -> Activation {
        let normed = norm(tape, block.mlpNorm, x)
        observe(normed)
        let inner = tape.activation(linear(tape, block.mlpInput, normed), .tanhGELU)
        return linear(tape, block.mlpOutput, inner, residual: x)
    }

    private func norm(_ tape: Tape, _ norm: Affine, _ x: Activation) -> Activation {
        tape.layerNorm(
            x, gain: tape.parameter(norm.weight), bias: tape.parameter(norm.bias), epsilon: sizes.normEpsilon)
    }

    private func linear(
        _ tape: Tape, _ layer: Affine, _ x: Activation, residual: Activation? = nil
    ) -> Activation {
        tape.linear(
            x, weight: tape.parameter(layer.weight), bias: tape.parameter(layer.bias), residual: residual)
    }
}

// MARK: - Making one

extension TransformerModel {
    /// A GPT-2 model with fresh parameters.
    public convenience init(configuration: GPT2Configuration, seed: UInt64) {
        self.init(family: GPT2(configuration))
        family.initialize(values, seed: seed)
    }

    /// A GPT-2 model whose parameters are all zero, for a checkpoint to fill.
    public convenience init(zeroed configuration: GPT2Configuration) {
        self.init(family: GPT2(configuration))
    }
}
