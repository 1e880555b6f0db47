import LinearAlgebra

extension TransformerModel {
    /// Most tokens that go forward and back at once; longer input is cut by sequence, since gradients add up.
    private static let trainingTokens = 1024

    /// The value of each loss term; adds the gradient of their sum to `gradient`.
    ///
    /// A frozen tensor costs no gradient, and nothing is computed below the lowest trained one. The same input, threads
    /// and machine give the same bits.
    ///
    /// - Parameters:
    ///   - gradient: in the order of ``layout``; added to, so clear it between steps. Frozen parts are not touched.
    ///   - trainable: the tensors whose gradient is wanted.
    /// - Returns: one value a term, in order.
    public func accumulateGradient(
        of terms: [LossTerm], in packed: PackedSequences, into gradient: FloatBuffer,
        trainable: ParameterSelection = .all
    ) -> [Double] {
        precondition(gradient.count == layout.count, "\(gradient.count) gradients for \(layout.count) parameters")
        let prefixes = SharedPrefixes(packed, apart: configuration.looksAhead(in: packed))
        return goBack(from: terms, in: packed, prefixes) { _ in
            Tape(
                workspace, values: values, gradient: gradient, trainable: trainable,
                checkpointsActivations: checkpointsActivations)
        }
    }

    /// The value of each loss term, and the gradient of their sum with respect to the vector of ``inputEmbedding`` that
    /// each token is read by; the parameters get none.
    ///
    /// - Returns: one value a term, in order, and `(tokens of packed, width of the embedding)`; a token on which nothing
    ///   depends has 0.
    public func inputGradient(
        of terms: [LossTerm], in packed: PackedSequences
    ) -> (values: [Double], gradient: Matrix<Float>) {
        let columns = inputEmbedding.shape[1]
        var gradient = Matrix<Float>(rows: packed.tokenCount, columns: columns)
        // Equal beginnings of two sequences are inputs of their own.
        let losses = goBack(from: terms, in: packed, SharedPrefixes(packed, apart: true)) { batch in
            Tape(workspace, values: values) { rows, scale in
                for (span, sequence) in zip(batch.spans, batch.sequences) {
                    let first = packed.starts[sequence]
                    for (place, row) in span.rows.enumerated() {
                        for i in 0..<columns { gradient[first + place, i] += scale * rows[row * columns + i] }
                    }
                }
            }
        }
        return (losses, gradient)
    }

    /// Goes forward and back, batch by batch, on a tape for each.
    private func goBack(
        from terms: [LossTerm], in packed: PackedSequences, _ prefixes: SharedPrefixes, on tape: (Batch) -> Tape
    ) -> [Double] {
        let looksAhead = configuration.looksAhead(in: packed)
        let prepared = terms.map { PreparedTerm($0, packed, prefixes) }
        let layers = Set(prepared.compactMap(\.layer))
        precondition(layers.allSatisfy { 0...configuration.layerCount ~= $0 }, "no layer \(layers)")
        var values = [Double](repeating: 0, count: terms.count)
        let wanted: (Int) -> Bool = { row in prepared.contains { $0.index.contains(row) } }
        for batch in Batch.split(
            packed, sharing: SharedPrefixes(packed, apart: true), limit: Self.trainingTokens,
            whole: looksAhead, wanted: wanted)
        {
            let tape = tape(batch)
            // The streams that a term reads; an activation that is let go of gives its memory back.
            var streams: [Int: Activation] = [:]
            let hidden = network.forward(tape, batch) { site, state in
                if case .stream(let layer) = site, layers.contains(layer) { streams[layer] = state }
            }
            let head = SelectiveHead(
                workspace: workspace, hidden: hidden, weight: tape.parameter(network.head),
                bias: network.headBias.map { tape.parameter($0) }, cap: configuration.logitCap)
            for (i, term) in prepared.enumerated() {
                values[i] += term.evaluate(head, streams, batch, packed, workspace)
            }
            tape.backward()
        }
        return values
    }
}

/// A loss term with its items sorted by row.
private struct PreparedTerm {
    private let term: LossTerm
    let index: RowIndex

