import Foundation

/// A tensor, or a weight and its bias, of one block of a ``Transformer``.
enum BlockPart {
    /// Of the stream, or of the sum that the attention is added to, `(C)`.
    case attentionNorm
    /// `(H D, C)`.
    case query
    /// `(H_kv D, C)`.
    case key, value
    /// All three in one, `((H + 2 H_kv) D, C)`.
    case queryKeyValue
    /// Of each head, `(D)`, or of all of them, `(H D)` and `(H_kv D)`.
    case queryNorm, keyNorm
    /// `(C, H D)`.
    case attentionOutput
    /// Of what the attention adds, `(C)`.
    case attentionPostNorm
    /// As ``attentionNorm``, of the feed-forward network.
    case mlpNorm
    /// `(I, C)`; a block that has a gate is gated.
    case gate, mlpInput
    /// Both in one, `(2 I, C)`.
    case gateAndInput
    /// `(C, I)`.
    case mlpOutput
    /// Of what the feed-forward network adds, `(C)`.
    case mlpPostNorm
}

/// Where a ``Transformer`` of some sizes keeps its tensors, each name without `.weight`, and how they lie.
struct TransformerNames {
    var tokens: String
    /// A table of learned positions.
    var positions: String?
    var tokenTypes: String?
    var embeddingNorm: String?
    /// The layers from narrower embeddings into the stream and from the stream to the head, without biases.
    var projections: (input: String, output: String)?
    /// What stands before the number of a block.
    var blocks: String
    /// The parts of a block in the order of the flat buffer. Parts that the sizes do without are left out. Where attention
    /// or feed-forward network have no norm of their own before them they read the stream; side by side, with one norm
    /// for both, they read the same.
    var block: [(part: BlockPart, name: String)]
    var finalNorm: String?
    /// A layer of the head's own, its non-linearity and its norm.
    var headLayer: (linear: String, activation: ActivationFunction, norm: String)?
    /// What is added to the logits, and its name beside the head if it stands there once more.
    var headBias: (name: String, copy: String?)?
    var head = "lm_head"
    /// Whether weights are `(in, out)`, else PyTorch's `(out, in)`.
    var inputsFirst = false
    /// How ``BlockPart/queryKeyValue`` lies.
    var packing = AttentionShape.Packing.byKind
}

/// The network of all families of this package: embeddings, blocks of attention and feed-forward network, a head. What
/// sets a family apart is in ``ModelConfiguration`` and in its ``TransformerNames``.
struct Transformer: ModelNetwork {
    let sizes: ModelConfiguration
    let layout: ParameterLayout
    let tokenEmbedding: ParameterInfo
    let head: ParameterInfo
    let headBias: ParameterInfo?
    private let packing: AttentionShape.Packing
    private let positions: ParameterInfo?
    private let tokenTypes: ParameterInfo?
    private let embeddingNorm: LayerTensors?
    private let projections: (input: LayerTensors, output: LayerTensors)?
    private let blocks: [[BlockPart: LayerTensors]]
    private let finalNorm: LayerTensors?
    private let headLayer: (linear: LayerTensors, activation: ActivationFunction, norm: LayerTensors)?

    init(_ sizes: ModelConfiguration, _ names: TransformerNames) {
        let (heads, width) = (sizes.keyValueHeadCount, sizes.hiddenSize)
        precondition(sizes.headCount % heads == 0, "\(heads) heads of keys do not divide \(sizes.headCount)")
        var layout = ParameterLayout()
        func norm(_ name: String) -> LayerTensors { layout.appendNorm(name, width, bias: !sizes.rmsNorms) }
        func table(_ name: String, _ rows: Int, _ module: ParameterModule) -> ParameterInfo {
            layout.append(name + ".weight", [rows, width], module)
        }
        let narrow = sizes.embeddingSize
        tokenEmbedding = layout.append(names.tokens + ".weight", [sizes.vocabularySize, narrow], .embeddings)
        // Like the head's own layer they count as feed-forward networks.
        projections = (narrow == width ? nil : names.projections).map {
            (
                layout.appendLinear($0.input, [width, narrow], .mlp, bias: false),
                layout.appendLinear($0.output, [narrow, width], .mlp, bias: false)
            )
        }
        precondition(narrow == width || projections != nil, "embeddings of another width than the stream")
        positions = names.positions.map { table($0, sizes.contextLength + sizes.positionOffset, .positions) }
        // One row for all tokens: a constant, like that of a position.
        tokenTypes = names.tokenTypes.map { table($0, sizes.tokenTypeCount, .positions) }
        embeddingNorm = names.embeddingNorm.map(norm)
        blocks = (0..<sizes.layerCount).map { i in
            var block: [BlockPart: LayerTensors] = [:]
            for (part, name) in names.block {
                guard let form = sizes.form(of: part) else { continue }
                block[part] = layout.appendLinear(
                    "\(names.blocks)\(i).\(name)", form.shape, form.module, layer: i, bias: form.hasBias,
                    inputsFirst: names.inputsFirst && form.module != .norms)
            }
            return block
        }
        finalNorm = sizes.finalNorm && !sizes.normsAfterSum ? names.finalNorm.map(norm) : nil
        // The head's own layer counts as a feed-forward network after the blocks, its bias as the head.
        headLayer = names.headLayer.map {
            (layout.appendLinear($0.linear, [width, width], .mlp), $0.activation, norm($0.norm))
        }
        headBias = names.headBias.map { layout.append($0.name, [sizes.vocabularySize], .embeddings) }
        if let headBias, let copy = names.headBias?.copy { layout.note(copy, as: headBias) }
        head = layout.appendHead(names.head + ".weight", unlessTied: sizes.tiedHead, to: tokenEmbedding)
        packing = names.packing
        self.sizes = sizes
        self.layout = layout
    }

