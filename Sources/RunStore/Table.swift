/// A table of named columns, the plain form in which other modules hand rows to the store and read them back.
public struct Table: Equatable, Sendable {
    /// One column; every case holds one value a row.
    public enum Column: Equatable, Sendable {
        /// Whole numbers.
        case int64([Int64])
        /// Numbers in double precision; may hold NaN and infinities.
        case double([Double])
        /// Numbers in single precision.
        case float([Float])
        /// UTF-8 texts without NUL.
        case string([String])
        /// Yes or no.
        case bool([Bool])

        /// Number of rows.
        public var count: Int {
            switch self {
            case .int64(let values): values.count
            case .double(let values): values.count
            case .float(let values): values.count
            case .string(let values): values.count
            case .bool(let values): values.count
            }
        }
    }

    /// The columns' names, in order.
    public private(set) var names: [String] = []
    /// The columns, in the order of ``names``.
    public private(set) var columns: [Column] = []

    /// An empty table.
    public init() {}

    /// Number of rows; 0 for a table without columns.
    public var rowCount: Int { columns.first?.count ?? 0 }

    /// Adds a column at the end.
    ///
    /// - Precondition: the name is new and not empty, and the length is that of the other columns.
    public mutating func append(_ column: Column, as name: String) {
        precondition(!names.contains(name) && !name.isEmpty, "column name \(name)")
        precondition(columns.isEmpty || column.count == rowCount, "\(name): \(column.count) rows for \(rowCount)")
        names.append(name)
        columns.append(column)
    }

    /// The column of a name, or nil.
    public subscript(name: String) -> Column? { names.firstIndex(of: name).map { columns[$0] } }

    /// Adds the rows of a table with the same columns at the end.
    ///
    /// - Returns: false, and changes nothing, when names or kinds differ.
    @discardableResult
    public mutating func append(contentsOf other: Table) -> Bool {
        guard !columns.isEmpty else {
            self = other
            return true
        }
        let joined = zip(columns, other.columns).compactMap { mine, theirs -> Column? in
            switch (mine, theirs) {
            case (.int64(let a), .int64(let b)): .int64(a + b)
            case (.double(let a), .double(let b)): .double(a + b)
            case (.float(let a), .float(let b)): .float(a + b)
            case (.string(let a), .string(let b)): .string(a + b)
            case (.bool(let a), .bool(let b)): .bool(a + b)
            default: nil
            }
        }
        guard names == other.names, joined.count == names.count else { return false }
        columns = joined
        return true
    }
}

extension Table: ExpressibleByDictionaryLiteral {
    /// A table written as a literal, columns in the order written.
    public init(dictionaryLiteral elements: (String, Column)...) {
        self.init()
        for (name, column) in elements { append(column, as: name) }
    }
}
