import LinearAlgebra

/// A point of the residual stream where weights read from it or write to it.
public enum ResidualSite: Hashable, Sendable {
    /// The stream as a block receives it, counted from 0; after the last block for the number of blocks. Embeddings
    /// write to the first, a block's feed-forward network to the next.
    case stream(Int)
    /// After the norm before a block's attention, which reads it.
    case attentionInput(Int)
    /// The stream after a block's attention, which writes to it.
    case attentionOutput(Int)
    /// After the norm before a block's feed-forward network, which reads it.
    case mlpInput(Int)
    /// After the final norm; the head reads it, or the layer before it that leads to its width.
    case head
}

/// A tensor with one side on the residual stream.
public struct ResidualWeight: Sendable, Equatable {
    /// The side of the tensor that has the width of the residual stream.
    public enum Side: Sendable, Equatable {
        /// Each row is a vector of the stream: embeddings, the head, output projections `(in, C)`, biases.
        case rows
        /// Each column is one: input projections `(C, out)`.
        case columns
    }

    /// A norm between a weight and the stream, as Gemma and OLMo 2 have after its output projections: what the weight writes
    /// reaches the stream with its coordinates scaled by the gain, and with a length of its own for every token.
    public struct Gain: Sendable, Equatable {
        /// The norm's gain, `(C)`.
        public let tensor: ParameterInfo
        /// What is added to it: 1 in Gemma.
        public let offset: Float
    }

    /// The tensor.
    public let tensor: ParameterInfo
    /// Where it reads or writes.
    public let site: ResidualSite
    /// Which of its sides lies there.
    public let side: Side
    /// The norm through which it writes; nil where nothing stands between.
    public let gain: Gain?

    /// Names a side of a tensor.
    public init(_ tensor: ParameterInfo, at site: ResidualSite, _ side: Side, through gain: Gain? = nil) {
        self.gain = gain
        self.tensor = tensor
        self.site = site
        self.side = side
    }
}

extension TransformerModel {
    /// The weights that read from the residual stream or write to it. Gains of norms are none of them, nor are biases
    /// of what is read.
    public var residualWeights: [ResidualWeight] { network.residualWeights }

    /// The sites of ``residualWeights``, each once, from the embeddings to the head.
    public var residualSites: [ResidualSite] {
        (0..<configuration.layerCount).flatMap {
            [ResidualSite.stream($0), .attentionInput($0), .attentionOutput($0), .mlpInput($0)]
        } + [.stream(configuration.layerCount), .head]
    }

    /// States of the residual stream at `rows`, in the order given, by site: matrices `(rows.count, C)`.
    ///
    /// - Parameter sites: those that are wanted; nil for all of ``residualSites``.
    public func residualStates(
        at rows: [Int], in packed: PackedSequences, sites: [ResidualSite]? = nil
    ) -> [ResidualSite: Matrix<Float>] {
        let columns = configuration.hiddenSize
        let (prefixes, index) = wanted(rows, in: packed)
        var states: [ResidualSite: Matrix<Float>] = [:]
        for site in sites ?? residualSites { states[site] = Matrix(rows: rows.count, columns: columns) }
        for batch in Batch.split(
            packed, sharing: prefixes, limit: Self.scoringTokens, whole: prefixes.areApart, wanted: index.contains)
        {
            func keep(_ site: ResidualSite, _ state: Activation) {
                // At all of the batch's tokens, or where only they go on at its wanted rows.
                let isWhole = state.rows == batch.tokens.count
                for (place, source) in batch.sourceRows.enumerated() {
                    let row = isWhole ? batch.rows[place] : place
                    let values = UnsafeBufferPointer(start: state.data + row * columns, count: columns)
                    for item in index.items(at: source) {
                        states[site]?.elements.replaceSubrange(item * columns..<(item + 1) * columns, with: values)
                    }
                }
            }
            _ = network.forward(Tape(workspace, values: values), batch, observe: keep)
        }
        return states
    }
}
