import LinearAlgebra

extension TransformerModel {
    /// Most tokens that go through the network at once when nothing is kept for a backward pass.
    static let scoringTokens = 2048
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
        let (prefixes, index) = wanted(predictions.map(\.row), in: packed)
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

    /// log p of each prediction, and whether its token is the likeliest at its place (of equal ones, that of the lowest id), in
    /// the order given.
    public func likelihoods(
        _ predictions: [Prediction], in packed: PackedSequences
    ) -> [(log: Float, isLikeliest: Bool)] {
        var result = [(log: Float, isLikeliest: Bool)](repeating: (0, false), count: predictions.count)
        let size = configuration.vocabularySize
        let (prefixes, index) = wanted(predictions.map(\.row), in: packed)
        result.withUnsafeMutableBufferPointer { result in
            nonisolated(unsafe) let result = result  // a row is written by one thread
            score(packed, prefixes, index) { batch, head, _ in
                head.forEachRow(Array(batch.rows.indices)) { row, logits, logSum in
                    var likeliest = 0
                    for token in 1..<size where logits[token] > logits[likeliest] { likeliest = token }
                    for item in index.items(at: batch.sourceRows[row]) {
                        let token = checked(predictions[item].token)
                        result[item] = (logits[token] - logSum, token == likeliest)
                    }
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
        let (prefixes, index) = wanted(rows, in: packed)
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
        let (prefixes, index) = wanted(rows, in: packed)
        let kept = KeptPredictions(
            packed, prefixes, index, count: rows.count, vocabularySize: configuration.vocabularySize)
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
        // After the last block of a causal model it is the normed state that is kept.
        let count = configuration.layerCount
        let sites = (0..<count).map(ResidualSite.stream) + [isMasked ? .stream(count) : .head]
        let states = residualStates(at: rows, in: packed, sites: sites)
        return sites.compactMap { states[$0] }
    }

    /// What sequences share, and the rows that are asked for, equal contexts at one of them.
    func wanted(_ rows: [Int], in packed: PackedSequences) -> (prefixes: SharedPrefixes, index: RowIndex) {
        let prefixes = SharedPrefixes(packed, apart: configuration.looksAhead(in: packed))
        return (prefixes, RowIndex(rows.map { prefixes.rows[$0] }, tokenCount: packed.tokenCount))
    }

    /// Runs the network over all batches that the indexed rows need; `body` gets a batch, the head over its wanted rows
    /// and the memory to use, for several batches at once when the model is narrow.
    func score(
        _ packed: PackedSequences, _ prefixes: SharedPrefixes, _ index: RowIndex,
        _ body: (Batch, SelectiveHead, Workspace) -> Void
    ) {
        let isNarrow = configuration.hiddenSize <= Self.laneWidth
        let batches = Batch.split(
            packed, sharing: prefixes, limit: isNarrow ? Self.laneTokens : Self.scoringTokens,
            whole: prefixes.areApart, wanted: index.contains)
        guard isNarrow, laneWorkspaces.count >= Threads.count else {
            for batch in batches { body(batch, head(batch, workspace), workspace) }
            return
        }
        parallelLanes(batches.count) { lane, item in
            let workspace = laneWorkspaces[lane]
            body(batches[item], head(batches[item], workspace), workspace)
        }
    }

    /// The network without a backward pass, up to its head.
    func head(_ batch: Batch, _ workspace: Workspace) -> SelectiveHead {
        let tape = Tape(workspace, values: values)
        return SelectiveHead(
            workspace: workspace, hidden: network.forward(tape, batch, observe: nil),
            weight: tape.parameter(network.head), bias: network.headBias.map { tape.parameter($0) },
            cap: configuration.logitCap)
    }

    /// A token as an index of the vocabulary.
    func checked(_ token: Int32) -> Int {
        precondition(0 <= token && token < configuration.vocabularySize, "token \(token) outside the vocabulary")
        return Int(token)
    }
}
