/// Token sequences laid end to end without padding; only attention and positions know where one ends.
public struct PackedSequences: Sendable, Equatable {
    /// All tokens, `(tokenCount)`.
    public let tokens: [Int32]
    /// Flat index of each sequence's first token and, last, ``tokenCount``: `(sequenceCount + 1)`.
    public let starts: [Int]

    /// Packs sequences in the order given; an empty one keeps its place.
    public init(_ sequences: [[Int32]]) {
        var tokens: [Int32] = []
        var starts = [0]
        tokens.reserveCapacity(sequences.reduce(0) { $0 + $1.count })
        starts.reserveCapacity(sequences.count + 1)
        for sequence in sequences {
            tokens += sequence
            starts.append(tokens.count)
        }
        self.tokens = tokens
        self.starts = starts
    }

    /// Number of tokens in all sequences.
    public var tokenCount: Int { tokens.count }

    /// Number of sequences.
    public var sequenceCount: Int { starts.count - 1 }

    /// The flat rows of one sequence.
    public func range(_ sequence: Int) -> Range<Int> { starts[sequence]..<starts[sequence + 1] }
}
