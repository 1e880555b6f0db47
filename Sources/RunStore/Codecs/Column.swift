import FileSupport

/// A value that a table's column holds.
package protocol ColumnValue {
    static func column(_ values: [Self]) -> Table.Column
    /// The values of a column; nil where it is of another kind or a value is unknown.
    static func values(_ column: Table.Column) -> [Self]?
}

/// A value of which one stands for "none", since a column has no gaps.
package protocol MissableColumnValue: ColumnValue {
    static var missing: Self { get }
    var isMissing: Bool { get }
}

extension Int: MissableColumnValue {
    package static var missing: Int { -1 }
    package var isMissing: Bool { self < 0 }
    package static func column(_ values: [Int]) -> Table.Column { .int64(values.map(Int64.init)) }
    package static func values(_ column: Table.Column) -> [Int]? {
        Int64.values(column)?.map { Int($0) }
    }
}

extension Int64: ColumnValue {
    package static func column(_ values: [Int64]) -> Table.Column { .int64(values) }
    package static func values(_ column: Table.Column) -> [Int64]? {
        if case .int64(let values) = column { values } else { nil }
    }
}

extension UInt64: MissableColumnValue {
    package static var missing: UInt64 { .max }
    package var isMissing: Bool { self == .max }
    package static func column(_ values: [UInt64]) -> Table.Column { .int64(values.map { Int64(bitPattern: $0) }) }
    package static func values(_ column: Table.Column) -> [UInt64]? {
        Int64.values(column)?.map { UInt64(bitPattern: $0) }
    }
}

extension Double: MissableColumnValue {
    package static var missing: Double { .nan }
    package var isMissing: Bool { isNaN }
    package static func column(_ values: [Double]) -> Table.Column { .double(values) }
    package static func values(_ column: Table.Column) -> [Double]? {
        switch column {
        case .double(let values): values
        case .float(let values): values.map(Double.init)
        default: nil
        }
    }
}

extension String: MissableColumnValue {
    package static var missing: String { "" }
    package var isMissing: Bool { isEmpty }
    package static func column(_ values: [String]) -> Table.Column { .string(values) }
    package static func values(_ column: Table.Column) -> [String]? {
        if case .string(let values) = column { values } else { nil }
    }
}

extension Bool: ColumnValue {
    package static func column(_ values: [Bool]) -> Table.Column { .bool(values) }
    package static func values(_ column: Table.Column) -> [Bool]? {
        if case .bool(let values) = column { values } else { nil }
    }
}

extension Optional: ColumnValue where Wrapped: MissableColumnValue {
    package static func column(_ values: [Wrapped?]) -> Table.Column { Wrapped.column(values.map { $0 ?? .missing }) }
    package static func values(_ column: Table.Column) -> [Wrapped?]? {
        Wrapped.values(column)?.map { $0.isMissing ? nil : $0 }
    }
}

extension ColumnValue where Self: RawRepresentable, RawValue == String {
    package static func column(_ values: [Self]) -> Table.Column { .string(values.map(\.rawValue)) }
    package static func values(_ column: Table.Column) -> [Self]? {
        guard let words = String.values(column) else { return nil }
        let values = words.compactMap { Self(rawValue: $0) }
        return values.count == words.count ? values : nil
    }
}

/// A column of a table of records, declared once for writing and reading.
package struct Column<Record> {
    /// Whether a table's column of this name is this one, or one of these.
    let owns: (String) -> Bool
    /// Appends the column, or columns, of some records.
    let write: ([Record], inout Table) -> Void
    /// Sets the column's values in as many records as the table has rows.
    let read: (HDF5Group, inout [Record]) throws -> Void
}

extension Column {
    /// A property of the record.
    package init<Value: ColumnValue>(_ name: String, _ path: WritableKeyPath<Record, Value>) {
        self.init(
            owns: { $0 == name }, write: { $1.append(Value.column($0.map { $0[keyPath: path] }), as: name) },
            read: { group, records in
                let values: [Value] = try group.column(name, rows: records.count)
                for (row, value) in values.enumerated() { records[row][keyPath: path] = value }
            })
    }

    /// What follows from other properties, for other readers; it has to be there.
    static func derived<Value: ColumnValue>(_ name: String, _ value: @escaping (Record) -> Value) -> Column {
        Column(
            owns: { $0 == name }, write: { $1.append(Value.column($0.map(value)), as: name) },
            read: { group, records in let _: [Value] = try group.column(name, rows: records.count) })
    }

