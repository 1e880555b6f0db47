import FileSupport
import LanguageModel

/// The sizes of a family that this package does not have.
struct ToyConfiguration: ModelConfiguration, Equatable {
    enum Family: String, ModelType {
        case toy

        var title: String { "Toy" }
        var architecture: String { "ToyForCausalLM" }
    }

    var family: Family { .toy }
    var vocabularySize = 23
    var contextLength = 16
    var hiddenSize = 8
    var layerCount = 3
    var headCount = 2
    var tiedHead = true
    var network: ModelNetwork { ModelNetwork(Toy(self)) }
}

/// About the least that a family can be: attention without positions and without a feed-forward network.
struct Toy: ModelFamily {
    static let isMasked = false

    struct Block {
        let norm: NormTensors
        let inputs: LinearTensors
        let output: LinearTensors
    }

    let sizes: ToyConfiguration
    let layout: ParameterLayout
    let tokenEmbedding: ParameterInfo
    let head: ParameterInfo
    let blocks: [Block]

    init(_ sizes: ToyConfiguration) {
        let c = sizes.hiddenSize
        var layout = ParameterLayout()
        tokenEmbedding = layout.append("toy.tokens.weight", [sizes.vocabularySize, c], .embeddings)
        blocks = (0..<sizes.layerCount).map { i in
            Block(
                norm: layout.appendNorm("toy.\(i).norm", c, layer: i),
                inputs: layout.appendLinear("toy.\(i).inputs", [3 * c, c], .attention, layer: i),
                output: layout.appendLinear("toy.\(i).output", [c, c], .attention, layer: i))
        }
        head = layout.appendHead(Self.headName(.toy), unlessTied: sizes.tiedHead, to: tokenEmbedding)
        self.sizes = sizes
        self.layout = layout
    }

    func embed(_ tape: Tape, _ batch: Batch) -> Activation {
        tape.embedding(tokens: batch.tokens, weight: tape.parameter(tokenEmbedding), scale: 1)
    }

    func run(_ block: Block, _ x: Activation, _ pass: BlockPass) -> Activation {
        let normed = pass.tape.layerNorm(x, block.norm, epsilon: 1e-5)
        pass.observe(.attentionInput(pass.index), normed)
        let mixed = pass.attention(
            pass.tape.projection(normed, [block.inputs]),
            AttentionShape(heads: sizes.headCount, keyValueHeads: sizes.headCount, headSize: 4))
        let y = pass.tape.add(pass.kept(x), pass.tape.projection(mixed, [block.output]))
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

    static func sizes(_ config: JSONCursor, _ family: ToyConfiguration.Family) throws -> ToyConfiguration {
        ToyConfiguration(
            vocabularySize: try config.size("vocab_size"), layerCount: try config.size("depth"),
            tiedHead: try config.flag("tie_word_embeddings", true))
    }

    func config(beginToken: Int32?) -> JSON {
        [
            "vocab_size": .integer(sizes.vocabularySize), "depth": .integer(sizes.layerCount),
            "tie_word_embeddings": .bool(sizes.tiedHead),
        ]
    }

    static func canonicalName(_ stored: String) -> String? { stored == "toy.mask" ? nil : stored }

    static func headName(_ family: ToyConfiguration.Family) -> String { "toy.head.weight" }
}
