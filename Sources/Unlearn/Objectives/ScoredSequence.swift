/// A sequence and the positions whose tokens are predicted from what stands before them.
public struct ScoredSequence: Sendable, Equatable {
    /// One token that is predicted.
    public struct Target: Sendable, Equatable {
        /// Its position in the text less 1: the row of ``ScoredSequence/inputs`` that predicts it.
        public let row: Int
        /// The token.
        public let token: Int32
        /// Its position in the sentence that it belongs to: `row` + 1 unless the context is another than the sentence's.
        public let position: Int
        /// The factor of its log p.
        public var weight: Float
    }

    /// The tokens that are given to the model: up to the one before the last position predicted, since a causal
    /// model takes nothing from those after it.
    public let inputs: [Int32]
    /// What is predicted, in the order of the text.
    public var targets: [Target]

    /// Some tokens of a text.
    ///
    /// - Parameter positions: ascending, all at least 1.
    public init(tokens: [Int32], positions: [Int], weight: Float = 1) {
        inputs = Array(tokens.prefix(positions.last ?? 0))
        targets = positions.map { Target(row: $0 - 1, token: tokens[$0], position: $0, weight: weight) }
    }

    /// Every token of a text but the first.
    public init(_ tokens: [Int32], weight: Float = 1) {
        self.init(tokens: tokens, positions: Array(1..<max(1, tokens.count)), weight: weight)
    }

    /// Some tokens of a text, predicted one after another from a context of their own.
    ///
    /// - Parameters:
    ///   - context: at least one token.
    ///   - positions: ascending.
    init(context: [Int32], of tokens: [Int32], positions: [Int]) {
        inputs = context + positions.dropLast().map { tokens[$0] }
        targets = positions.enumerated().map { index, position in
            Target(row: context.count - 1 + index, token: tokens[position], position: position, weight: 1)
        }
    }

    /// Tokens of which none is predicted.
    init(inputs: [Int32]) {
        self.inputs = inputs
        targets = []
    }

    /// The same tokens with one weight for all.
    public func weighted(_ weight: Float) -> ScoredSequence {
        var out = self
        for index in out.targets.indices { out.targets[index].weight = weight }
        return out
    }
}
