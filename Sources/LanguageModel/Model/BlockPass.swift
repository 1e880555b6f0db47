/// A block's part of one pass through the network.
package struct BlockPass {
    /// The tape to record on.
    package let tape: Tape
    /// What goes through the network.
    package let batch: Batch
    /// The block, counted from 0.
    package let index: Int
    /// The rows that go on after the attention; nil where all do.
    private let rows: [Int]?
    private let observer: ((ResidualSite, Activation) -> Void)?

    fileprivate init(
        _ tape: Tape, _ batch: Batch, index: Int, isLast: Bool, _ observer: ((ResidualSite, Activation) -> Void)?
    ) {
        self.tape = tape
        self.batch = batch
        self.index = index
        self.observer = observer
        // After the last attention no row reads another, so only the wanted ones go on.
        rows = isLast && batch.rows.count < batch.tokens.count ? batch.rows : nil
    }

    /// Notes the state of the residual stream at a site.
    package func observe(_ site: ResidualSite, _ x: Activation) { observer?(site, x) }

    /// The rows of the block's input that go on.
    package func kept(_ x: Activation) -> Activation { rows.map { tape.gatherRows(x, $0) } ?? x }

    /// Attention within each sequence, at the rows that go on.
    ///
    /// - Parameter packed: `(tokens, (H + 2 H_kv) D)`, queries, keys and values.
    package func attention(_ packed: Activation, _ shape: AttentionShape) -> Activation {
        kept(tape.attention(packed, spans: batch.spans, shape))
    }
}

extension ModelNetwork {
    /// The network up to the head.
    ///
    /// - Parameter observe: receives the state of the residual stream at every site that ``residualWeights`` names, in
    ///   the order of the computation: at all of the batch's tokens, or where only they go on at its wanted rows.
    /// - Returns: what the head reads at the batch's wanted rows: hidden states after the final norm, `(rows, C)`, or of the
    ///   head's own width.
    func forward(_ tape: Tape, _ batch: Batch, observe: ((ResidualSite, Activation) -> Void)?) -> Activation {
        let (context, vocabulary) = (sizes.contextLength, sizes.vocabularySize)
        precondition(
            (batch.positions.max() ?? 0) < context && batch.tokens.allSatisfy { 0 <= $0 && $0 < vocabulary },
            "tokens outside the vocabulary of \(vocabulary) or the context of \(context)")
        var x = embed(tape, batch)
        let count = sizes.layerCount
        for i in 0..<count {
            observe?(.stream(i), x)
            x = tape.section(x) { tape, x in
                run(x, BlockPass(tape, batch, index: i, isLast: i == count - 1, observe))
            }
        }
        observe?(.stream(count), x)
        if count == 0 { x = tape.gatherRows(x, batch.rows) }
        let state = finish(tape, x)
        observe?(.head, state)
        return headInput(tape, state)
    }
}
