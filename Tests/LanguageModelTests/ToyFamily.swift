import FileSupport
import LanguageModel

extension ModelType {
    /// Of a family that this package does not have.
    static let toy = ModelType("toy", title: "Toy", architecture: "ToyForCausalLM", ToyFamily.self)
}

enum ToyFamily: ModelFamily {
    static let types = [ModelType.toy]

    static func network(_ sizes: ModelConfiguration) -> any ModelNetwork { Toy(sizes) }

    static func configuration(_ config: JSONCursor, _ type: ModelType) throws -> ModelConfiguration {
        var sizes = ModelConfiguration(
            type, vocabularySize: try config.size("vocab_size"), contextLength: 16, hiddenSize: 8,
            layerCount: try config.size("depth"), headCount: 2)
        sizes.tiedHead = try config.flag("tie_word_embeddings", true)
        return sizes
    }

    static func config(_ sizes: ModelConfiguration, beginToken: Int32?) -> JSON {
        [
            "vocab_size": .integer(sizes.vocabularySize), "depth": .integer(sizes.layerCount),
            "tie_word_embeddings": .bool(sizes.tiedHead),
        ]
    }

    static func canonicalName(_ stored: String) -> String? { stored == "toy.mask" ? nil : stored }
}

/// About the least that a network can be: attention without positions and without a feed-forward network.
struct Toy: ModelNetwork {
    let sizes: ModelConfiguration
    let layout: ParameterLayout
    let tokenEmbedding: ParameterInfo
    let head: ParameterInfo
    private let blocks: [(norm: LayerTensors, inputs: LayerTensors, output: LayerTensors)]

    init(_ sizes: ModelConfiguration) {
        let c = sizes.hiddenSize
        var layout = ParameterLayout()
        tokenEmbedding = layout.append("toy.tokens.weight", [sizes.vocabularySize, c], .embeddings)
        blocks = (0..<sizes.layerCount).map { i in
            (
                layout.appendNorm("toy.\(i).norm", c, layer: i),
                layout.appendLinear("toy.\(i).inputs", [3 * c, c], .attention, layer: i),
                layout.appendLinear("toy.\(i).output", [c, c], .attention, layer: i)
            )
        }
        head = layout.appendHead("toy.head.weight", unlessTied: sizes.tiedHead, to: tokenEmbedding)
        self.sizes = sizes
        self.layout = layout
    }

    func embed(_ tape: Tape, _ batch: Batch) -> Activation {
        tape.embedding(tokens: batch.tokens, tokenWeight: tape.parameter(tokenEmbedding))
    }

    func run(_ x: Activation, _ pass: BlockPass) -> Activation {
        let block = blocks[pass.index]
        let normed = pass.tape.norm(x, block.norm, epsilon: 1e-5)
        pass.observe(.attentionInput(pass.index), normed)
        let mixed = pass.attention(
            pass.tape.layers(normed, [block.inputs]),
            AttentionShape(heads: sizes.headCount, keyValueHeads: sizes.headCount, headSize: 4))
        let y = pass.tape.add(pass.kept(x), pass.tape.layers(mixed, [block.output]))
        pass.observe(.attentionOutput(pass.index), y)
        pass.observe(.mlpInput(pass.index), y)
        return y
    }

    func finish(_ tape: Tape, _ x: Activation) -> Activation { x }

    var residualWeights: [ResidualWeight] {
        blocks.enumerated().flatMap { i, block in
            block.inputs.reading(at: .attentionInput(i)) + block.output.writing(at: .attentionOutput(i))
        } + headWeights
    }
}
