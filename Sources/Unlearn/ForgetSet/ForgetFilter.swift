import FileSupport
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
        public var values: [String] { didSet { keys = Set(values.map(LabelSpellings.key)) } }
        /// The values as ``LabelSpellings/key(_:)`` gives them: case and blanks at their ends do not count.
        private(set) var keys: Set<String>

        /// Makes a condition.
        public init(column: String, reading: Reading = .equals, values: [String]) {
            self.column = column
            self.reading = reading
            self.values = values
            keys = Set(values.map(LabelSpellings.key))
        }

        /// Whether a cell fulfils the condition under `reading`, by default its own.
        public func holds(for cell: String, reading: Reading? = nil) -> Bool {
            switch reading ?? self.reading {
            case .equals:
                if holds(cell) { return true }
                let names = ListCell.names(cell)
                return names.count == 1 && holds(names[0])
            case .member: return ListCell.names(cell).contains(where: holds)
            case .part: return ListCell.names(cell).contains { ListCell.parts($0).contains(where: holds) }
            }
        }

        private func holds(_ name: String) -> Bool { keys.contains(LabelSpellings.key(name)) }

        /// The values and the names in some cells that are the same but for case and blanks, a line each.
        func notes(_ cells: some Sequence<String>) -> [String] {
            var spellings = LabelSpellings()
            for value in values { spellings.add(value) }
            for cell in cells {
                switch reading {
                case .equals: spellings.add(cell)
                case .member: for name in ListCell.names(cell) { spellings.add(name) }
                case .part: for name in ListCell.names(cell) { ListCell.parts(name).forEach { spellings.add($0) } }
                }
            }
            return spellings.notes(column, wanted: keys)
        }
    }

    /// The conditions.
    public var conditions: [Condition]

    /// Makes a filter; with no condition every row is wanted.
    public init(_ conditions: [Condition] = []) { self.conditions = conditions }
}
