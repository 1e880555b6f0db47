/// Corrections of p-values for the number of tests; nil stands for a test that was not made and counts for nothing.
public enum MultipleTests {
    /// Holm's step-down p-values: the chance of any false claim in the family is held.
    public static func holm(_ p: [Double?]) -> [Double?] {
        let order = sortedIndices(p)
        var out = [Double?](repeating: nil, count: p.count)
        var running = 0.0
        for (rank, entry) in order.enumerated() {
            running = max(running, min(1, entry.p * Double(order.count - rank)))
            out[entry.index] = running
        }
        return out
    }

    /// Benjamini and Hochberg's q-values: the expected share of false claims is held.
    public static func benjaminiHochberg(_ p: [Double?]) -> [Double?] {
        let order = sortedIndices(p)
        var out = [Double?](repeating: nil, count: p.count)
        var running = 1.0
        for (rank, entry) in order.enumerated().reversed() {
            running = min(running, entry.p * Double(order.count) / Double(rank + 1))
            out[entry.index] = running
        }
        return out
    }

    private static func sortedIndices(_ p: [Double?]) -> [(index: Int, p: Double)] {
        p.enumerated().compactMap { index, value in value.map { (index, $0) } }
            .sorted { ($0.p, $0.index) < ($1.p, $1.index) }
    }
}
