import CKernels

/// Rows of unit length, packed for products: `(n, D)` in single precision.
///
/// A cosine is then a dot product, right to about 1e-7; rows whose cosines are closer than that may change places.
public final class UnitRows: Sendable {
    /// Number of rows, n.
    public let count: Int
    /// Numbers a row, D.
    public let columns: Int
    // Written by `init` alone, before anyone else can see the object, and only read afterwards.
    nonisolated(unsafe) private let buffer: FloatBuffer

    /// The rows `chosen` of a matrix, in that order, divided by their lengths, which are summed in double precision. A row
    /// of zeros stays zero.
    ///
    /// - Precondition: the chosen rows are finite.
    public init(_ matrix: Matrix<Float>, rows chosen: [Int]) {
        count = chosen.count
        columns = matrix.columns
        let buffer = FloatBuffer(count: chosen.count * matrix.columns)
        let columns = matrix.columns
        nonisolated(unsafe) let target = buffer.pointer  // blocks write disjoint rows
        matrix.elements.withUnsafeBufferPointer { elements in
            parallelFor(chosen.count, grain: 64) { block in
                for row in block {
                    let source = chosen[row] * columns
                    var square = 0.0
                    for i in source..<source + columns { square += Double(elements[i]) * Double(elements[i]) }
                    let scale = square > 0 ? 1 / square.squareRoot() : 0
                    let out = target + row * columns
                    for i in 0..<columns { out[i] = Float(Double(elements[source + i]) * scale) }
                }
            }
        }
        self.buffer = buffer
    }

    /// Some rows of others that are of unit length already.
    private init(gathering chosen: [Int], of other: UnitRows) {
        (count, columns) = (chosen.count, other.columns)
        buffer = FloatBuffer(count: chosen.count * other.columns)
        for (place, row) in chosen.enumerated() {
            (buffer.pointer + place * columns).update(from: other.pointer + row * columns, count: columns)
        }
    }

    /// First number of the rows.
    var pointer: UnsafePointer<Float> { UnsafePointer(buffer.pointer) }

    /// The `count` nearest other rows of every row by cosine, nearest first; equal cosines in order of rows.
    ///
    /// Each pair of rows is multiplied once: a square of the upper triangle at a time by SGEMM, whose result is searched in
    /// cache for both sides. Memory beside the rows: `8·n·count` bytes and 2 MiB a thread. The result does not
    /// depend on the number of threads.
    public func nearest(_ wanted: Int) -> NearestRows {
        let edge = Self.tile
        let blocks = (count + edge - 1) / edge
        var tiles: [(Int, Int)] = []
        for i in 0..<blocks { for j in i..<blocks { tiles.append((i, j)) } }
        let lanes = max(1, min(Threads.available, tiles.count))
        let size = min(wanted, max(0, count - 1))
        guard size > 0 else { return NearestRows(rows: count, count: 0, indices: []) }
        let found = (0..<lanes).map { _ in BestRows(rows: count, size: size, edge: min(edge, count)) }
        nonisolated(unsafe) let shared = found  // a lane touches its own element only
        parallelLanes(tiles.count) { lane, item in
            let (i, j) = tiles[item]
            let rows = i * edge..<min(count, (i + 1) * edge)
            let others = j * edge..<min(count, (j + 1) * edge)
            shared[lane].take(self, rows: rows, others: others)
        }
        return BestRows.merged(found, rows: count, size: size)
    }

    /// The `count` nearest rows of each query by cosine, nearest first; equal cosines in order of rows.
    ///
    /// - Parameters:
    ///   - queries: `(q, D)`, of any length.
    ///   - excluded: for each query, rows that are not its neighbours.
    public func nearest(_ wanted: Int, to queries: Matrix<Float>, excluding excluded: [Set<Int>]) -> [[Int]] {
        precondition(queries.columns == columns && excluded.count == queries.rows)
        return search(wanted, UnitRows(queries, rows: Array(0..<queries.rows))) { excluded[$0].contains($1) }
    }

