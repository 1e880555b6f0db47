/// Where packed sequences begin alike.
///
/// In a causal model a token's hidden state depends on itself and on what stands before it, so equal beginnings need to
/// go through the network once only.
struct SharedPrefixes {
    /// The sequences in such an order that each begins with as much as possible of the one before it.
    let order: [Int]
    /// Whether nothing is shared.
    let areApart: Bool
    /// For each flat row the first row, by ``order``, whose token and context are the same: `(tokenCount)`.
    let rows: [Int]

    /// Compares the sequences. `O(tokens · log sequences)`.
    ///
    /// - Parameter apart: shares nothing and keeps the order, for a backward pass or where a token sees what stands after
    ///   it.
    init(_ packed: PackedSequences, apart: Bool) {
        areApart = apart
        var rows = Array(0..<packed.tokenCount)
        guard !apart else {
            order = Array(0..<packed.sequenceCount)
            self.rows = rows
            return
        }
        let tokens = (0..<packed.sequenceCount).map { packed.tokens[packed.range($0)] }
        // Equal sequences in the order of the input, so that the order is one whatever the sort.
        order = tokens.indices.sorted {
            tokens[$0] == tokens[$1] ? $0 < $1 : tokens[$0].lexicographicallyPrecedes(tokens[$1])
        }
        for (previous, sequence) in zip(order, order.dropFirst()) {
            for (above, row) in zip(packed.range(previous), packed.range(sequence)) {
                guard packed.tokens[above] == packed.tokens[row] else { break }
                rows[row] = rows[above]
            }
        }
        self.rows = rows
    }
}
