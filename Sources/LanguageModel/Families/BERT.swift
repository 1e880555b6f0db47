import LinearAlgebra

/// BERT (Devlin et al. 2019) and RoBERTa (Liu et al. 2019) with their heads for masked tokens, as in Hugging Face's
/// `BertForMaskedLM` and `RobertaForMaskedLM`: every token sees every other, norms stand behind what they add to.
///
/// Weights keep PyTorch's orientation `(out, in)`. All tokens are of type 0.
struct BERT: ModelFamily {
    let sizes: BERTConfiguration
    let layout: ParameterLayout
    let tokenEmbedding: ParameterInfo
    private let positionEmbedding: ParameterInfo
    private let typeEmbedding: ParameterInfo
    private let embeddingNorm: NormTensors
    private let blocks: [Block]
    private let transform: LinearTensors
    private let transformNorm: NormTensors
    private let bias: ParameterInfo
    let head: ParameterInfo

    var headBias: ParameterInfo? { bias }
    var isMasked: Bool { true }
}

// MARK: - Parameters

extension BERT {
    /// The tensors of one block, below `encoder.layer`.
    private struct Block {
        /// `attention.self.query`, `key`, `value`, `(C, C)`.
        let attentionInputs: [LinearTensors]
        /// `attention.output.dense`, `(C, C)`.
        let attentionOutput: LinearTensors
        /// `attention.output.LayerNorm`, `(C)`.
        let attentionNorm: NormTensors
        /// `intermediate.dense`, `(I, C)`.
        let mlpInput: LinearTensors
        /// `output.dense`, `(C, I)`.
        let mlpOutput: LinearTensors
        /// `output.LayerNorm`, `(C)`.
        let mlpNorm: NormTensors
    }

    init(_ sizes: BERTConfiguration) {
        let (v, c, inner) = (sizes.vocabularySize, sizes.hiddenSize, sizes.innerSize)
        let isBERT = sizes.family == .bert
        let root = sizes.family.rawValue + "."
        var layout = ParameterLayout()
        tokenEmbedding = layout.append(root + "embeddings.word_embeddings.weight", [v, c], .embeddings)
        positionEmbedding = layout.append(
            root + "embeddings.position_embeddings.weight", [sizes.contextLength + sizes.positionOffset, c], .positions)
        // One row for all tokens: a constant of the place, like a position.
        typeEmbedding = layout.append(
            root + "embeddings.token_type_embeddings.weight", [sizes.tokenTypeCount, c], .positions)
        embeddingNorm = layout.appendNorm(root + "embeddings.LayerNorm", c)
        blocks = (0..<sizes.layerCount).map { i in
            let name = root + "encoder.layer.\(i)."
            return Block(
                attentionInputs: ["query", "key", "value"].map {
                    layout.appendLinear(name + "attention.self.\($0)", [c, c], .attention, layer: i)
                },
                attentionOutput: layout.appendLinear(name + "attention.output.dense", [c, c], .attention, layer: i),
                attentionNorm: layout.appendNorm(name + "attention.output.LayerNorm", c, layer: i),
                mlpInput: layout.appendLinear(name + "intermediate.dense", [inner, c], .mlp, layer: i),
                mlpOutput: layout.appendLinear(name + "output.dense", [c, inner], .mlp, layer: i),
                mlpNorm: layout.appendNorm(name + "output.LayerNorm", c, layer: i))
        }
        // The head's own layer counts as a feed-forward network behind the blocks, its bias as the head.
        transform = layout.appendLinear(isBERT ? "cls.predictions.transform.dense" : "lm_head.dense", [c, c], .mlp)
        transformNorm = layout.appendNorm(
            isBERT ? "cls.predictions.transform.LayerNorm" : "lm_head.layer_norm", c)
        let name = isBERT ? "cls.predictions." : "lm_head."
        bias = layout.append(name + "bias", [v], .embeddings)
        head = sizes.tiedHead ? tokenEmbedding : layout.append(name + "decoder.weight", [v, c], .embeddings)
        self.sizes = sizes
        self.layout = layout
    }