    /// The `count` nearest other rows of some of the rows, as ``nearest(_:)`` finds them for all: `2·n·D` operations a row.
    public func nearest(_ wanted: Int, of rows: [Int]) -> NearestRows {
        let size = min(wanted, max(0, count - 1))
        let found = search(size, UnitRows(gathering: rows, of: self)) { $1 == rows[$0] }
        return NearestRows(rows: rows.count, count: size, indices: found.flatMap { $0.map(Int32.init) })
    }

    /// The nearest rows of each query, a block of queries a lane.
    ///
    /// - Parameter isExcluded: whether a row, the second number, is no neighbour of a query, the first.
    private func search(_ wanted: Int, _ queries: UnitRows, isExcluded: (Int, Int) -> Bool) -> [[Int]] {
        var found = [[Int]](repeating: [], count: queries.count)
        guard wanted > 0 else { return found }
        let (block, edge) = (256, 2_048)
        found.withUnsafeMutableBufferPointer { found in
            nonisolated(unsafe) let found = found  // a block writes to its own queries
            parallelLanes((queries.count + block - 1) / block) { _, item in
                let asked = item * block..<min(queries.count, (item + 1) * block)
                var best = [[(cosine: Float, row: Int)]](repeating: [], count: asked.count)
                let tile = FloatBuffer(count: asked.count * edge)
                defer { withExtendedLifetime(tile) {} }
                for start in stride(from: 0, to: count, by: edge) {
                    let rows = start..<min(count, start + edge)
                    BLAS.gemm(
                        transposeB: true, m: asked.count, n: rows.count, k: columns,
                        queries.pointer + asked.lowerBound * columns, lda: columns, pointer + start * columns,
                        ldb: columns, tile.pointer, ldc: rows.count)
                    for (k, query) in asked.enumerated() {
                        Self.keep(tile.pointer + k * rows.count, rows, wanted, in: &best[k]) {
                            isExcluded(query, $0)
                        }
                    }
                }
                for (k, query) in asked.enumerated() { found[query] = best[k].map(\.row) }
            }
        }
        return found
    }

    /// Takes what is nearer than what is known; equal cosines stay in order of rows.
    private static func keep(
        _ cosines: UnsafePointer<Float>, _ rows: Range<Int>, _ wanted: Int,
        in best: inout [(cosine: Float, row: Int)], isExcluded: (Int) -> Bool
    ) {
        var bound = best.count == wanted ? best[wanted - 1].cosine : -.infinity
        for row in rows {
            let cosine = cosines[row - rows.lowerBound]
            guard cosine > bound || best.count < wanted, !isExcluded(row) else { continue }
            let place = best.firstIndex { $0.cosine < cosine } ?? best.endIndex
            best.insert((cosine, row), at: place)
            if best.count > wanted { best.removeLast() }
            if best.count == wanted { bound = best[wanted - 1].cosine }
        }
    }

    /// Rows on each side of a square: its 1 MiB stays in the second-level cache while it is searched.
    private static let tile = 512
}

/// The nearest other rows of every row.
public struct NearestRows: Equatable, Sendable {
    /// Number of rows, n.
    public let rows: Int
    /// Neighbours of a row, k; fewer than asked for when there are too few rows.
    public let count: Int
    /// Rows, nearest first, `(n, k)`.
    public let indices: [Int32]

    /// Neighbours that were found.
    public init(rows: Int, count: Int, indices: [Int32]) {
        precondition(indices.count == rows * count)
        self.rows = rows
        self.count = count
        self.indices = indices
    }

    /// The neighbours of one row, nearest first.
    public func row(_ index: Int) -> ArraySlice<Int32> { indices[index * count..<(index + 1) * count] }

