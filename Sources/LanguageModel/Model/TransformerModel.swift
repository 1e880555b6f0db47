import LinearAlgebra

/// A language model: a family's network and its parameters in one flat buffer. Causal, unless ``isMasked`` says
/// otherwise.
///
/// A model and its copies share working memory, so use them from one thread at a time; each call uses all of
/// ``LinearAlgebra/Threads`` itself.
public final class TransformerModel {
    package let network: any ModelNetwork
    /// Every tensor, by its Hugging Face name.
    public let layout: ParameterLayout
    /// θ, all parameters in the order of ``layout``; writable at any time between calls.
    public let values: FloatBuffer

    /// Whether gradients are taken with activation checkpointing: of every block only its input is kept, and the
    /// backward pass computes the rest again. The same bits with less memory, for about a third more time; copies take it over.
    public var checkpointsActivations = false

    /// Working memory, one for a model and all its copies.
    package let workspace: Workspace
    /// More of it for scoring in lanes, one for each thread, shared as well.
    let laneWorkspaces: [Workspace]

    package init(network: any ModelNetwork) {
        self.network = network
        workspace = Workspace()
        laneWorkspaces = (0..<Threads.count).map { _ in Workspace() }
        layout = network.layout
        values = FloatBuffer(count: layout.count)
    }

    /// A model with other parameters beside one whose working memory it shares.
    private init(network: any ModelNetwork, values: FloatBuffer, beside other: TransformerModel) {
        self.network = network
        workspace = other.workspace
        laneWorkspaces = other.laneWorkspaces
        layout = network.layout
        self.values = values
        checkpointsActivations = other.checkpointsActivations
    }

    /// A model whose parameters are all zero, for a checkpoint to fill.
    public convenience init(zeroed configuration: ModelConfiguration) {
        self.init(network: configuration.type.family.network(configuration))
    }

    /// A model with fresh parameters: weights normal with the family's deviation, gains such that norms start at 1,
    /// biases 0.
    public convenience init(configuration: ModelConfiguration, seed: UInt64) {
        self.init(zeroed: configuration)
        for info in layout.tensors {
            let target = tensor(info)
            if info.shape.count == 1 {
                let isGain = info.module == .norms && info.name.hasSuffix(".weight")
                target.update(repeating: isGain ? 1 - configuration.gainOffset : 0)
            } else {
                let deviation = configuration.type.family.deviation(of: info, configuration)
                var stream = RandomStream(seed: seed, label: info.name)
                for i in target.indices { target[i] = Float(deviation * stream.normal()) }
            }
        }
    }

    private init(copying other: TransformerModel) {
        network = other.network
        workspace = other.workspace
        laneWorkspaces = other.laneWorkspaces
        layout = other.layout
        values = other.values.copy()
        checkpointsActivations = other.checkpointsActivations
    }

    /// The sizes, and what sets the model apart within its network.
    public var configuration: ModelConfiguration { network.sizes }

    /// The matrix `(V, C)` that turns tokens into vectors.
    public var inputEmbedding: ParameterInfo { network.tokenEmbedding }

    /// The matrix `(V, C)` that turns final hidden states into logits; ``inputEmbedding`` itself where tied.
    public var outputEmbedding: ParameterInfo { network.head }

    /// What is added to the logits, `(V)`; nil where nothing is.
    package var headBias: ParameterInfo? { network.headBias }

    /// Whether the model fills in masked tokens, as BERT does: every token sees all of its sequence, and a
    /// ``Prediction`` names the row of the masked token itself.
    public var isMasked: Bool { configuration.isMasked }

    /// Whether input and output embedding are one matrix.
    public var hasTiedEmbeddings: Bool { network.head.offset == network.tokenEmbedding.offset }

    /// A model with its own copy of the parameters.
    public func copy() -> TransformerModel { TransformerModel(copying: self) }

    /// A model that computes the same, whose input and output embeddings are two matrices, so that what a tied matrix
    /// does on either side can be told apart. An untied model gives a plain copy.
    public func untied() -> TransformerModel { untied { FloatBuffer(count: $0) } }

    /// The same with its parameters in a file without a name; see ``LinearAlgebra/FloatBuffer/init(count:in:)``.
    package func untied(in folder: String?) throws -> TransformerModel {
        try untied { try FloatBuffer(count: $0, in: folder) }
    }

    private func untied(_ memory: (Int) throws -> FloatBuffer) rethrows -> TransformerModel {
        var sizes = configuration
        sizes.tiedHead = false
        let other = hasTiedEmbeddings ? sizes.type.family.network(sizes) : network
        let model = TransformerModel(network: other, values: try memory(other.layout.count), beside: self)
        model.takeValues(ofTied: self)
        return model
    }

    /// Gives idle working memory back to the system.
    package func releaseWorkingMemory() {
        for workspace in [workspace] + laneWorkspaces { workspace.releaseIdle() }
    }

    /// Sets an ``untied()`` model to the parameters of the tied one that it was made from.
    public func takeValues(ofTied model: TransformerModel) {
        for tensor in layout.tensors {
            // A head's bias may have another name beside a head of its own.
            let isBias = tensor == network.headBias
            let source = isBias ? model.network.headBias : model.layout[tensor.name] ?? model.outputEmbedding
            guard let source else { preconditionFailure("no bias to take \(tensor.name) from") }
            precondition(source.shape == tensor.shape, "\(tensor.name) has another shape")
            _ = self.tensor(tensor).update(fromContentsOf: model.tensor(source))
            values.release(tensor.range)
        }
    }

    /// The elements of one tensor, to read or write.
    public func tensor(_ parameter: ParameterInfo) -> UnsafeMutableBufferPointer<Float> {
        UnsafeMutableBufferPointer(rebasing: values.buffer[parameter.range])
    }

    /// The input embeddings of some tokens, `(tokens, C)`.
    public func inputRows(_ tokens: [Int]) -> Matrix<Float> {
        let width = inputEmbedding.shape[1]
        let rows = tensor(inputEmbedding)
        let elements = tokens.flatMap { rows[$0 * width..<($0 + 1) * width] }
        return Matrix(rows: tokens.count, columns: width, elements: elements)
    }
}