    /// A property that a table may lack altogether: then it is nil in every record.
    static func optional<Value: MissableColumnValue>(
        _ name: String, _ path: WritableKeyPath<Record, Value?>
    ) -> Column {
        let column = Column(name, path)
        return Column(
            owns: column.owns, write: { if $0.contains(where: { $0[keyPath: path] != nil }) { column.write($0, &$1) } },
            read: { if try $0.columnNames().contains(name) { try column.read($0, &$1) } })
    }

    /// A column for every key of a dictionary; a record without a key has the missing value there.
    ///
    /// - Parameter keys: the keys to write; nil writes those that the records have.
    static func keyed<Value: MissableColumnValue>(
        _ prefix: String, _ path: WritableKeyPath<Record, [String: Value]>, keys: [String]? = nil
    ) -> Column {
        Column(
            owns: { $0.hasPrefix(prefix) },
            write: { records, table in
                for key in keys ?? Set(records.flatMap { $0[keyPath: path].keys }).sorted() {
                    table.append(Value.column(records.map { $0[keyPath: path][key] ?? .missing }), as: prefix + key)
                }
            },
            read: { group, records in
                for name in try group.columnNames() where name.hasPrefix(prefix) {
                    let values: [Value] = try group.column(name, rows: records.count)
                    for (row, value) in values.enumerated() where !value.isMissing {
                        records[row][keyPath: path][String(name.dropFirst(prefix.count))] = value
                    }
                }
            })
    }
}

extension Array {
    func table(_ columns: [Column<Element>]) -> Table {
        var table = Table()
        for column in columns { column.write(self, &table) }
        return table
    }
}

extension HDF5Group {
    func writeTable<Record>(_ name: String, _ records: [Record], _ columns: [Column<Record>]) throws {
        try writeTable(name, records.table(columns))
    }

    /// Reads the records of a dataframe.
    ///
    /// - Parameter blank: a record whose properties the columns replace.
    /// - Throws: `InputError` that names a column which is missing, of another kind or of another length.
    package func readTable<Record>(_ name: String, blank: Record, _ columns: [Column<Record>]) throws -> [Record] {
        let group = try member(name)
        var records = [Record](repeating: blank, count: try group.columnData("_index").count)
        for column in columns { try column.read(group, &records) }
        return records
    }

    func columnNames() throws -> [String] {
        let members = try stringsAttribute("column-order")
        let names = members.map(RunPaths.column)
        guard Set(names).count == names.count, members.allSatisfy({ !$0.isEmpty && !$0.contains("/") }) else {
            throw damaged("`column-order` of \(path) names a column twice, or by what is no name")
        }
        return names
    }

    /// The values of a column.
    ///
    /// - Parameter rows: how many there must be; nil for any number.
    func column<Value: ColumnValue>(_ name: String, rows: Int? = nil) throws -> [Value] {
        let column = try columnData(name)
        guard rows == nil || column.count == rows else {
            throw damagedColumn(name, "has \(column.count) rows where its table has \(rows ?? 0)")
        }
        guard let values = Value.values(column) else { throw damagedColumn(name, "holds values of another kind") }
        return values
    }

    /// A column as it lies in the file.
    func columnData(_ name: String) throws -> Table.Column {
        let member = RunPaths.member(column: name)
        // A name with a percent sign of its own, from before such were written otherwise.
        let found = contains(member) || name.contains("/") ? member : name
        guard contains(found) else { throw damaged("column `\(name)` is missing from \(path)") }
        let dataset = try dataset(found)
        guard dataset.shape.count == 1 else { throw damagedColumn(name, "has not one axis") }
        switch try dataset.kind() {
        case .float: return .float(try dataset.read(Float.self))
        case .string: return .string(try dataset.readStrings())
        case .bool: return .bool(try dataset.readBools())
        case .int32, .int64, .bytes: return .int64(try dataset.read(Int64.self))
        case .double: return .double(try dataset.read(Double.self))
        case .other: throw damagedColumn(name, "holds a type that tables do not have")
        }
    }

    func member(_ name: String) throws -> HDF5Group {
        guard name == "." || contains(name) else { throw damaged("group `\(name)` is missing from \(path)") }
        return try group(name)
    }

    func array(_ name: String) throws -> HDF5Dataset {
        guard contains(name) else { throw damaged("`\(name)` is missing from \(path)") }
        return try dataset(name)
    }

    private func damagedColumn(_ name: String, _ what: String) -> InputError {
        damaged("column `\(name)` of \(path) \(what)")
    }
}