    /// For every row, how many neighbours it shares with the same row of `other`.
    public func shared(with other: NearestRows) -> [Int] {
        precondition(rows == other.rows && count == other.count)
        return (0..<rows).map { index in
            let theirs = other.row(index)
            return row(index).count { theirs.contains($0) }
        }
    }
}

/// What one lane has found so far: for every row the best few, sorted.
private final class BestRows {
    private let size: Int
    /// Cosines `(n, k)`, descending; −∞ where there is none yet.
    private let cosines: FloatBuffer
    /// Their rows `(n, k)`.
    private var indices: [Int32]
    /// The smallest of each row's cosines: what a newcomer has to reach, `(n)`.
    private let bounds: FloatBuffer
    /// The square of cosines in work.
    private let tile: FloatBuffer
    private var hits: [Int32]
    private let kernels = ds_kernels_best().pointee

    init(rows: Int, size: Int, edge: Int) {
        self.size = size
        cosines = FloatBuffer(count: rows * size)
        bounds = FloatBuffer(count: rows)
        cosines.buffer.update(repeating: -.infinity)
        bounds.buffer.update(repeating: -.infinity)
        indices = [Int32](repeating: .max, count: rows * size)
        tile = FloatBuffer(count: edge * edge)
        hits = [Int32](repeating: 0, count: edge + 1)
    }

    /// Multiplies two blocks of rows and keeps what is good enough for either side.
    func take(_ units: UnitRows, rows: Range<Int>, others: Range<Int>) {
        let (width, columns) = (others.count, units.columns)
        BLAS.gemm(
            transposeB: true, m: rows.count, n: width, k: columns, units.pointer + rows.lowerBound * columns,
            lda: columns, units.pointer + others.lowerBound * columns, ldb: columns, tile.pointer, ldc: width)
        let isDiagonal = rows.lowerBound == others.lowerBound
        hits.withUnsafeMutableBufferPointer { hits in
            indices.withUnsafeMutableBufferPointer { indices in
                guard let found = hits.baseAddress else { return }
                for r in 0..<rows.count {
                    // On the diagonal each pair stands twice, and each row meets itself.
                    let first = isDiagonal ? r + 1 : 0
                    let row = rows.lowerBound + r
                    let values = tile.pointer + r * width
                    let count = kernels.at_least(
                        values + first, width - first, bounds.pointer[row],
                        bounds.pointer + others.lowerBound + first, found)
                    for hit in 0..<count {
                        let column = first + Int(found[hit])
                        let other = others.lowerBound + column
                        offer(values[column], of: other, to: row, indices)
                        offer(values[column], of: row, to: other, indices)
                    }
                }
            }
        }
    }

    /// Keeps `other` among the best of `row` when its cosine is larger, or as large and its row lower.
    @inline(__always)
    private func offer(
        _ cosine: Float, of other: Int, to row: Int, _ indices: UnsafeMutableBufferPointer<Int32>
    ) {
        let last = row * size + size - 1
        let values = cosines.pointer
        guard cosine > values[last] || (cosine == values[last] && other < indices[last]) else { return }
        var place = last
        while place > row * size,
            cosine > values[place - 1] || (cosine == values[place - 1] && other < indices[place - 1])
        {
            values[place] = values[place - 1]
            indices[place] = indices[place - 1]
            place -= 1
        }
        values[place] = cosine
        indices[place] = Int32(other)
        bounds.pointer[row] = values[last]
    }

    static func merged(_ lanes: [BestRows], rows: Int, size: Int) -> NearestRows {
        let first = lanes[0]
        first.indices.withUnsafeMutableBufferPointer { indices in
            for lane in lanes.dropFirst() {
                for row in 0..<rows {
                    for place in row * size..<(row + 1) * size where lane.indices[place] != .max {
                        first.offer(lane.cosines.pointer[place], of: Int(lane.indices[place]), to: row, indices)
                    }
                }
            }
        }
        return NearestRows(rows: rows, count: size, indices: first.indices)
    }
}
