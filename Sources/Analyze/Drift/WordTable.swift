import LinearAlgebra
import Statistics

/// What a cluster is measured against, the same for its own words and for controls.
struct ClusterYardstick {
    let common: [Double]
    let target: Subspace?
    let update: Subspace?
    let attributes: AttributeWords?
    /// 1 − Jaccard index of the nearest neighbours by row; nil where they were not looked for.
    let turnover: [Double]?
    /// Rows `(k, D)` whose dot products with δ have the squared sum δᵀΣδ, Σ the second moment of hidden states.
    let hiddenStates: Matrix<Double>?
    /// Centroids of the other domains.
    var others: [Centroid] = []

    /// Where a domain's words stand on average.
    typealias Centroid = (domain: String, mean: WordVectors)
}

/// What word sets are measured by: per word some scalars and two vectors, so that a set costs only sums.
struct WordTable {
    /// Scalars by word, ``Scalar`` order, then two for each other centroid: e0·o0, and e1·o1 − e0·o0.
    private var scalars: [Double] = []
    /// δ and E0 by word, `(words, 2D)`. Stored in single precision, which loses 6e-8 of each vector's own size, since
    /// reading these rows for every control set is what an analysis spends its time on; sums are in double precision.
    private var vectors: [Float] = []
    private let width: Int
    private let yardstick: ClusterYardstick
    private let otherSquares: [(before: Double, growth: Double)]
    private let fields: Int
    private(set) var count = 0

    private enum Scalar: Int, CaseIterable {
        case displacement, displacementRemoved, relative, angle, squared, squaredRemoved
        case target, targetRemoved, update, updateRemoved, squareBefore, growth
        case forgottenBefore, forgottenAfter, matchedBefore, matchedAfter, turnover, logit
    }

    init(width: Int, yardstick: ClusterYardstick) {
        (self.width, self.yardstick) = (width, yardstick)
        fields = Scalar.allCases.count + 2 * yardstick.others.count
        otherSquares = yardstick.others.map { _, mean in
            // ‖o1‖² − ‖o0‖² from δ, so that equal centroids give exactly zero.
            (
                Vector.dot(mean.before, mean.before),
                2 * Vector.dot(mean.before, mean.delta) + Vector.dot(mean.delta, mean.delta)
            )
        }
    }

    /// Adds a word; its index is the count before.
    mutating func add(_ word: WordVectors, rows: [Int]) {
        let (common, target, update) = (yardstick.common, yardstick.target, yardstick.update)
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
        if let attributes = yardstick.attributes {
            let (before, after) = (Vector.unit(word.before), Vector.unit(word.after))
            scalars += [
                Vector.dot(before, attributes.forgotten.before), Vector.dot(after, attributes.forgotten.after),
                Vector.dot(before, attributes.matched.before), Vector.dot(after, attributes.matched.after),
            ]
        } else {
            scalars += [0, 0, 0, 0]
        }
        scalars.append(
            yardstick.turnover.map { all in rows.reduce(0) { $0 + all[$1] } / Double(max(1, rows.count)) } ?? 0)
        scalars.append(0)  // logit change, by `weigh`
        for (_, other) in yardstick.others {
            scalars += [
                Vector.dot(word.before, other.before),
                Vector.dot(word.delta, other.after) + Vector.dot(word.before, other.delta),
            ]
        }
        vectors += word.delta.lazy.map(Float.init)
        vectors += word.before.lazy.map(Float.init)
        count += 1
    }

    /// Fills in the logit change of all words added so far: one product for all of them.
    mutating func weigh() {
        guard let states = yardstick.hiddenStates, count > 0 else { return }
        var deltas = Matrix<Double>(rows: count, columns: width)
        for word in 0..<count {
            for i in 0..<width { deltas[word, i] = Double(vectors[word * 2 * width + i]) }
        }
        let logits = Matrix.product(deltas, states, transposeB: true)
        for word in 0..<count {
            let square = logits.row(word).reduce(0) { $0 + $1 * $1 }
            scalars[word * fields + Scalar.logit.rawValue] = square.squareRoot()
        }
    }

