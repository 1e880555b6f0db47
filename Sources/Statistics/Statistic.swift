/// A number of some items as a function of means over them, so that it can be taken again of resampled items.
public struct Statistic: Sendable {
    /// Values by column, each with one value an item, `(columns, items)`.
    public let columns: [[Double]]
    /// The number, of the columns' means.
    public let value: @Sendable ([Double]) -> Double

    /// A function of the columns' means, which it gets in their order.
    public init(_ columns: [[Double]], value: @escaping @Sendable ([Double]) -> Double) {
        (self.columns, self.value) = (columns, value)
    }

    /// The mean of the items' values.
    public static func mean(_ values: [Double]) -> Statistic { Statistic([values]) { $0[0] } }

    /// Σ parts / Σ wholes times `scale`; a share of items where both are 0 or 1.
    public static func ratio(_ parts: [Double], of wholes: [Double], scale: Double = 1) -> Statistic {
        Statistic([parts, wholes]) { scale * $0[0] / $0[1] }
    }
}
