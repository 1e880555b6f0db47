import LinearAlgebra
import Statistics

/// One number of the drift table: a metric with the common part in or out.
struct Measure: Hashable, Sendable {
    let metric: DriftMetric
    let commonRemoved: Bool

    /// Everything that is measured of a whole domain. Angle, relative length and spread are not changed by a common
    /// shift in any useful way and are given once.
    static let all: [Measure] = [
        Measure(metric: .displacement, commonRemoved: false), Measure(metric: .displacement, commonRemoved: true),
        Measure(metric: .relativeDisplacement, commonRemoved: false), Measure(metric: .angle, commonRemoved: false),
        Measure(metric: .centroidShift, commonRemoved: false), Measure(metric: .centroidShift, commonRemoved: true),
        Measure(metric: .coherence, commonRemoved: false), Measure(metric: .coherence, commonRemoved: true),
        Measure(metric: .spreadChange, commonRemoved: false), Measure(metric: .targetShare, commonRemoved: false),
        Measure(metric: .targetShare, commonRemoved: true), Measure(metric: .updateShare, commonRemoved: false),
        Measure(metric: .updateShare, commonRemoved: true),
    ]
}

/// What word sets are measured by: per word a few scalars and two vectors, so that a set costs only sums.
struct WordTable {
    /// Scalars by word, ``Scalar`` order.
    private var scalars: [Double] = []
    /// δ and E0 by word, `(words, 2D)`. Stored in single precision, which loses 6e-8 of each vector's own size, since
    /// reading these rows for every control set is what an analysis spends its time on; sums are in double precision.
    private var vectors: [Float] = []
    private let width: Int
    private let common: [Double]
    private(set) var count = 0

    private enum Scalar: Int, CaseIterable {
        case displacement, displacementRemoved, relative, angle, squared, squaredRemoved
        case target, targetRemoved, update, updateRemoved, squareBefore, growth
    }

    init(width: Int, common: [Double]) {
        self.width = width
        self.common = common
    }

    /// Adds a word; its index is the count before.
    mutating func add(_ word: WordVectors, target: Subspace?, update: Subspace?) {
        let removed = Vector.difference(word.delta, common)
        let norm = Vector.norm(word.before)
        let squared = Vector.dot(word.delta, word.delta)
        let squaredRemoved = Vector.dot(removed, removed)
        scalars += [
            squared.squareRoot(), squaredRemoved.squareRoot(), norm > 0 ? squared.squareRoot() / norm : 0,
            Vector.angle(word.before, word.after) ?? 0, squared, squaredRemoved,
            target?.squaredPart(word.delta) ?? 0, target?.squaredPart(removed) ?? 0,
            update?.squaredPart(word.delta) ?? 0, update?.squaredPart(removed) ?? 0, norm * norm,
            2 * Vector.dot(word.before, word.delta) + squared,  // ‖E1‖² − ‖E0‖²
        ]
        vectors += word.delta.lazy.map(Float.init)
        vectors += word.before.lazy.map(Float.init)
        count += 1
    }

    /// All measures of a set of words, in the order of ``Measure/all``.
    ///
    /// Ratios of nothing (no movement at all) are 0.
    ///
    /// - Parameter spread: false leaves the rows before unread, at half the time, and the spread change 0.
    func measure(_ set: [Int], spread needsSpread: Bool, scratch: inout [Double]) -> [Double] {
        let width = width
        let fields = Scalar.allCases.count
        var sums = [Double](repeating: 0, count: fields)
        let length = needsSpread ? 2 * width : width
        scratch.withUnsafeMutableBufferPointer { scratch in
            vectors.withUnsafeBufferPointer { vectors in
                guard let sum = scratch.baseAddress, let first = vectors.baseAddress else { return }
                sum.update(repeating: 0, count: 2 * width)
                for word in set {
                    let row = first + word * 2 * width
                    for i in 0..<length { sum[i] += Double(row[i]) }
                }
            }
        }
        for word in set { for field in 0..<fields { sums[field] += scalars[word * fields + field] } }
        let n = Double(set.count)
        func sum(_ field: Scalar) -> Double { sums[field.rawValue] }
        func ratio(_ a: Double, _ b: Double) -> Double { b > 0 ? a / b : 0 }
        var (shift, shiftRemoved, center, centerGrowth) = (0.0, 0.0, 0.0, 0.0)
        for i in 0..<width {
            let (delta, before) = (scratch[i] / n, scratch[width + i] / n)
            shift += delta * delta
            shiftRemoved += (delta - common[i]) * (delta - common[i])
            center += before * before
            centerGrowth += (2 * before + delta) * delta
        }
        // Of one word the shift is its displacement, to the last digit: else rounding would rank one-word sets.
        (shift, shiftRemoved) =
            set.count == 1
            ? (sum(.displacement), sum(.displacementRemoved)) : (shift.squareRoot(), shiftRemoved.squareRoot())
        // Mean square distance to the centroid = mean square length − square of the mean, and its growth likewise, so that
        // a small change is not the difference of two large numbers. A spread below 1e-6 of the length is rounding.
        let meanSquare = sum(.squareBefore) / n
        let square = meanSquare - center
        var spreadChange = 0.0
        if needsSpread, set.count > 1, square > 1e-6 * meanSquare {
            let growth = sum(.growth) / n - centerGrowth
            spreadChange = abs((max(0, 1 + growth / square)).squareRoot() - 1)
        }
        return [
            sum(.displacement) / n, sum(.displacementRemoved) / n, sum(.relative) / n, sum(.angle) / n,
            shift, shiftRemoved, ratio(shift, sum(.displacement) / n),
            ratio(shiftRemoved, sum(.displacementRemoved) / n),
            spreadChange, ratio(sum(.target), sum(.squared)),
            ratio(sum(.targetRemoved), sum(.squaredRemoved)), ratio(sum(.update), sum(.squared)),
            ratio(sum(.updateRemoved), sum(.squaredRemoved)),
        ]
    }

    /// Measures of `draws` matched control sets, `(measures, draws)`; deterministic for a seed
    /// whatever the number of threads.
    func compare(
        controls: MatchedControls, candidateIndex: [Int: Int], spread: Bool, draws: Int, seed: UInt64, label: String
    ) -> [[Double]] {
        let block = 256
        var seeder = RandomStream(seed: seed, label: label)
        let seeds = (0..<(draws + block - 1) / block).map { _ in seeder.next() }
        let kinds = Measure.all.count
        var flat = [Double](repeating: 0, count: draws * kinds)
        flat.withUnsafeMutableBufferPointer { flat in
            nonisolated(unsafe) let flat = flat  // blocks write disjoint draws
            parallelFor(seeds.count) { blocks in
                var scratch = [Double](repeating: 0, count: 2 * width)
                var drawn: [Int] = []
                for index in blocks {
                    var stream = RandomStream(seed: seeds[index])
                    for draw in index * block..<min(draws, (index + 1) * block) {
                        controls.draw(stream: &stream, into: &drawn)
                        let values = measure(drawn.map { candidateIndex[$0] ?? 0 }, spread: spread, scratch: &scratch)
                        for kind in 0..<kinds { flat[draw * kinds + kind] = values[kind] }
                    }
                }
            }
        }
        return (0..<kinds).map { kind in (0..<draws).map { flat[$0 * kinds + kind] } }
    }
}