    /// All measures of a set of words, in the order of ``Measure/all``, then the relative change of the distance to each
    /// other centroid, then before and after of each pair of groups' effect size (NaN where it is not defined); and the
    /// distances themselves.
    ///
    /// Ratios of nothing (no movement at all) are 0.
    ///
    /// - Parameters:
    ///   - spread: false leaves the rows before unread, at half the time, and what needs them 0.
    ///   - groups: pairs of groups, as positions in `set`.
    func measure(
        _ set: [Int], spread needsSpread: Bool, groups: [(first: [Int], second: [Int])], scratch: inout [Double]
    ) -> (values: [Double], distances: [Change]) {
        var sums = [Double](repeating: 0, count: fields)
        addVectors(of: set, length: needsSpread ? 2 * width : width, into: &scratch)
        for word in set { for field in 0..<fields { sums[field] += scalars[word * fields + field] } }
        let n = Double(set.count)
        func mean(_ field: Scalar) -> Double { sums[field.rawValue] / n }
        func ratio(_ a: Scalar, _ b: Scalar) -> Double {
            sums[b.rawValue] > 0 ? sums[a.rawValue] / sums[b.rawValue] : 0
        }
        var (shift, shiftRemoved, center, centerGrowth) = (0.0, 0.0, 0.0, 0.0)
        for i in 0..<width {
            let (delta, before) = (scratch[i] / n, scratch[width + i] / n)
            shift += delta * delta
            shiftRemoved += (delta - yardstick.common[i]) * (delta - yardstick.common[i])
            center += before * before
            centerGrowth += (2 * before + delta) * delta
        }
        // Of one word the shift is its displacement, to the last digit: else rounding would rank one-word sets.
        (shift, shiftRemoved) =
            set.count == 1
            ? (mean(.displacement), mean(.displacementRemoved)) : (shift.squareRoot(), shiftRemoved.squareRoot())
        let spread = needsSpread ? spreads(mean(.squareBefore), mean(.growth), center, centerGrowth, set.count) : .none
        let distances = needsSpread ? self.distances(center, centerGrowth, sums: sums, count: n) : []
        func average(_ value: (Change) -> Double) -> Double {
            distances.isEmpty ? 0 : distances.reduce(0) { $0 + value($1) } / Double(distances.count)
        }
        let separation = Change(before: average(\.before), after: average(\.after), growth: average(\.growth))
        let (macBefore, macAfter) = (1 - mean(.forgottenBefore), 1 - mean(.forgottenAfter))
        var out = [
            mean(.displacement), mean(.displacementRemoved), mean(.relative), mean(.angle), shift, shiftRemoved,
            mean(.displacement) > 0 ? shift / mean(.displacement) : 0,
            mean(.displacementRemoved) > 0 ? shiftRemoved / mean(.displacementRemoved) : 0,
            spread.before, spread.after, abs(spread.relative),
            separation.before, separation.after, separation.relative,
            macBefore, macAfter, mean(.forgottenBefore) - mean(.forgottenAfter), mean(.turnover),
            ratio(.target, .squared), ratio(.targetRemoved, .squaredRemoved), ratio(.update, .squared),
            ratio(.updateRemoved, .squaredRemoved), mean(.logit),
        ]
        out += distances.map(\.relative)
        for pair in groups {
            out.append(effect(set, pair, .forgottenBefore, .matchedBefore) ?? .nan)
            out.append(effect(set, pair, .forgottenAfter, .matchedAfter) ?? .nan)
        }
        return (out, distances)
    }

    /// A length before and after, with the growth known better than the difference of the two.
    struct Change {
        var before: Double
        var after: Double
        var growth: Double
        var relative: Double { before > 0 ? growth / before : 0 }
        static let none = Change(before: 0, after: 0, growth: 0)

        init(square: Double, growth: Double) {
            before = max(0, square).squareRoot()
            after = max(0, square + growth).squareRoot()
            self.growth = before + after > 0 ? growth / (before + after) : 0
        }

        init(before: Double, after: Double, growth: Double) {
            (self.before, self.after, self.growth) = (before, after, growth)
        }
    }

    private func addVectors(of set: [Int], length: Int, into scratch: inout [Double]) {
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
    }

    /// Mean square distance to the centroid = mean square length − square of the mean, and its growth likewise, so that a
    /// small change is not the difference of two large numbers. A spread below 1e-6 of the length is rounding.
    private func spreads(
        _ meanSquare: Double, _ growth: Double, _ center: Double, _ centerGrowth: Double, _ count: Int
    ) -> Change {
        let square = meanSquare - center
        guard count > 1, square > 1e-6 * meanSquare else { return .none }
        return Change(square: square, growth: growth - centerGrowth)
    }

    /// The distance of the set's centroid to each other one.
    private func distances(_ center: Double, _ centerGrowth: Double, sums: [Double], count: Double) -> [Change] {
        otherSquares.indices.map { j in
            let dot = sums[Scalar.allCases.count + 2 * j] / count
            let dotGrowth = sums[Scalar.allCases.count + 2 * j + 1] / count
            return Change(
                square: center - 2 * dot + otherSquares[j].before,
                growth: centerGrowth - 2 * dotGrowth + otherSquares[j].growth)
        }
    }

    /// Effect size of WEAT; nil where the words of both groups do not differ.
    private func effect(_ set: [Int], _ pair: (first: [Int], second: [Int]), _ near: Scalar, _ far: Scalar) -> Double? {
        func values(_ positions: [Int]) -> [Double] {
            positions.map { position in
                let start = set[position] * fields
                return scalars[start + near.rawValue] - scalars[start + far.rawValue]
            }
        }
        let (first, second) = (values(pair.first), values(pair.second))
        let all = first + second
        let center = Summary.mean(all)
        let square = all.reduce(0) { $0 + ($1 - center) * ($1 - center) }
        guard all.count > 1, square > 0 else { return nil }
        return (Summary.mean(first) - Summary.mean(second)) / (square / Double(all.count - 1)).squareRoot()
    }

    /// Measures of `draws` matched control sets, `(measures, draws)`; deterministic for a seed whatever the number of
    /// threads.
    func compare(
        controls: MatchedControls, candidateIndex: [Int: Int], spread: Bool, groups: [(first: [Int], second: [Int])],
        draws: Int, seed: UInt64, label: String
    ) -> [[Double]] {
        var seeder = RandomStream(seed: seed, label: label)
        let kinds = Measure.all.count + (spread ? yardstick.others.count : 0) + 2 * groups.count
        var flat = [Double](repeating: 0, count: draws * kinds)
        flat.withUnsafeMutableBufferPointer { flat in
            nonisolated(unsafe) let flat = flat  // blocks write disjoint draws
            drawBlocks(draws, &seeder) { block, stream in
                var scratch = [Double](repeating: 0, count: 2 * width)
                var drawn: [Int] = []
                for draw in block {
                    controls.draw(stream: &stream, into: &drawn)
                    let values = measure(
                        drawn.map { candidateIndex[$0] ?? 0 }, spread: spread, groups: groups, scratch: &scratch
                    ).values
                    for kind in 0..<kinds { flat[draw * kinds + kind] = values[kind] }
                }
            }
        }
        return (0..<kinds).map { kind in (0..<draws).map { flat[$0 * kinds + kind] } }
    }
}
