/// A named column of a benchmark's own, a value an item.
public struct ScoreColumn: Codable, Sendable, Equatable {
    /// The values, in the order of the items.
    public enum Values: Codable, Sendable, Equatable {
        /// Labels.
        case text([String])
        /// Numbers; nil where an item has none.
        case number([Double?])
        /// Counts.
        case count([Int])
        /// Whether something holds.
        case flag([Bool])
    }

    /// Its name in run.h5 and in the table that `driftscope evaluate` writes: lower case, words joined by `_`.
    public let name: String
    /// The values.
    public let values: Values

    /// Names some values.
    public init(_ name: String, _ values: Values) {
        (self.name, self.values) = (name, values)
    }

    /// A value as a cell of a CSV table; empty where there is none.
    public func cell(_ index: Int) -> String {
        switch values {
        case .text(let values): values[index]
        case .number(let values): values[index].map { "\($0)" } ?? ""
        case .count(let values): String(values[index])
        case .flag(let values): values[index] ? "1" : "0"
        }
    }
}
