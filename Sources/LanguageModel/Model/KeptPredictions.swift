import LinearAlgebra

/// All that a model predicts at some rows, kept to compare other models with it; see
/// ``TransformerModel/keepPredictions(at:in:)``.
///
/// Memory: rows × vocabulary floats. Filled once and only read afterwards.
public final class KeptPredictions {
    /// The input.
    public let sequences: PackedSequences
    /// Number of rows kept.
    public let count: Int
    /// Columns of the kept logits.
    public let vocabularySize: Int

    /// Equal contexts in ``sequences``.
    let prefixes: SharedPrefixes
    /// The kept rows, equal contexts at one of them.
    let index: RowIndex
    /// Log-sum-exp of each row's logits, `(rows)`.
    let logSums: FloatBuffer
    /// `(rows, V)`.
    private let values: FloatBuffer

    init(
        _ packed: PackedSequences, _ prefixes: SharedPrefixes, _ index: RowIndex, count: Int, vocabularySize: Int
    ) {
        sequences = packed
        self.count = count
        self.vocabularySize = vocabularySize
        self.prefixes = prefixes
        self.index = index
        logSums = FloatBuffer(count: count)
        values = FloatBuffer(count: count * vocabularySize)
    }

    /// The logits of the `item`th of the rows, `(V)`.
    func logits(_ item: Int) -> UnsafePointer<Float> { UnsafePointer(values.pointer + item * vocabularySize) }

    /// Fills in a row; rows may be filled in from several threads.
    func set(_ item: Int, _ logits: UnsafePointer<Float>, _ logSum: Float) {
        (values.pointer + item * vocabularySize).update(from: logits, count: vocabularySize)
        logSums.pointer[item] = logSum
    }
}
