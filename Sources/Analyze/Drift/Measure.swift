/// One number of the drift table: a metric with the common part in or out.
struct Measure: Hashable, Sendable {
    let metric: DriftMetric
    let commonRemoved: Bool

    init(_ metric: DriftMetric, commonRemoved: Bool = false) {
        (self.metric, self.commonRemoved) = (metric, commonRemoved)
    }

    /// Everything that is measured of a whole domain, in the order of ``WordTable/measure(_:spread:groups:scratch:)``.
    ///
    /// Only numbers that a common shift changes in a way worth reading are given with it in and out.
    static let all: [Measure] = [
        Measure(.displacement), Measure(.displacement, commonRemoved: true), Measure(.relativeDisplacement),
        Measure(.angle), Measure(.centroidShift), Measure(.centroidShift, commonRemoved: true), Measure(.coherence),
        Measure(.coherence, commonRemoved: true), Measure(.spreadBefore), Measure(.spreadAfter),
        Measure(.spreadChange), Measure(.separationBefore), Measure(.separationAfter), Measure(.separationChange),
        Measure(.attributeDistanceBefore), Measure(.attributeDistanceAfter), Measure(.attributeDistanceChange),
        Measure(.neighbourTurnover), Measure(.targetShare), Measure(.targetShare, commonRemoved: true),
        Measure(.updateShare), Measure(.updateShare, commonRemoved: true), Measure(.logitChange),
    ]

    /// What is measured of a whole domain, or of a group of it. The output side's common part is gone with its gauge, so that
    /// there every number is given once.
    static func of(_ side: SpaceSide, group: Bool) -> [Measure] {
        let given = side == .output ? all.filter { !$0.commonRemoved } : all
        guard group else { return given }
        return given.filter {
            $0.commonRemoved == (side != .output) && [.displacement, .centroidShift, .targetShare].contains($0.metric)
        }
    }
}
