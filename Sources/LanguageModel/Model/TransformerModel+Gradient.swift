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
        let prepared = terms.map { PreparedTerm($0, packed) }
        var values = [Double](repeating: 0, count: terms.count)
        BLAS.singleThreaded {
            let wanted: (Int) -> Bool = { row in prepared.contains { $0.index.contains(row) } }
            for batch in Batch.split(
                packed, sharing: SharedPrefixes(packed, apart: true), limit: Self.trainingTokens, whole: isMasked,
                wanted: wanted)
            {
                let tape = Tape(
                    workspace, values: self.values, gradient: gradient, trainable: trainable,
                    checkpointsActivations: checkpointsActivations)
                let head = SelectiveHead(
                    workspace: workspace, hidden: family.forward(tape, batch, observe: nil),
                    weight: tape.parameter(family.head), bias: family.headBias.map { tape.parameter($0) })
                for (i, term) in prepared.enumerated() { values[i] += term.evaluate(head, batch, packed, workspace) }
                tape.backward()
            }
        }
        return values
    }
}

/// A loss term with its items sorted by row.
private struct PreparedTerm {
    enum Kind {
        case weightedLogLikelihood([Prediction])
        case klDivergence(from: TransformerModel, weight: Float, count: Int)
    }

    let kind: Kind
    let index: RowIndex

    init(_ term: LossTerm, _ packed: PackedSequences) {
        switch term {
        case .weightedLogLikelihood(let predictions):
            index = RowIndex(predictions.map(\.row), tokenCount: packed.tokenCount)
            kind = .weightedLogLikelihood(index.sorted(predictions))
        case .klDivergence(let reference, let rows, let weight):
            index = RowIndex(rows, tokenCount: packed.tokenCount)
            kind = .klDivergence(from: reference, weight: weight, count: rows.count)
        }
    }

    /// The part of the term's value that comes from a batch, and its gradient.
    func evaluate(
        _ head: SelectiveHead, _ batch: Batch, _ packed: PackedSequences, _ workspace: Workspace
    ) -> Double {
        let rows = batch.rows.indices.filter { index.contains(batch.sourceRows[$0]) }
        guard !rows.isEmpty else { return 0 }
        switch kind {
        case .weightedLogLikelihood(let predictions):
            return head.weightedLogLikelihood(rows, rows.map { predictions[index.span(batch.sourceRows[$0])] })
        case .klDivergence(let reference, let weight, let count):
            // The reference reads only the sequences that this term looks at.
            let part = Batch(packed, batch.sequences, whole: reference.isMasked, wanted: index.contains)
            // A row that is asked for twice counts twice in the mean.
            let repeated = rows.indices.flatMap { i in
                repeatElement(i, count: index.span(batch.sourceRows[rows[i]]).count)
            }
            let scale = weight / Float(count)
            let values = head.klDivergence(
                repeated.map { rows[$0] }, from: reference.head(part, workspace), repeated, scale: scale)
            return Double(scale) * values.reduce(0, +)
        }
    }
}