    /// What reads, and the attention's outputs. Embeddings and feed-forward networks write to sums that no site holds: the next
    /// reader receives them normed.
    var residualWeights: [ResidualWeight] {
        var out: [ResidualWeight] = []
        for (i, block) in blocks.enumerated() {
            for layer in block.attentionInputs { out += layer.reading(at: .attentionInput(i)) }
            out += block.attentionOutput.writing(at: .attentionOutput(i))
            out += block.mlpInput.reading(at: .mlpInput(i))
        }
        out += transform.reading(at: .stream(layerCount))
        if !sizes.tiedHead { out.append(ResidualWeight(head, at: .head, .rows)) }
        return out
    }

    func initialize(_ values: FloatBuffer, seed: UInt64) { initializePlainly(values, seed: seed) }
}

// MARK: - Network

extension BERT {
    func forward(_ tape: Tape, _ batch: Batch, observe: ((ResidualSite, Activation) -> Void)?) -> Activation {
        requireFitting(batch)
        let sum = tape.embedding(
            tokens: batch.tokens, positions: batch.positions, tokenWeight: tape.parameter(tokenEmbedding),
            positionWeight: tape.parameter(positionEmbedding).rows(from: sizes.positionOffset),
            everywhere: tape.parameter(typeEmbedding))
        var x = norm(tape, embeddingNorm, sum)
        for (i, block) in blocks.enumerated() {
            observe?(.stream(i), x)
            observe?(.attentionInput(i), x)
            // Behind the last attention no row reads another, so only the wanted ones go on.
            let rows = i == blocks.count - 1 && batch.rows.count < batch.tokens.count ? batch.rows : nil
            x = tape.section(x) { tape, x in
                let change = attention(tape, block, x, batch, keeping: rows)
                let changed = tape.add(rows.map { tape.gatherRows(x, $0) } ?? x, change)
                observe?(.attentionOutput(i), changed)
                let read = norm(tape, block.attentionNorm, changed)
                observe?(.mlpInput(i), read)
                return norm(tape, block.mlpNorm, tape.add(read, mlp(tape, block, read)))
            }
        }
        observe?(.stream(blocks.count), x)
        if blocks.isEmpty { x = tape.gatherRows(x, batch.rows) }
        // The head of BERT goes through `hidden_act`, that of RoBERTa through GELU.
        let function = sizes.family == .bert ? sizes.activation : .gelu
        return norm(tape, transformNorm, tape.activation(tape.projection(x, [transform]), function))
    }

    /// `attention.output.dense(attention(q, k, v))`, at all rows or at `rows`.
    private func attention(
        _ tape: Tape, _ block: Block, _ x: Activation, _ batch: Batch, keeping rows: [Int]?
    ) -> Activation {
        var mixed = tape.attention(
            tape.projection(x, block.attentionInputs), spans: batch.spans,
            AttentionShape(
                heads: headCount, keyValueHeads: headCount, headSize: hiddenSize / headCount, isCausal: false))
        if let rows { mixed = tape.gatherRows(mixed, rows) }
        return tape.projection(mixed, [block.attentionOutput])
    }

    /// `output.dense(f(intermediate.dense(x)))`.
    private func mlp(_ tape: Tape, _ block: Block, _ x: Activation) -> Activation {
        let inner = tape.activation(tape.projection(x, [block.mlpInput]), sizes.activation)
        return tape.projection(inner, [block.mlpOutput])
    }

    private func norm(_ tape: Tape, _ norm: NormTensors, _ x: Activation) -> Activation {
        tape.layerNorm(x, norm, epsilon: sizes.normEpsilon)
    }
}

// MARK: - Making one

extension TransformerModel {
    /// A BERT or RoBERTa model with fresh parameters.
    public convenience init(configuration: BERTConfiguration, seed: UInt64) {
        self.init(family: BERT(configuration))
        family.initialize(values, seed: seed)
    }

    /// A BERT or RoBERTa model whose parameters are all zero, for a checkpoint to fill.
    public convenience init(zeroed configuration: BERTConfiguration) {
        self.init(family: BERT(configuration))
    }
}
