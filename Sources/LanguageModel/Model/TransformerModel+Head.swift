import LinearAlgebra

/// Both sides of the head, for derivatives of many log-probabilities at once: with h what it reads, W its matrix and b its
/// bias, log p = z_y − log Σ_v exp z_v, where z = Wh + b, capped where the model caps.
extension TransformerModel {
    /// What the head reads at `rows`, in the order given: h, `(rows.count, C)` or of the head's own width.
    package func headInputs(at rows: [Int], in packed: PackedSequences) -> Matrix<Float> {
        let columns = outputEmbedding.shape[1]
        var states = Matrix<Float>(rows: rows.count, columns: columns)
        let (prefixes, index) = wanted(rows, in: packed)
        states.elements.withUnsafeMutableBufferPointer { states in
            nonisolated(unsafe) let states = states  // a row is written by one thread
            score(packed, prefixes, index) { batch, head, _ in
                for (place, row) in batch.sourceRows.enumerated() {
                    for item in index.items(at: row) {
                        for i in 0..<columns { states[item * columns + i] = head.hidden.data[place * columns + i] }
                    }
                }
            }
        }
        return states
    }

    /// ∂ log p / ∂(Wh + b) of each prediction, `(predictions, V)`: ([v = y] − p_v) · (1 − (z_v / cap)²), the last factor
    /// where the model caps its logits.
    package func logitSlopes(of predictions: [Prediction], in packed: PackedSequences) -> FloatBuffer {
        let vocabulary = configuration.vocabularySize
        let slopes = FloatBuffer(count: predictions.count * vocabulary)
        let (prefixes, index) = wanted(predictions.map(\.row), in: packed)
        score(packed, prefixes, index) { batch, head, _ in
            head.forEachRow(Array(batch.rows.indices)) { row, logits, logSum in
                for item in index.items(at: batch.sourceRows[row]) {
                    let out = slopes.pointer + item * vocabulary
                    out.update(from: logits, count: vocabulary)
                    kernels.scaled_softmax(out, vocabulary, logSum, -1)
                    out[checked(predictions[item].token)] += 1
                    if let cap = configuration.logitCap { kernels.soft_cap_gradient(logits, out, vocabulary, 1, cap) }
                }
            }
        }
        return slopes
    }
}
