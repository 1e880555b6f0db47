import LinearAlgebra

extension CausalModel {
    /// Most tokens that go through the network at once when nothing is kept for a way back.
    private static let scoringTokens = 2048

    /// log p of each prediction, in the order given.
    ///
    /// Any number of sequences: they go through the network in batches of bounded memory, without those and the ends
    /// of those that no prediction depends on.
    public func logProbabilities(_ predictions: [Prediction], in packed: PackedSequences) -> [Float] {
        var result = [Float](repeating: 0, count: predictions.count)
        let index = RowIndex(predictions.map(\.row), tokenCount: packed.tokenCount)
        result.withUnsafeMutableBufferPointer { result in
            score(packed, index) { batch, head in
                head.forEachRow(Array(batch.rows.indices)) { row, logits, logSum in
                    for item in index.items(at: batch.sourceRows[row]) {
                        result[item] = logits[checked(predictions[item].token)] - logSum
                    }
                }
            }
        }
        return result
    }

    /// KL(reference ‖ self) over the whole vocabulary at each of `rows`, in the order given, in nats.
    public func klDivergence(
        from reference: CausalModel, rows: [Int], in packed: PackedSequences
    ) -> [Float] {
        var result = [Float](repeating: 0, count: rows.count)
        let index = RowIndex(rows, tokenCount: packed.tokenCount)
        score(packed, index) { batch, head in
            let all = Array(batch.rows.indices)
            let values = head.klDivergence(all, from: reference.head(batch, workspace), all, scale: nil)
            for (value, row) in zip(values, batch.sourceRows) {
                for item in index.items(at: row) { result[item] = Float(value) }
            }
        }
        return result
    }

    /// Hidden states at `rows`, in the order given: L + 1 matrices `(rows.count, C)`.
    ///
    /// As in Hugging Face's `output_hidden_states`: the first is the sum of token and position embedding, those between
    /// are the outputs of the blocks, the last is behind the final norm.
    public func hiddenStates(at rows: [Int], in packed: PackedSequences) -> [Matrix<Float>] {
        let columns = configuration.hiddenSize
        var states = [Matrix<Float>](
            repeating: Matrix(rows: rows.count, columns: columns), count: configuration.layerCount + 1)
        let index = RowIndex(rows, tokenCount: packed.tokenCount)
        for batch in Batch.split(packed, limit: Self.scoringTokens, wanted: index.contains) {
            var layer = 0
            func keep(_ state: Activation, _ stateRows: some Sequence<Int>) {
                for (row, source) in zip(stateRows, batch.sourceRows) {
                    let values = UnsafeBufferPointer(start: state.data + row * columns, count: columns)
                    for item in index.items(at: source) {
                        states[layer].elements.replaceSubrange(item * columns..<(item + 1) * columns, with: values)
                    }
                }
                layer += 1
            }
            BLAS.singleThreaded {
                let tape = Tape(workspace, values: values)
                let final = family.forward(tape, batch) { keep($0, batch.rows) }
                keep(final, batch.rows.indices)
            }
        }
        return states
    }

    /// Runs the network over all batches that the indexed rows need; `body` gets the head over a batch's wanted rows.
    private func score(_ packed: PackedSequences, _ index: RowIndex, _ body: (Batch, SelectiveHead) -> Void) {
        BLAS.singleThreaded {
            for batch in Batch.split(packed, limit: Self.scoringTokens, wanted: index.contains) {
                body(batch, head(batch, workspace))
            }
        }
    }

    /// The network without a way back, up to its head.
    func head(_ batch: Batch, _ workspace: Workspace) -> SelectiveHead {
        let tape = Tape(workspace, values: values)
        return SelectiveHead(
            workspace: workspace, hidden: family.forward(tape, batch, observe: nil),
            weight: tape.parameter(family.head))
    }

    /// A token as an index of the vocabulary.
    func checked(_ token: Int32) -> Int {
        precondition(0 <= token && token < configuration.vocabularySize, "token \(token) outside the vocabulary")
        return Int(token)
    }
}
