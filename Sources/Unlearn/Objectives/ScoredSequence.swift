/// Tokens that are given to the model, and those whose log p is asked for.
public struct ScoredSequence: Sendable, Equatable {
    /// One token that is asked for.
    public struct Target: Sendable, Equatable {
        /// The row of ``ScoredSequence/inputs`` that predicts it: the token before it, or its own place where it is masked.
        public let row: Int
        /// The token.
        public let token: Int32
        /// Its position in the sentence that it belongs to.
        public let position: Int
        /// The factor of its log p.
        public var weight: Float
    }

    /// The tokens that are given to the model; to a causal one up to the one before the last that is asked for, since it
    /// takes nothing from those after it.
    public let inputs: [Int32]
    /// What is asked for, in the order of the text.
    public internal(set) var targets: [Target]

    /// Some tokens of a text, each predicted from what stands before it.
    ///
    /// - Parameter positions: ascending, all at least 1.
    init(tokens: [Int32], positions: [Int]) {
        inputs = Array(tokens.prefix(positions.last ?? 0))
        targets = positions.map { Target(row: $0 - 1, token: tokens[$0], position: $0, weight: 1) }
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

    /// Some tokens of a text, each given all of it but what is hidden.
    ///
    /// - Parameters:
    ///   - positions: of the tokens that are asked for; hidden all of them.
    ///   - others: of tokens that are hidden without being asked for.
    ///   - maskToken: stands for what is hidden.
    init(masking positions: [Int], and others: some Sequence<Int> = [Int](), of tokens: [Int32], maskToken: Int32) {
        var inputs = tokens
        for position in positions { inputs[position] = maskToken }
        for position in others { inputs[position] = maskToken }
        self.inputs = inputs
        targets = positions.map { Target(row: $0, token: tokens[$0], position: $0, weight: 1) }
    }

    /// Tokens of which none is asked for.
    init(inputs: [Int32]) {
        self.inputs = inputs
        targets = []
    }
}
