import Foundation

/// The movement that all rows share: the mean δ over anchor rows.
///
/// Anchors are the usable rows that no concept word uses and that equal no earlier row. A row weighs log(1 + frequency),
/// so that rare rows, which are little trained, count less and no single frequent row rules; without any frequency all
/// weigh the same.
public struct CommonShift: Sendable {
    /// The shift, `D` numbers.
    public let vector: [Double]
    /// Its size and what it explains.
    public let summary: CommonPart

    /// The common shift of a space; also what an intervention subtracts from every row to score "common part removed".
    public init(_ input: DriftInput) { self.init(input, rows: SpaceRows(input)) }

    init(_ input: DriftInput, rows: SpaceRows) {
        let concept = Set(input.words.flatMap(\.rows))
        let anchors = input.rows.indices.filter { rows.usable[$0] && !rows.duplicate[$0] && !concept.contains($0) }
        let weights = Self.weights(anchors.map { input.rows[$0].frequency })
        let total = weights.reduce(0, +)
        let width = input.before.columns
        var sum = [Double](repeating: 0, count: width)
        var (movement, displacement) = (0.0, 0.0)
        for (anchor, weight) in zip(anchors, weights) where weight > 0 {
            let start = anchor * width
            for i in 0..<width {
                sum[i] += weight * (Double(input.after.elements[start + i]) - Double(input.before.elements[start + i]))
            }
            movement += weight * rows.displacement[anchor] * rows.displacement[anchor]
            displacement += weight * rows.displacement[anchor]
        }
        // Of the output side it went with the gauge; what rounding left of it has no direction worth reading.
        vector = input.side == .output ? sum.map { _ in 0 } : total > 0 ? sum.map { $0 / total } : sum
        let norm = Vector.norm(vector)
        summary = CommonPart(
            norm: norm, anchors: anchors.count,
            share: movement > 0 && input.side != .output ? min(1, norm * norm * total / movement) : nil,
            meanDisplacement: total > 0 ? displacement / total : 0)
    }

    /// Weights of anchors: log(1 + frequency), or all 1 where no frequency is known.
    static func weights(_ frequencies: [Int]) -> [Double] {
        let weights = frequencies.map { log(1 + Double(max(0, $0))) }
        return weights.contains { $0 > 0 } ? weights : weights.map { _ in 1 }
    }
}