    /// The weights of a block's parts, as far as it has them.
    private func layers(_ block: Int, _ parts: BlockPart...) -> [LayerTensors] {
        parts.compactMap { blocks[block][$0] }
    }

    var residualWeights: [ResidualWeight] {
        // What embeddings that are normed write, and networks before a norm, goes to sums that no site holds: what reads
        // them next receives them normed.
        let tables = [projections == nil ? tokenEmbedding : nil, positions].compactMap { $0 }
        var out = tables.map { ResidualWeight($0, at: .stream(0), .rows) }
        if let projections { out += projections.input.writing(at: .stream(0)) }
        if embeddingNorm != nil { out = [] }
        for (i, block) in blocks.enumerated() {
            func gain(_ part: BlockPart) -> ResidualWeight.Gain? {
                block[part].map { ResidualWeight.Gain(tensor: $0.weight, offset: sizes.gainOffset) }
            }
            // Side by side, nothing reads the stream between attention and feed-forward network.
            let between = sizes.parallelResidual ? ResidualSite.stream(i + 1) : .attentionOutput(i)
            out += layers(i, .query, .key, .value, .queryKeyValue).flatMap { $0.reading(at: .attentionInput(i)) }
            out += layers(i, .attentionOutput).flatMap { $0.writing(at: between, through: gain(.attentionPostNorm)) }
            out += layers(i, .gate, .mlpInput, .gateAndInput).flatMap { $0.reading(at: .mlpInput(i)) }
            if sizes.normsAfterSum { continue }
            out += layers(i, .mlpOutput).flatMap { $0.writing(at: .stream(i + 1), through: gain(.mlpPostNorm)) }
        }
        out += headLayer?.linear.reading(at: .stream(blocks.count)) ?? []
        return out + (projections?.output.reading(at: .head) ?? headWeights)
    }
}

// MARK: - The pass

extension Transformer {
    func embed(_ tape: Tape, _ batch: Batch) -> Activation {
        let table = positions.map { tape.parameter($0).rows(from: sizes.positionOffset) }
        if let projections {
            let narrow = tape.embedding(tokens: batch.tokens, tokenWeight: tape.parameter(tokenEmbedding))
            let wide = tape.layers(narrow, [projections.input])
            return table.map { tape.add(wide, tape.embedding(tokens: places(batch), tokenWeight: $0, isInput: false)) }
                ?? wide
        }
        let sum = tape.embedding(
            tokens: batch.tokens, positions: places(batch), tokenWeight: tape.parameter(tokenEmbedding),
            scale: sizes.embeddingScale,
            positionWeight: table,
            everywhere: tokenTypes.map { tape.parameter($0) })
        return norm(tape, embeddingNorm, sum)
    }

    /// The row of each token in the table of positions, from the first token's on.
    private func places(_ batch: Batch) -> [Int32] {
        guard let padding = sizes.uncountedToken, batch.tokens.contains(padding) else { return batch.positions }
        var places = batch.positions
        for span in batch.spans {
            var count = Int32(span.context.count { batch.tokens[$0] != padding })
            for row in span.rows {
                let isCounted = batch.tokens[row] != padding
                places[row] = isCounted ? count : -1
                if isCounted { count += 1 }
            }
        }
        return places
    }

    /// `y = x + [norm](attention([norm](x)))`, then `y + [norm](mlp([norm](y)))`; with norms after the sum
    /// `y = norm(x + attention(x))`, then `norm(y + mlp(y))`.
    func run(_ x: Activation, _ pass: BlockPass) -> Activation {
        let (tape, i, block) = (pass.tape, pass.index, blocks[pass.index])
        /// `x` through a norm if the model has its norms at this side, else `x` itself.
        func norm(_ part: BlockPart, _ x: Activation, afterSum: Bool = false) -> Activation {
            afterSum == sizes.normsAfterSum ? self.norm(tape, block[part], x) : x
        }
        func added(_ part: BlockPart, _ x: Activation, to stream: Activation, _ post: BlockPart) -> Activation {
            tape.layers(x, layers(i, part), addedTo: stream) { self.norm(tape, block[post], $0) }
        }
        let attended = norm(.attentionNorm, x)
        pass.observe(.attentionInput(i), attended)
        let mixed = attention(attended, pass)
        let stream = pass.kept(sizes.normedResidual ? attended : x)
        let sum = added(.attentionOutput, mixed, to: stream, .attentionPostNorm)
        pass.observe(.attentionOutput(i), sum)
        let changed = norm(.attentionNorm, sum, afterSum: true)
        let hasOneNorm = sizes.parallelResidual && block[.mlpNorm] == nil
        let read = hasOneNorm ? pass.kept(attended) : norm(.mlpNorm, sizes.parallelResidual ? stream : changed)
        pass.observe(.mlpInput(i), read)
        let inputs = tape.layers(read, layers(i, .gate, .mlpInput, .gateAndInput))
        let isGated = block[.gate] != nil || block[.gateAndInput] != nil
        let inner = isGated ? tape.gated(inputs, sizes.activation) : tape.activation(inputs, sizes.activation)
        let last = sizes.normedResidual ? read : changed
        return norm(.mlpNorm, added(.mlpOutput, inner, to: last, .mlpPostNorm), afterSum: true)
    }