    init(_ term: LossTerm, _ packed: PackedSequences, _ prefixes: SharedPrefixes) {
        switch term {
        case .weightedLogLikelihood(let all):
            let predictions = Self.joined(all, prefixes)
            index = RowIndex(predictions.map(\.row), tokenCount: packed.tokenCount)
            self.term = .weightedLogLikelihood(index.sorted(predictions))
        case .klDivergence(_, let rows, _), .hiddenStates(_, let rows, _):
            index = RowIndex(rows, tokenCount: packed.tokenCount)
            self.term = term
        }
    }

    /// Predictions of one token at rows whose token and context are the same, as one: their weights add up, and to 0 where
    /// the sentences of a pair begin alike. Those are left out, and with them their rows of the head.
    private static func joined(_ predictions: [Prediction], _ prefixes: SharedPrefixes) -> [Prediction] {
        guard !prefixes.areApart else { return predictions }
        var out: [Prediction] = []
        var places: [SIMD2<Int>: Int] = [:]
        for prediction in predictions {
            let key = SIMD2(prefixes.rows[prediction.row], Int(prediction.token))
            if let place = places[key] {
                out[place].weight += prediction.weight
            } else {
                places[key] = out.count
                out.append(prediction)
            }
        }
        return out.filter { $0.weight != 0 }
    }

    /// The residual stream that the term reads.
    var layer: Int? {
        if case .hiddenStates(let layer, _, _) = term { layer } else { nil }
    }

    /// The part of the term's value that comes from a batch, and its gradient.
    func evaluate(
        _ head: SelectiveHead, _ streams: [Int: Activation], _ batch: Batch, _ packed: PackedSequences,
        _ workspace: Workspace
    ) -> Double {
        let rows = batch.rows.indices.filter { index.contains(batch.sourceRows[$0]) }
        guard !rows.isEmpty else { return 0 }
        switch term {
        case .weightedLogLikelihood(let predictions):
            return head.weightedLogLikelihood(rows, rows.map { predictions[index.span(batch.sourceRows[$0])] })
        case .klDivergence(let reference, let asked, let weight):
            // The reference reads only the sequences that this term looks at.
            let part = Batch(
                packed, batch.sequences, whole: reference.configuration.looksAhead(in: packed), wanted: index.contains)
            // A row that is asked for twice counts twice in the mean.
            let repeated = rows.indices.flatMap { i in
                repeatElement(i, count: index.span(batch.sourceRows[rows[i]]).count)
            }
            let scale = weight / Float(asked.count)
            let values = head.klDivergence(
                repeated.map { rows[$0] }, from: reference.head(part, workspace), repeated, scale: scale)
            return Double(scale) * values.reduce(0, +)
        case .hiddenStates(let layer, _, let loss):
            return streams[layer].map { evaluate(loss, of: $0, rows, batch) } ?? 0
        }
    }

    /// A loss of hidden states, whose gradient is added to what later operations pass back.
    private func evaluate(
        _ loss: ([Int], Matrix<Float>) -> (Double, Matrix<Float>), of stream: Activation, _ wanted: [Int],
        _ batch: Batch
    ) -> Double {
        // At all of the batch's tokens, or where only they go on at its wanted rows.
        let isWhole = stream.rows == batch.tokens.count
        let columns = stream.columns
        var (items, rows, elements): ([Int], [Int], [Float]) = ([], [], [])
        for place in wanted {
            let row = isWhole ? batch.rows[place] : place
            for item in index.items(at: batch.sourceRows[place]) {
                items.append(item)
                rows.append(row)
                elements += UnsafeBufferPointer(start: stream.data + row * columns, count: columns)
            }
        }
        let (value, gradient) = loss(items, Matrix(rows: items.count, columns: columns, elements: elements))
        precondition(gradient.rows == items.count && gradient.columns == columns, "a gradient of another shape")
        guard stream.needsGradient else { return value }
        let (target, accumulate) = stream.gradientTarget()
        if !accumulate { target.update(repeating: 0, count: stream.count) }
        gradient.elements.withUnsafeBufferPointer { gradient in
            for (item, row) in rows.enumerated() {
                for i in 0..<columns { target[row * columns + i] += gradient[item * columns + i] }
            }
        }
        return value
    }
}
