import LinearAlgebra

/// What one stage of a run found, in a group of its own, such as /gradients or /forecast.
public struct StoredRecord: Equatable, Sendable {
    /// All of it but the matrices, as JSON text; what our own reader takes.
    public var json: String
    /// The same numbers as tables, for other readers.
    public var tables: [String: Table]
    /// Matrices by name.
    public var matrices: [String: Matrix<Float>]

    /// Makes a record.
    public init(json: String, tables: [String: Table] = [:], matrices: [String: Matrix<Float>] = [:]) {
        self.json = json
        self.tables = tables
        self.matrices = matrices
    }
}

extension HDF5Group {
    /// A record: the text `json`, dataframes under `tables`, matrices under `matrices`.
    func write(_ record: StoredRecord) throws {
        try setEncoding("dict", "0.1.0")
        try writeScalar("json", record.json)
        let tables = try createDict("tables")
        for (name, table) in record.tables.sorted(by: { $0.key < $1.key }) {
            try tables.writeTable(RunPaths.safe(name), table)
        }
        let matrices = try createDict("matrices")
        for (name, matrix) in record.matrices.sorted(by: { $0.key < $1.key }) {
            try matrices.writeMatrix(RunPaths.safe(name), matrix)
        }
    }

    /// Reads what ``write(_:)-(StoredRecord)`` wrote.
    func readStoredRecord() throws -> StoredRecord {
        let tables = try group("tables")
        let matrices = try group("matrices")
        return StoredRecord(
            json: try dataset("json").readStrings().first ?? "",
            tables: Dictionary(uniqueKeysWithValues: try tables.children().map { ($0, try tables.readTable($0)) }),
            matrices: Dictionary(
                uniqueKeysWithValues: try matrices.children().map { ($0, try matrices.readMatrix($0)) }))
    }
}
