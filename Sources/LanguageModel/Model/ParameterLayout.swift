/// The component of a network that a parameter belongs to; updates are selected and attributed by it.
public enum ParameterModule: String, CaseIterable, Codable, Sendable {
    /// Token embeddings and, when it is not tied, the head.
    case embeddings
    /// Learned positions.
    case positions
    /// Query, key, value and output projections.
    case attention
    /// The feed-forward network of a block, and layers between the blocks and the embeddings.
    case mlp
    /// Gains and biases of the norms.
    case norms
}

/// Name, shape and place of one tensor in the flat parameter buffer.
public struct ParameterInfo: Sendable, Equatable {
    /// Canonical name, as in the Hugging Face state dictionary: `transformer.h.0.attn.c_attn.weight`.
    public let name: String
    /// Shape as in the checkpoint.
    public let shape: [Int]
    /// Index of the first element in the flat buffer.
    public let offset: Int
    /// Number of elements.
    public let count: Int
    /// The component of the network.
    public let module: ParameterModule
    /// The block, counted from 0; nil outside the blocks.
    public let layer: Int?
    /// Whether a linear layer's weight is `(in, out)`, as GPT-2's Conv1D has it.
    public let inputsFirst: Bool

    /// The tensor's elements in the flat buffer.
    public var range: Range<Int> { offset..<offset + count }
}

/// All tensors of a model in the order of the flat buffer.
public struct ParameterLayout: Sendable, Equatable {
    /// The tensors, in buffer order, without gaps.
    public private(set) var tensors: [ParameterInfo] = []
    /// Number of elements in the flat buffer.
    public private(set) var count = 0
    /// Names under which a file may hold a tensor once more, such as a tied head's.
    package private(set) var copies: [String: ParameterInfo] = [:]
    private var index: [String: Int] = [:]

    /// An empty layout, for a family to fill.
    package init() {}

    /// Appends a tensor after the last one and returns it.
    @discardableResult
    package mutating func append(
        _ name: String, _ shape: [Int], _ module: ParameterModule, layer: Int? = nil, inputsFirst: Bool = false
    ) -> ParameterInfo {
        precondition(index[name] == nil, "parameter \(name) twice")
        let info = ParameterInfo(
            name: name, shape: shape, offset: count, count: shape.reduce(1, *), module: module, layer: layer,
            inputsFirst: inputsFirst)
        index[name] = tensors.count
        tensors.append(info)
        count += info.count
        return info
    }

    /// Notes a name under which a file may hold a tensor once more.
    package mutating func note(_ copy: String, as tensor: ParameterInfo) { copies[copy] = tensor }

    /// The tensor of a name, or nil.
    public subscript(name: String) -> ParameterInfo? { index[name].map { tensors[$0] } }
}
