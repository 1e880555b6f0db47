import LinearAlgebra
import Records
import Statistics

/// WEAT or SEAT in one space, before and after.
public struct AssociationChange: Codable, Sendable, Equatable {
    /// The test's name.
    public var test: String
    /// The space of its vectors.
    public var space: String
    /// Targets of X that have a vector on both sides.
    public var firstCount: Int
    /// Those of Y.
    public var secondCount: Int
    /// d before, divisor n − 1; nil with a ``reason``.
    public var before: Double?
    /// d after.
    public var after: Double?
    /// d after − d before.
    public var change: Double?
    /// Percentile interval of the change: the targets of X and those of Y drawn anew, the same before and after.
    public var interval: Interval?
    /// One-sided p before, over partitions of the targets.
    public var pBefore: Double?
    /// One-sided p after.
    public var pAfter: Double?
    /// Partitions that each p rests on.
    public var partitions: Int?
    /// Whether they are all that there are.
    public var isExact: Bool?
    /// Texts of the test without a vector on a side.
    public var leftOut: Int
    /// Why there is no d.
    public var reason: String?

    /// The tests of a record, in its order.
    static func all(_ record: AssociationRecord?, settings: AnalysisSettings) -> [AssociationChange] {
        zip(record?.before ?? [], record?.after ?? []).map { AssociationChange($0, $1, settings) }
    }

    private init(_ before: AssociationScores, _ after: AssociationScores, _ settings: AnalysisSettings) {
        let first = Self.paired(before.first, after.first)
        let second = Self.paired(before.second, after.second)
        (test, space, firstCount, secondCount) = (before.test, before.space, first.count, second.count)
        leftOut = Set(before.leftOut).union(after.leftOut).count
        let label = "association/\(test)/\(space)"
        func result(_ side: KeyPath<(before: Double, after: Double), Double>) -> AssociationTest? {
            var stream = RandomStream(seed: settings.seed, label: label)
            return AssociationTest(
                first: first.map { $0[keyPath: side] }, second: second.map { $0[keyPath: side] }, stream: &stream)
        }
        guard let tests = result(\.before).flatMap({ old in result(\.after).map { (old, $0) } }) else {
            reason = "fewer than two targets of a set, or no attribute of one, have a vector"
            return
        }
        (self.before, self.after) = (tests.0.effectSize, tests.1.effectSize)
        (pBefore, pAfter) = (tests.0.p, tests.1.p)
        (partitions, isExact) = (tests.0.partitions, tests.0.isExact)
        guard let old = self.before, let new = self.after else {
            reason = "the associations of all targets are equal"
            return
        }
        change = new - old
        var stream = RandomStream(seed: settings.seed, label: label + "/bootstrap")
        let draws = (0..<settings.bootstrapDraws).compactMap { _ -> Double? in
            let (x, y) = (
                first.map { _ in first[stream.index(below: first.count)] },
                second.map { _ in
                    second[stream.index(below: second.count)]
                }
            )
            guard let old = AssociationTest.effectSize(x.map(\.before), y.map(\.before)),
                let new = AssociationTest.effectSize(x.map(\.after), y.map(\.after))
            else { return nil }
            return new - old
        }
        guard !draws.isEmpty else { return }
        let band = Summary.band(draws, level: settings.level)
        interval = Interval(lower: band.lower, upper: band.upper)
    }

    /// The values of the targets that both sides have, in the order of the test.
    private static func paired(
        _ before: [AssociationScores.Target], _ after: [AssociationScores.Target]
    ) -> [(before: Double, after: Double)] {
        let known = Dictionary(after.map { ($0.text, $0.value) }) { first, _ in first }
        return before.compactMap { target in known[target.text].map { (target.value, $0) } }
    }
}
