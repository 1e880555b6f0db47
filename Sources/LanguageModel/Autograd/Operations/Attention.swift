import LinearAlgebra

/// Sizes of an attention: H query heads that share `keyValueHeads` heads of keys and values, D wide each.
package struct AttentionShape {
    /// Query heads, H.
    package var heads: Int
    /// Heads of keys and values; equal to ``heads`` without grouping, and divides it.
    package var keyValueHeads: Int
    /// Width of a head, D.
    package var headSize: Int
    /// Factor of the scores, 1/√D unless given.
    package var scale: Float
    /// How many tokens a token sees, itself included; nil for all before it.
    package var window: Int?
    /// How queries, keys and values lie side by side.
    package var packing: Packing
    /// Whether a token sees only itself and those before it.
    package var isCausal: Bool

    /// How queries, keys and values lie side by side.
    package enum Packing: Sendable {
        /// Queries of all heads, then keys, then values.
        case byKind
        /// Query, key and value of one head after the other, as in GPT-NeoX; every head has keys of its own.
        case byHead
    }

    /// Makes the sizes.
    package init(
        heads: Int, keyValueHeads: Int, headSize: Int, scale: Float? = nil, window: Int? = nil,
        packing: Packing = .byKind, isCausal: Bool = true
    ) {
        precondition(packing == .byKind || heads == keyValueHeads, "keys are shared only where they lie together")
        precondition(isCausal || window == nil, "a window ends at the token that looks")
        self.heads = heads
        self.keyValueHeads = keyValueHeads
        self.headSize = headSize
        self.scale = scale ?? 1 / Float(headSize).squareRoot()
        self.window = window
        self.packing = packing
        self.isCausal = isCausal
    }

    /// Columns of the packed queries, keys and values.
    var packedColumns: Int { (heads + 2 * keyValueHeads) * headSize }

    /// First column of a head's queries.
    func queryColumn(_ head: Int) -> Int { (packing == .byKind ? head : 3 * head) * headSize }

    /// First column of the keys of a head of keys.
    func keyColumn(_ head: Int) -> Int { (packing == .byKind ? heads + head : 3 * head + 1) * headSize }

    /// First column of the values of a head of keys.
    func valueColumn(_ head: Int) -> Int {
        (packing == .byKind ? heads + keyValueHeads + head : 3 * head + 2) * headSize
    }
}

extension Tape {
    /// Softmax attention inside each sequence, every token to itself and those before it (Vaswani et al. 2017), of these
    /// the last `window` where there is one; every token to all of its sequence where it is not causal.
    ///
    /// `y[t] = Σ_{u ≤ t} softmax_u(q[t]·k[u] · scale) v[u]` for each head.
    ///
    /// - Parameters:
    ///   - x: `(tokens, (H + 2 H_kv) D)`: queries, keys and values in the order of ``AttentionShape/packing``.
    ///   - starts: first row of each sequence and, last, the number of rows.
    /// - Returns: `(tokens, H D)`.
    ///
    /// A work item is one sequence and one head of keys; its queries go in tiles of ``tileRows``, so that scores stay
    /// in cache and the part above the diagonal costs at most one tile. Only the log of each row's sum is kept:
    /// backward makes a tile's probabilities again from it.
    package func attention(_ x: Activation, starts: [Int], _ shape: AttentionShape) -> Activation {
        let y = output(rows: x.rows, columns: shape.heads * shape.headSize, needsGradient: x.needsGradient)
        /// log Σ exp(score), `(H, tokens)`.
        let logSums = workspace.take(shape.heads * x.rows)
        let pass = AttentionPass(
            shape: shape, starts: starts, packed: x.data, logSums: logSums.pointer, rows: x.rows)
        pass.forward(into: y.data, workspace)
        record(y) { [workspace] gradient in
            _ = logSums  // owns the memory that `pass` points to
            let pass = AttentionPass(
                shape: shape, starts: starts, packed: x.data, logSums: logSums.pointer, rows: x.rows)
            let (dx, accumulate) = x.gradientTarget()
            precondition(!accumulate, "packed queries, keys and values have one reader")
            pass.backward(gradient, into: dx, workspace)
        }
        return y
    }
}

/// The memory of one attention and the two ways through it.
private struct AttentionPass {
    let shape: AttentionShape
    let starts: [Int]
    /// `(rows, (H + 2 H_kv) D)`.
    let packed: UnsafeMutablePointer<Float>
    /// `(H, rows)`.
    let logSums: UnsafeMutablePointer<Float>
    let rows: Int

    /// Query rows of a tile.
    private static let tileRows = 64

    private var stride: Int { shape.packedColumns }
    private var window: Int { shape.window ?? Int.max / 2 }
    private var group: Int { shape.heads / shape.keyValueHeads }

    /// Runs `body(sequence, key head, scratch)` for all of them in parallel; scratch holds `tiles` tiles of scores.
    private func forEachItem(
        tiles: Int, _ workspace: Workspace, _ body: (Range<Int>, Int, UnsafeMutablePointer<Float>) -> Void
    ) {
        let sequences = starts.count - 1
        let items = sequences * shape.keyValueHeads
        let longest = (0..<sequences).reduce(1) { max($0, starts[$1 + 1] - starts[$1]) }
        let blocks = min(items, Threads.count * 4)
        let scratchSize = tiles * min(longest, Self.tileRows) * longest
        let scratch = workspace.take(blocks * scratchSize)
        parallelFor(blocks) { range in
            for block in range {
                // Heads vary slowest: every block gets about the same mix of long and short sequences.
                for item in block * items / blocks..<(block + 1) * items / blocks {
                    let (head, sequence) = item.quotientAndRemainder(dividingBy: sequences)
                    let tokens = starts[sequence]..<starts[sequence + 1]
                    if !tokens.isEmpty { body(tokens, head, scratch.pointer + block * scratchSize) }
                }
            }
        }
    }

