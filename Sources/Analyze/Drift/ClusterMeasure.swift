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
    /// E0 and δ by word, `(words, 2D)`.
    private var vectors: [Double] = []
    private let width: Int
    private let common: [Double]
    private(set) var count = 0

    private enum Scalar: Int, CaseIterable {
        case displacement, displacementRemoved, relative, angle, squared, squaredRemoved
        case target, targetRemoved, update, updateRemoved, squareBefore, squareAfter
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
            Vector.dot(word.after, word.after),
        ]
        vectors += word.before
        vectors += word.delta
        count += 1
    }

    /// All measures of a set of words, in the order of ``Measure/all``.
    ///
    /// Ratios of nothing (no movement at all) are 0.
    func measure(_ set: [Int], scratch: inout [Double]) -> [Double] {
        let width = width
        let fields = Scalar.allCases.count
        var sums = (0..<fields).map { _ in 0.0 }
        for i in 0..<2 * width { scratch[i] = 0 }
        scratch.withUnsafeMutableBufferPointer { scratch in
            vectors.withUnsafeBufferPointer { vectors in
                for word in set {
                    let start = word * 2 * width
                    for i in 0..<2 * width { scratch[i] += vectors[start + i] }
                }
            }
        }
        for word in set { for field in 0..<fields { sums[field] += scalars[word * fields + field] } }
        let n = Double(set.count)
        func sum(_ field: Scalar) -> Double { sums[field.rawValue] }
        func ratio(_ a: Double, _ b: Double) -> Double { b > 0 ? a / b : 0 }
        var (shift, shiftRemoved, centerBefore, centerAfter) = (0.0, 0.0, 0.0, 0.0)
        for i in 0..<width {
            let (before, delta) = (scratch[i] / n, scratch[width + i] / n)
            shift += delta * delta
            shiftRemoved += (delta - common[i]) * (delta - common[i])
            centerBefore += before * before
            centerAfter += (before + delta) * (before + delta)
        }
        (shift, shiftRemoved) = (shift.squareRoot(), shiftRemoved.squareRoot())
        // Mean square distance to the centroid = mean square length − square of the mean. Below 1e-12 of the length it
        // is rounding, as for a single word.
        func spread(_ squares: Double, _ center: Double) -> Double {
            let value = squares / n - center
            return value > 1e-12 * squares / n ? value.squareRoot() : 0
        }
        let spreadBefore = spread(sum(.squareBefore), centerBefore)
        let spreadAfter = spread(sum(.squareAfter), centerAfter)
        return [
            sum(.displacement) / n, sum(.displacementRemoved) / n, sum(.relative) / n, sum(.angle) / n,
            shift, shiftRemoved, ratio(shift, sum(.displacement) / n),
            ratio(shiftRemoved, sum(.displacementRemoved) / n),
            ratio(abs(spreadAfter - spreadBefore), spreadBefore), ratio(sum(.target), sum(.squared)),
            ratio(sum(.targetRemoved), sum(.squaredRemoved)), ratio(sum(.update), sum(.squared)),
            ratio(sum(.updateRemoved), sum(.squaredRemoved)),
        ]
    }

    /// Measures of the words given and of `draws` matched control sets, `(measures, draws)`; deterministic for a seed
    /// whatever the number of threads.
    func compare(
        words: [Int], controls: MatchedControls, candidateIndex: [Int: Int], draws: Int, seed: UInt64, label: String
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
                        let values = measure(drawn.map { candidateIndex[$0] ?? 0 }, scratch: &scratch)
                        for kind in 0..<kinds { flat[draw * kinds + kind] = values[kind] }
                    }
                }
            }
        }
        return (0..<kinds).map { kind in (0..<draws).map { flat[$0 * kinds + kind] } }
    }
}
