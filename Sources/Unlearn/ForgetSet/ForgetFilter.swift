import Records

/// Which rows of a forget file are wanted: every condition must hold.
///
/// The study key `where: {label: hate, target: {member: wom}}` becomes two conditions.
public struct ForgetFilter: Equatable, Sendable {
    /// How a cell that may list several names is read.
    public typealias Reading = CellReading

    /// One column and what it must hold.
    public struct Condition: Equatable, Sendable {
        /// The column's name.
        public var column: String
        /// How the cell is read.
        public var reading: Reading
        /// The condition holds when any of these is found.
        public var values: [String]

        /// Makes a condition.
        public init(column: String, reading: Reading = .equals, values: [String]) {
            self.column = column
            self.reading = reading
            self.values = values
        }

        /// Whether a cell fulfils the condition under `reading`, by default its own.
        public func holds(for cell: String, reading: Reading? = nil) -> Bool {
            switch reading ?? self.reading {
            case .equals:
                let whole = ListCell.trim(cell)
                if values.contains(whole) { return true }
                let names = ListCell.names(cell)
                return names.count == 1 && values.contains(names[0])
            case .member: return ListCell.names(cell).contains { values.contains($0) }
            case .part:
                return ListCell.names(cell).contains { name in ListCell.parts(name).contains { values.contains($0) } }
            }
        }
    }

    /// The conditions.
    public var conditions: [Condition]

    /// Makes a filter; with no condition every row is wanted.
    public init(_ conditions: [Condition] = []) { self.conditions = conditions }
}
