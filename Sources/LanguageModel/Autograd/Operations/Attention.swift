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
    /// How many tokens a token sees, itself included, and where it is not causal as many to the other side; nil for all.
    package var window: Int?
    /// How queries, keys and values lie side by side.
    package var packing: Packing
    /// Whether a token sees only itself and those before it.
    package var isCausal: Bool
    /// Soft cap of the scores, `cap · tanh(score / cap)` (Gemma Team 2024, arXiv 2408.00118); nil for none.
    package var cap: Float?
    /// Of each head what a score gains from one key to the next (ALiBi, Press et al. 2022); empty for nothing.
    package var slopes: [Float]
    /// Whether the pairs that rotary positions turn are neighbours, as in GPT-J, and not a half of a head each.
    package var turnsNeighbours: Bool

    /// How queries, keys and values lie side by side.
    package enum Packing: Sendable {
        /// Queries of all heads, then keys, then values.
        case byKind
        /// Query, key and value of one head after the other, as in GPT-NeoX; every head has keys of its own.
        case byHead
    }

    package init(
        heads: Int, keyValueHeads: Int, headSize: Int, scale: Float? = nil, window: Int? = nil,
        packing: Packing = .byKind, isCausal: Bool = true, cap: Float? = nil, slopes: [Float] = [],
        turnsNeighbours: Bool = false
    ) {
        precondition(packing == .byKind || heads == keyValueHeads, "keys are shared only where they lie together")
        precondition(slopes.isEmpty || slopes.count == heads && cap == nil, "a slope a head, and no cap beside it")
        self.heads = heads
        self.keyValueHeads = keyValueHeads
        self.headSize = headSize
        self.scale = scale ?? 1 / Float(headSize).squareRoot()
        self.window = window
        self.packing = packing
        self.isCausal = isCausal
        self.cap = cap
        self.slopes = slopes
        self.turnsNeighbours = turnsNeighbours
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

/// The rows of one sequence in an attention.
package struct AttentionSpan: Equatable, Sendable {
    /// Rows of the tokens before ``rows``, in the order of the sequence, where the sequence shares them with one above;
    /// they are looked at and look at nothing.
    package var context: [Int]
    /// The sequence's own rows.
    package var rows: Range<Int>

    package init(context: [Int] = [], rows: Range<Int>) {
        self.context = context
        self.rows = rows
    }

    /// Tokens of the sequence.
    var length: Int { context.count + rows.count }
}

extension Tape {
    /// Softmax attention inside each sequence, every token to itself and those before it (Vaswani et al. 2017), of
    /// these the last `window` where there is one; every token to all of its sequence where it is not causal.
    ///
    /// `y[t] = Σ_{u ≤ t} softmax_u(s[t, u]) v[u]` for each head, `s[t, u] = q[t]·k[u] · scale`, capped where there is a
    /// cap, `+ slope · u` where there are slopes.
    ///
    /// - Parameters:
    ///   - x: `(tokens, (H + 2 H_kv) D)`: queries, keys and values in the order of ``AttentionShape/packing``.
    ///   - spans: the rows of each sequence, every row in one of them. Only a pass without a backward pass takes shared
    ///     context.
    /// - Returns: `(tokens, H D)`.
    ///
    /// A work item is one sequence and one head of keys; its queries go in tiles of ``tileRows``, so that scores stay
    /// in cache and the part above the diagonal costs at most one tile. Only the log of each row's sum is kept:
    /// backward makes a tile's probabilities again from it.
    package func attention(_ x: Activation, spans: [AttentionSpan], _ shape: AttentionShape) -> Activation {
        precondition(
            spans.allSatisfy(\.context.isEmpty) || shape.isCausal && !x.needsGradient,
            "shared context has no backward pass, and a token that sees all of its sequence shares none")
        let y = output(rows: x.rows, columns: shape.heads * shape.headSize, needsGradient: x.needsGradient)
        /// log Σ exp(score), `(H, tokens)`.
        let logSums = workspace.take(shape.heads * x.rows)
        let pass = AttentionPass(
            shape: shape, spans: spans, packed: x.data, logSums: logSums.pointer, rows: x.rows, workspace)
        pass.forward(into: y.data, workspace)
        record(y) { [workspace] gradient in
            _ = logSums  // owns the memory that `pass` points to
            let pass = AttentionPass(
                shape: shape, spans: spans, packed: x.data, logSums: logSums.pointer, rows: x.rows, workspace)
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
    let spans: [AttentionSpan]
    /// `(rows, (H + 2 H_kv) D)`.
    let packed: UnsafeMutablePointer<Float>
    /// `(H, rows)`.
    let logSums: UnsafeMutablePointer<Float>
    let rows: Int
    /// 0, 1, 2, … as long as the longest sequence, where keys have slopes.
    let ramp: Block?

    init(
        shape: AttentionShape, spans: [AttentionSpan], packed: UnsafeMutablePointer<Float>,
        logSums: UnsafeMutablePointer<Float>, rows: Int, _ workspace: Workspace
    ) {
        self.shape = shape
        self.spans = spans
        self.packed = packed
        self.logSums = logSums
        self.rows = rows
        let longest = shape.slopes.isEmpty ? 0 : spans.reduce(0) { max($0, $1.length) }
        ramp = longest == 0 ? nil : workspace.take(longest)
        for place in 0..<longest { ramp?.pointer[place] = Float(place) }
    }

    /// Query rows of a tile.
    private static let tileRows = 64

    private var stride: Int { shape.packedColumns }
    /// The keys that a row sees at most.
    private var window: Int { shape.window.map { shape.isCausal ? $0 : 2 * $0 - 1 } ?? Int.max / 2 }
    /// How many keys after its own a row sees, as far as there are any.
    private var ahead: Int { shape.isCausal ? 0 : shape.window.map { $0 - 1 } ?? Int.max / 4 }
    private var group: Int { shape.heads / shape.keyValueHeads }
    /// The factor that the softmax takes; a cap has taken it already.
    private var scale: Float { shape.cap == nil ? shape.scale : 1 }

    /// Runs `body(span, key head, scratch)` for all of them in parallel; scratch holds `tiles` tiles of scores, and
    /// after them, where context is shared, keys and values of the longest sequence.
    private func forEachItem(
        tiles: Int, _ workspace: Workspace, _ body: (AttentionSpan, Int, UnsafeMutablePointer<Float>) -> Void
    ) {
        let sequences = spans.count
        let items = sequences * shape.keyValueHeads
        let longest = spans.reduce(1) { max($0, $1.length) }
        let longestShared = spans.reduce(0) { max($0, $1.context.isEmpty ? 0 : $1.length) }
        let blocks = min(items, Threads.count * 4)
        let scratchSize = tiles * min(longest, Self.tileRows) * longest + 2 * longestShared * shape.headSize
        let scratch = workspace.take(blocks * scratchSize)
        parallelFor(blocks) { range in
            for block in range {
                // Heads vary slowest: every block gets about the same mix of long and short sequences.
                for item in block * items / blocks..<(block + 1) * items / blocks {
                    let (head, sequence) = item.quotientAndRemainder(dividingBy: sequences)
                    let span = spans[sequence]
                    if !span.rows.isEmpty { body(span, head, scratch.pointer + block * scratchSize) }
                }
            }
        }
    }

    /// The tiles of `length` queries, as ranges of them.
    private func tiles(_ length: Int) -> [Range<Int>] {
        Swift.stride(from: 0, to: length, by: Self.tileRows).map { $0..<min(length, $0 + Self.tileRows) }
    }

    /// How many keys, from the first of the sequence, some row of a tile sees.
    private func seen(_ tile: Range<Int>, _ span: AttentionSpan) -> Int {
        min(span.context.count + tile.upperBound + ahead, span.length)
    }

    /// The last key that the first row of a tile sees; each row sees one more than the one before, up to the last there
    /// is.
    private func reach(_ tile: Range<Int>, _ span: AttentionSpan) -> Int {
        span.context.count + tile.lowerBound + ahead
    }

    /// Scores of a tile's queries against the first `columns` keys, `(tile.count, columns)`, as the softmax takes them.
    private func scores(
        _ tile: Range<Int>, of head: Int, columns: Int, query: UnsafePointer<Float>, _ key: Strided,
        into out: UnsafeMutablePointer<Float>
    ) {
        BLAS.gemm(
            transposeB: true, m: tile.count, n: columns, k: shape.headSize, query + tile.lowerBound * stride,
            lda: stride, key.rows, ldb: key.stride, out, ldc: columns)
        if let cap = shape.cap { kernels.soft_cap(out, tile.count * columns, shape.scale, cap) }
        guard let ramp else { return }
        // As in Hugging Face's BLOOM: a softmax does not tell slope · u from slope · (u − t).
        for row in 0..<tile.count {
            kernels.axpy(shape.slopes[head] / shape.scale, ramp.pointer, out + row * columns, columns)
        }
    }

    /// Rows of one head's width in a wider matrix.
    private struct Strided {
        let rows: UnsafePointer<Float>
        let stride: Int
    }

    /// The columns of all the tokens of a sequence from `column` on: in place, or brought together in `scratch`,
    /// `(length, D)`.
    private func columns(
        from column: Int, of span: AttentionSpan, gatheredIn scratch: UnsafeMutablePointer<Float>
    ) -> Strided {
        guard !span.context.isEmpty else {
            return Strided(rows: packed + span.rows.lowerBound * stride + column, stride: stride)
        }
        var place = scratch
        func copy(_ row: Int) {
            place.update(from: packed + row * stride + column, count: shape.headSize)
            place += shape.headSize
        }
        span.context.forEach(copy)
        span.rows.forEach(copy)
        return Strided(rows: scratch, stride: shape.headSize)
    }

    func forward(into y: UnsafeMutablePointer<Float>, _ workspace: Workspace) {
        let (size, width) = (shape.headSize, shape.heads * shape.headSize)
        forEachItem(tiles: 1, workspace) { span, keyHead, probabilities in
            let base = packed + span.rows.lowerBound * stride
            let gathered = probabilities + min(span.rows.count, Self.tileRows) * span.length
            let key = columns(from: shape.keyColumn(keyHead), of: span, gatheredIn: gathered)
            let value = columns(
                from: shape.valueColumn(keyHead), of: span, gatheredIn: gathered + span.length * size)
            for head in keyHead * group..<(keyHead + 1) * group {
                for tile in tiles(span.rows.count) {
                    let columns = seen(tile, span)
                    scores(
                        tile, of: head, columns: columns, query: base + shape.queryColumn(head), key,
                        into: probabilities)
                    kernels.causal_softmax(
                        probabilities, tile.count, columns, columns, reach(tile, span), window, scale,
                        logSums + head * rows + span.rows.lowerBound + tile.lowerBound)
                    BLAS.gemm(
                        m: tile.count, n: size, k: columns, probabilities, lda: columns, value.rows, ldb: value.stride,
                        y + (span.rows.lowerBound + tile.lowerBound) * width + head * size, ldc: width)
                }
            }
        }
    }

    /// With P the probabilities: dV = Pᵀ·dy, dP = dy·Vᵀ, dS = P ∘ (dP − rowsum(P ∘ dP)) · scale, dQ = dS·K, dK = dSᵀ·Q.
    /// A cap's slope at S is 1 − (S / cap)², which makes a third tile.
    func backward(
        _ dy: UnsafePointer<Float>, into dx: UnsafeMutablePointer<Float>, _ workspace: Workspace
    ) {
        let (size, width) = (shape.headSize, shape.heads * shape.headSize)
        forEachItem(tiles: shape.cap == nil ? 2 : 3, workspace) { span, keyHead, probabilities in
            let tokens = span.rows
            let offset = tokens.lowerBound * stride
            let (keyPart, valuePart) = (offset + shape.keyColumn(keyHead), offset + shape.valueColumn(keyHead))
            let key = Strided(rows: packed + keyPart, stride: stride)
            let tileSize = min(tokens.count, Self.tileRows) * tokens.count
            let scoreGradients = probabilities + tileSize
            // The last tile sees every key, so it writes dK and dV and the others add to them.
            var beta: Float = 0
            for head in keyHead * group..<(keyHead + 1) * group {
                let queryPart = offset + shape.queryColumn(head)
                let query = packed + queryPart
                for tile in tiles(tokens.count).reversed() {
                    let columns = seen(tile, span)
                    let tileRow = tokens.lowerBound + tile.lowerBound
                    let tileGradient = dy + tileRow * width + head * size
                    scores(tile, of: head, columns: columns, query: query, key, into: probabilities)
                    let capped = scoreGradients + tileSize
                    if shape.cap != nil { capped.update(from: probabilities, count: tile.count * columns) }
                    kernels.causal_probabilities(
                        probabilities, tile.count, columns, columns, reach(tile, span), window, scale,
                        logSums + head * rows + tileRow)
                    BLAS.gemm(
                        transposeA: true, m: columns, n: size, k: tile.count, probabilities, lda: columns,
                        tileGradient, ldb: width, beta: beta, dx + valuePart, ldc: stride)
                    BLAS.gemm(
                        transposeB: true, m: tile.count, n: columns, k: size, tileGradient, lda: width,
                        packed + valuePart, ldb: stride, scoreGradients, ldc: columns)
                    kernels.causal_softmax_gradient(
                        probabilities, scoreGradients, tile.count, columns, columns, reach(tile, span), window,
                        scale)
                    if let cap = shape.cap {
                        kernels.soft_cap_gradient(capped, scoreGradients, tile.count * columns, shape.scale, cap)
                    }
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