    /// What the heads make of their input, side by side, at the rows that go on.
    private func attention(_ x: Activation, _ pass: BlockPass) -> Activation {
        let (tape, block, layer) = (pass.tape, blocks[pass.index], sizes.layers[pass.index])
        let shape = AttentionShape(
            heads: sizes.headCount, keyValueHeads: sizes.keyValueHeadCount, headSize: sizes.headSize,
            scale: sizes.attentionScale * layer.scale, window: layer.window, packing: packing,
            isCausal: sizes.isCausal, cap: sizes.attentionCap,
            slopes: sizes.linearBiases ? Self.slopes(sizes.headCount) : [], turnsNeighbours: sizes.rotatesNeighbours)
        var packed = tape.layers(x, layers(pass.index, .query, .key, .value, .queryKeyValue))
        if let query = block[.queryNorm], let key = block[.keyNorm] {
            packed = tape.headNorms(
                packed, queryGain: tape.parameter(query.weight), keyGain: tape.parameter(key.weight),
                offset: sizes.gainOffset, epsilon: sizes.normEpsilon, shape)
        }
        if let rotary = layer.rotary {
            packed = tape.rotary(packed, positions: pass.batch.positions, spans: pass.batch.spans, rotary, shape)
        }
        return pass.attention(packed, shape)
    }

    /// The slopes of linear biases (Press et al. 2022, and `build_alibi_tensor` of Hugging Face's BLOOM): with p the
    /// largest power of 2 up to H `2^(−8 k/p)`, k = 1 … p, then for the heads beyond `2^(−4 k/p)`, k = 1, 3, 5, ….
    private static func slopes(_ heads: Int) -> [Float] {
        let power = 1 << (Int.bitWidth - 1 - heads.leadingZeroBitCount)
        return (0..<heads).map { head in
            let exponent = head < power ? 8 * Double(head + 1) : 4 * Double(2 * (head - power) + 1)
            return Float(exp2(-exponent / Double(power)))
        }
    }

    func finish(_ tape: Tape, _ x: Activation) -> Activation {
        guard let headLayer else { return norm(tape, finalNorm, x) }
        return norm(tape, headLayer.norm, tape.activation(tape.layers(x, [headLayer.linear]), headLayer.activation))
    }

    func headInput(_ tape: Tape, _ x: Activation) -> Activation {
        projections.map { tape.layers(x, [$0.output]) } ?? x
    }

    /// `x` itself where there is no norm.
    private func norm(_ tape: Tape, _ norm: LayerTensors?, _ x: Activation) -> Activation {
        norm.map { tape.norm(x, $0, offset: sizes.gainOffset, epsilon: sizes.normEpsilon) } ?? x
    }
}

extension ModelConfiguration {
    /// Shape `(out, in)`, module and bias of a part of a block; nil for one that these sizes do without.
    func form(of part: BlockPart) -> (shape: [Int], module: ParameterModule, hasBias: Bool)? {
        let (width, queries, keys) = (hiddenSize, headCount * headSize, keyValueHeadCount * headSize)
        let hasInputBias = attentionBias != .none
        switch part {
        case .attentionNorm, .mlpNorm: return ([width], .norms, !rmsNorms)
        case .attentionPostNorm, .mlpPostNorm: return postNorms ? ([width], .norms, !rmsNorms) : nil
        case .queryNorm: return headNorms ? ([headNormsSpanHeads ? queries : headSize], .norms, false) : nil
        case .keyNorm: return headNorms ? ([headNormsSpanHeads ? keys : headSize], .norms, false) : nil
        case .query: return ([queries, width], .attention, hasInputBias)
        case .key, .value: return ([keys, width], .attention, hasInputBias)
        case .queryKeyValue: return ([queries + 2 * keys, width], .attention, hasInputBias)
        case .attentionOutput: return ([width, queries], .attention, attentionBias == .all)
        case .gate, .mlpInput: return ([innerSize, width], .mlp, mlpBias)
        case .gateAndInput: return ([2 * innerSize, width], .mlp, mlpBias)
        case .mlpOutput: return ([width, innerSize], .mlp, mlpBias)
        }
    }
}
