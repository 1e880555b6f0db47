import LinearAlgebra

extension TransformerModel {
    /// Most tokens that go through the network at once when nothing is kept for a backward pass.
    private static let scoringTokens = 2048
    /// The same for a narrow model, whose products are too small to share between threads: every thread takes whole
    /// batches instead.
    private static let laneTokens = 512
    /// The widest model that counts as narrow.
    private static let laneWidth = 256

    /// log p of each prediction, in the order given.
    ///
    /// Any number of sequences: they go through the network in batches of bounded memory, without those and the ends
    /// of those that no prediction depends on; what sequences begin with alike goes through once.
    public func logProbabilities(_ predictions: [Prediction], in packed: PackedSequences) -> [Float] {
        var result = [Float](repeating: 0, count: predictions.count)
        let prefixes = SharedPrefixes(packed, apart: isMasked)
        let index = RowIndex(predictions.map { prefixes.rows[$0.row] }, tokenCount: packed.tokenCount)
        result.withUnsafeMutableBufferPointer { result in
            score(packed, prefixes, index) { batch, head, _ in
                let items = batch.sourceRows.map { index.items(at: $0) }
                let logs = head.logProbabilities(
                    Array(batch.rows.indices), items.map { $0.map { checked(predictions[$0].token) } })
                for (items, logs) in zip(items, logs) {
                    for (item, log) in zip(items, logs) { result[item] = log }
                }
            }
        }
        return result
    }

    /// KL(reference ‖ self) over the whole vocabulary at each of `rows`, in the order given, in nats.
    public func klDivergence(
        from reference: TransformerModel, rows: [Int], in packed: PackedSequences
    ) -> [Float] {
        var result = [Float](repeating: 0, count: rows.count)
        let prefixes = SharedPrefixes(packed, apart: isMasked)
        let index = RowIndex(rows.map { prefixes.rows[$0] }, tokenCount: packed.tokenCount)
        result.withUnsafeMutableBufferPointer { result in
            score(packed, prefixes, index) { batch, head, workspace in
                let all = Array(batch.rows.indices)
                let values = head.klDivergence(all, from: reference.head(batch, workspace), all, scale: nil)
                for (value, row) in zip(values, batch.sourceRows) {
                    for item in index.items(at: row) { result[item] = Float(value) }
                }
            }
        }
        return result
    }

    /// Keeps everything that this model predicts at `rows`, so that many models can be compared with it.
    public func keepPredictions(at rows: [Int], in packed: PackedSequences) -> KeptPredictions {
        let kept = KeptPredictions(
            packed, rows: rows, sharing: SharedPrefixes(packed, apart: isMasked),
            vocabularySize: configuration.vocabularySize)
        score(packed, kept.prefixes, kept.index) { batch, head, _ in
            head.forEachRow(Array(batch.rows.indices)) { row, logits, logSum in
                for item in kept.index.items(at: batch.sourceRows[row]) { kept.set(item, logits, logSum) }
            }
        }
        return kept
    }

    /// As ``klDivergence(from:rows:in:)``, from predictions that were kept: half the work.
    public func klDivergence(from reference: KeptPredictions) -> [Float] {
        precondition(reference.vocabularySize == configuration.vocabularySize, "both models have one vocabulary")
        var result = [Float](repeating: 0, count: reference.count)
        result.withUnsafeMutableBufferPointer { result in
            score(reference.sequences, reference.prefixes, reference.index) { batch, head, _ in
                head.forEachRow(Array(batch.rows.indices)) { row, logits, logSum in
                    for item in reference.index.items(at: batch.sourceRows[row]) {
                        result[item] = Float(
                            kernels.kl_divergence(
                                reference.logits(item), logits, reference.vocabularySize,
                                reference.logSums.pointer[item],
                                logSum))
                    }
                }
            }
        }
        return result
    }

    /// Hidden states at `rows`, in the order given: L + 1 matrices `(rows.count, C)`.
    ///
    /// As in Hugging Face's `output_hidden_states`: the first is the sum of token and position embedding, those between
    /// are the outputs of the blocks, the last is after the final norm; of a masked model, the last is the output of
    /// the last block, before its head's own layer.
    public func hiddenStates(at rows: [Int], in packed: PackedSequences) -> [Matrix<Float>] {
        let columns = configuration.hiddenSize
        let lastStream = configuration.layerCount - (isMasked ? 0 : 1)
        var states = [Matrix<Float>](
            repeating: Matrix(rows: rows.count, columns: columns), count: configuration.layerCount + 1)
        let prefixes = SharedPrefixes(packed, apart: isMasked)
        let index = RowIndex(rows.map { prefixes.rows[$0] }, tokenCount: packed.tokenCount)
        for batch in Batch.split(
            packed, sharing: prefixes, limit: Self.scoringTokens, whole: isMasked, wanted: index.contains)
        {
            var layer = 0
            func keep(_ state: Activation) {
                // At all of the batch's tokens, or where only they go on at its wanted rows.
                let isWhole = state.rows == batch.tokens.count
                for (place, source) in batch.sourceRows.enumerated() {
                    let row = isWhole ? batch.rows[place] : place
                    let values = UnsafeBufferPointer(start: state.data + row * columns, count: columns)
                    for item in index.items(at: source) {
                        states[layer].elements.replaceSubrange(item * columns..<(item + 1) * columns, with: values)
                    }
                }
                layer += 1
            }
            BLAS.singleThreaded {
                let tape = Tape(workspace, values: values)
                let final = family.forward(tape, batch) { site, state in
                    // After the last block of a causal model it is the normed state that is kept.
                    if case .stream(let block) = site, block <= lastStream { keep(state) }
                }
                if !isMasked { keep(final) }
            }
        }
        return states
    }

    /// Runs the network over all batches that the indexed rows need; `body` gets a batch, the head over its wanted rows
    /// and the memory to use, for several batches at once when the model is narrow.
    private func score(
        _ packed: PackedSequences, _ prefixes: SharedPrefixes, _ index: RowIndex,
        _ body: (Batch, SelectiveHead, Workspace) -> Void
    ) {
        let isNarrow = configuration.hiddenSize <= Self.laneWidth
        let batches = Batch.split(
            packed, sharing: prefixes, limit: isNarrow ? Self.laneTokens : Self.scoringTokens, whole: isMasked,
            wanted: index.contains)
        BLAS.singleThreaded {
            guard isNarrow, laneWorkspaces.count >= Threads.count else {
                for batch in batches { body(batch, head(batch, workspace), workspace) }
                return
            }
            parallelLanes(batches.count) { lane, item in
                let workspace = laneWorkspaces[lane]
                body(batches[item], head(batches[item], workspace), workspace)
            }
        }
    }

    /// The network without a backward pass, up to its head.
    func head(_ batch: Batch, _ workspace: Workspace) -> SelectiveHead {
        let tape = Tape(workspace, values: values)
        return SelectiveHead(
            workspace: workspace, hidden: family.forward(tape, batch, observe: nil),
            weight: tape.parameter(family.head), bias: family.headBias.map { tape.parameter($0) })
    }

    /// A token as an index of the vocabulary.
    func checked(_ token: Int32) -> Int {
        precondition(0 <= token && token < configuration.vocabularySize, "token \(token) outside the vocabulary")
        return Int(token)
    }
}
