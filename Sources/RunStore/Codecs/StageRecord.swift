import LinearAlgebra

/// What one stage of a run found, kept in a group of its own: one JSON text, which is what is read, tables of the same
/// numbers for other readers, and matrices.
public protocol StageRecord: Codable, Sendable {
    /// The name of its group in run.h5.
    static var group: String { get }
    /// The same numbers as tables, by name, for other readers.
    var plainTables: [String: Table] { get }
    /// The matrices by name; they are not in the JSON text.
    var matrices: [String: Matrix<Float>] { get }
    /// Takes matrices over.
    ///
    /// - Throws: `InputError` that names one which is missing.
    mutating func take(_ matrices: RecordMatrices) throws
    /// What in the record does not agree, so that no table can be made of it; nil where all does.
    var fault: String? { get }
}

extension StageRecord {
    /// None, unless a record has some.
    public var plainTables: [String: Table] { [:] }
    /// Nothing, unless a record has lists that belong together.
    public var fault: String? { nil }
    /// None, unless a record has some.
    public var matrices: [String: Matrix<Float>] { [:] }
    /// None to take.
    public mutating func take(_ matrices: RecordMatrices) throws {}
}

/// The matrices of a record's group.
public struct RecordMatrices {
    fileprivate let group: HDF5Group

    func contains(_ name: String) -> Bool { group.contains(name) }
    func callAsFunction(_ name: String) throws -> Matrix<Float> { try group.readMatrix(name) }
}

extension HDF5Group {
    /// A record: the text `json`, dataframes under `tables`, matrices under `matrices`.
    func write(_ record: some StageRecord) throws {
        try setEncoding("dict")
        try writeJSON("json", record)
        try writeTables(record.plainTables)
        let matrices = try createDict("matrices")
        for (name, matrix) in record.matrices.sorted(by: { $0.key < $1.key }) {
            try matrices.writeMatrix(RunPaths.safe(name), matrix)
        }
    }

    /// Tables under `tables`, by name.
    func writeTables(_ tables: [String: Table]) throws {
        let group = try createDict("tables")
        for (name, table) in tables.sorted(by: { $0.key < $1.key }) { try group.writeTable(RunPaths.safe(name), table) }
    }

    /// Reads what `write` wrote; a table beside the text that lost a column is an error too.
    func readRecord<Record: StageRecord>(_: Record.Type) throws -> Record {
        guard var record: Record = try readJSON("json") else { throw damaged("`json` of \(path) holds nothing") }
        if let fault = record.fault { throw damaged(fault) }
        let tables = try member("tables")
        // A record that holds nothing may have been written without its tables.
        for (name, table) in record.plainTables where table.rowCount > 0 || tables.contains(RunPaths.safe(name)) {
            let stored = try tables.member(RunPaths.safe(name))
            for column in ["_index"] + table.names where try stored.columnData(column).count != table.rowCount {
                throw stored.damaged("column `\(column)` of \(stored.path) has another length than the text beside it")
            }
        }
        try record.take(RecordMatrices(group: try member("matrices")))
        return record
    }
}
