/// How much a pass through a network takes in and gives out, for estimates of time.
public struct NetworkLoad: Sendable, Equatable {
    /// Tokens that go through the blocks; without a backward pass what sequences begin with alike counts once.
    public var tokens = 0.0
    /// Tokens that all tokens look at, summed.
    public var attended = 0.0
    /// Rows at which the head runs.
    public var rows = 0.0
    /// The longest sequence.
    public var longest = 0

    /// Nothing.
    public init() {}

    /// The load of several passes.
    public static func + (a: NetworkLoad, b: NetworkLoad) -> NetworkLoad {
        var sum = NetworkLoad()
        (sum.tokens, sum.attended, sum.rows) = (a.tokens + b.tokens, a.attended + b.attended, a.rows + b.rows)
        sum.longest = max(a.longest, b.longest)
        return sum
    }

    /// The load of a pass made many times.
    public static func * (load: NetworkLoad, times: Double) -> NetworkLoad {
        var product = load
        product.tokens *= times
        product.attended *= times
        product.rows *= times
        return product
    }
}

extension TransformerModel {
    /// What a pass over packed sequences takes when something is wanted at some rows.
    ///
    /// - Parameter backward: whether the pass goes back, where nothing is shared between sequences.
    public func load(of rows: some Sequence<Int>, in packed: PackedSequences, backward: Bool = false) -> NetworkLoad {
        let isWhole = configuration.looksAhead(in: packed)
        let prefixes = SharedPrefixes(packed, apart: backward || isWhole)
        var wanted = [Bool](repeating: false, count: packed.tokenCount)
        for row in rows { wanted[prefixes.rows[row]] = true }
        let batches = Batch.split(packed, sharing: prefixes, limit: .max, whole: isWhole) { wanted[$0] }
        var load = NetworkLoad()
        for batch in batches {
            load.tokens += Double(batch.tokens.count)
            load.rows += Double(batch.rows.count)
            for position in batch.positions { load.attended += Double(position) + 1 }
        }
        load.longest = (0..<packed.sequenceCount).map { packed.range($0).count }.max() ?? 0
        return load
    }

    /// Floating-point operations of a forward pass: 2 a weight of the blocks and token, 4 a channel, block and token
    /// looked at, and 2 a weight of the head and row.
    public func forwardOperations(_ load: NetworkLoad) -> Double {
        let blocks = layout.tensors.reduce(0) { $0 + ($1.layer != nil && $1.shape.count > 1 ? $1.count : 0) }
        let attention = 4 * configuration.layerCount * configuration.hiddenSize
        return 2 * Double(blocks) * load.tokens + Double(attention) * load.attended
            + 2 * Double(outputEmbedding.count) * load.rows
    }
}