    /// The tiles of a sequence of `length` tokens, as ranges within it.
    private func tiles(_ length: Int) -> [Range<Int>] {
        Swift.stride(from: 0, to: length, by: Self.tileRows).map { $0..<min(length, $0 + Self.tileRows) }
    }

    /// How many keys, from the first of the sequence, some row of a tile sees.
    private func seen(_ tile: Range<Int>, _ tokens: Range<Int>) -> Int {
        shape.isCausal ? tile.upperBound : tokens.count
    }

    /// The last key that the first row of a tile sees; each row sees one more than the one before, up to the last there is.
    private func reach(_ tile: Range<Int>, _ tokens: Range<Int>) -> Int {
        shape.isCausal ? tile.lowerBound : tokens.count - 1
    }

    /// Scores of a tile's queries against the first `columns` keys: `(tile.count, columns)`.
    private func scores(
        _ tile: Range<Int>, columns: Int, query: UnsafePointer<Float>, key: UnsafePointer<Float>,
        into out: UnsafeMutablePointer<Float>
    ) {
        BLAS.gemm(
            transposeB: true, m: tile.count, n: columns, k: shape.headSize, query + tile.lowerBound * stride,
            lda: stride, key, ldb: stride, out, ldc: columns)
    }

    func forward(into y: UnsafeMutablePointer<Float>, _ workspace: Workspace) {
        let (size, width) = (shape.headSize, shape.heads * shape.headSize)
        forEachItem(tiles: 1, workspace) { tokens, keyHead, probabilities in
            let base = packed + tokens.lowerBound * stride
            let (key, value) = (base + shape.keyColumn(keyHead), base + shape.valueColumn(keyHead))
            for head in keyHead * group..<(keyHead + 1) * group {
                for tile in tiles(tokens.count) {
                    let columns = seen(tile, tokens)
                    scores(tile, columns: columns, query: base + shape.queryColumn(head), key: key, into: probabilities)
                    kernels.causal_softmax(
                        probabilities, tile.count, columns, columns, reach(tile, tokens), window, shape.scale,
                        logSums + head * rows + tokens.lowerBound + tile.lowerBound)
                    BLAS.gemm(
                        m: tile.count, n: size, k: columns, probabilities, lda: columns, value, ldb: stride,
                        y + (tokens.lowerBound + tile.lowerBound) * width + head * size, ldc: width)
                }
            }
        }
    }

    /// With P the probabilities: dV = Pᵀ·dy, dP = dy·Vᵀ, dS = P ∘ (dP − rowsum(P ∘ dP)) · scale, dQ = dS·K, dK = dSᵀ·Q.
    func backward(
        _ dy: UnsafePointer<Float>, into dx: UnsafeMutablePointer<Float>, _ workspace: Workspace
    ) {
        let (size, width) = (shape.headSize, shape.heads * shape.headSize)
        forEachItem(tiles: 2, workspace) { tokens, keyHead, probabilities in
            let offset = tokens.lowerBound * stride
            let (keyPart, valuePart) = (offset + shape.keyColumn(keyHead), offset + shape.valueColumn(keyHead))
            let scoreGradients = probabilities + min(tokens.count, Self.tileRows) * tokens.count
            // The last tile sees every key, so it writes dK and dV and the others add to them.
            var beta: Float = 0
            for head in keyHead * group..<(keyHead + 1) * group {
                let queryPart = offset + shape.queryColumn(head)
                let query = packed + queryPart
                for tile in tiles(tokens.count).reversed() {
                    let columns = seen(tile, tokens)
                    let tileRow = tokens.lowerBound + tile.lowerBound
                    let tileGradient = dy + tileRow * width + head * size
                    scores(tile, columns: columns, query: query, key: packed + keyPart, into: probabilities)
                    kernels.causal_probabilities(
                        probabilities, tile.count, columns, columns, reach(tile, tokens), window, shape.scale,
                        logSums + head * rows + tileRow)
                    BLAS.gemm(
                        transposeA: true, m: columns, n: size, k: tile.count, probabilities, lda: columns,
                        tileGradient, ldb: width, beta: beta, dx + valuePart, ldc: stride)
                    BLAS.gemm(
                        transposeB: true, m: tile.count, n: columns, k: size, tileGradient, lda: width,
                        packed + valuePart, ldb: stride, scoreGradients, ldc: columns)
                    kernels.causal_softmax_gradient(
                        probabilities, scoreGradients, tile.count, columns, columns, reach(tile, tokens), window,
                        shape.scale)
                    BLAS.gemm(
                        m: tile.count, n: size, k: columns, scoreGradients, lda: columns, packed + keyPart,
                        ldb: stride, dx + queryPart + tile.lowerBound * stride, ldc: stride)
                    BLAS.gemm(
                        transposeA: true, m: columns, n: size, k: tile.count, scoreGradients, lda: columns,
                        query + tile.lowerBound * stride, ldb: stride, beta: beta, dx + keyPart, ldc: stride)
                    beta = 1
                }
            }
        }
    }
}
