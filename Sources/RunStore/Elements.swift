import FileSupport
import LinearAlgebra

// The encodings of AnnData: every group and dataset says in two attributes what it is, so that
// `anndata.io.read_elem` reads any part of the file, and so that we can. Source: scverse/anndata,
// docs/fileformat-prose.md. Each dataset also carries the SHA-256 of its content for `verify`.
extension HDF5Group {
    /// Creates a group that is a mapping of names to elements.
    func createDict(_ name: String) throws -> HDF5Group {
        let group = try createGroup(name)
        try group.setEncoding("dict")
        return group
    }

    /// Writes numbers of any shape from memory, `shape` with the outermost axis first.
    func writeArray<Element: HDF5Element>(
        _ name: String, _ values: UnsafeBufferPointer<Element>, shape: [Int], as encoding: String = "array"
    ) throws {
        let dataset = try createDataset(name, Element.self, shape: shape)
        try dataset.write(values)
        try dataset.seal(encoding, SHA256Hex.of(UnsafeRawBufferPointer(values)))
    }

    func writeArray<Element: HDF5Element>(
        _ name: String, _ values: [Element], shape: [Int]? = nil, as encoding: String = "array"
    ) throws {
        try values.withUnsafeBufferPointer { try writeArray(name, $0, shape: shape ?? [values.count], as: encoding) }
    }

    /// Writes a matrix as `(rows, columns)`.
    func writeMatrix(_ name: String, _ matrix: Matrix<Float>) throws {
        try writeArray(name, matrix.elements, shape: [matrix.rows, matrix.columns])
    }

    func writeStrings(_ name: String, _ texts: [String]) throws {
        try write(name, texts, shape: [texts.count]).seal("string-array", ContentHash.of(texts))
    }

    func writeBools(_ name: String, _ values: [Bool]) throws {
        try write(name, values).seal("array", ContentHash.of(values))
    }

    /// Writes one text, of any length.
    package func writeScalar(_ name: String, _ text: String) throws {
        try write(name, [text], shape: []).seal("string", ContentHash.of([text]))
    }

    func writeScalar(_ name: String, _ value: Int) throws {
        try writeArray(name, [Int64(value)], shape: [], as: "numeric-scalar")
    }

    /// Writes a table as a dataframe whose index is the row number.
    package func writeTable(_ name: String, _ table: Table) throws {
        let group = try createGroup(name)
        try group.writeArray("_index", (0..<table.rowCount).map(Int64.init))
        for (name, column) in zip(table.names, table.columns) { try group.writeColumn(name, column) }
        try group.setEncoding("dataframe")
        try group.setAttribute("_index", "_index")
        try group.setAttribute("column-order", table.names.map(RunPaths.member))
    }

    func writeColumn(_ name: String, _ column: Table.Column) throws {
        let name = RunPaths.member(column: name)
        switch column {
        case .int64(let values): try writeArray(name, values)
        case .double(let values): try writeArray(name, values)
        case .float(let values): try writeArray(name, values)
        case .string(let values): try writeStrings(name, values)
        case .bool(let values): try writeBools(name, values)
        }
    }

    /// Reads a dataframe, the index left out.
    func readTable(_ name: String) throws -> Table {
        let group = try member(name)
        var table = Table()
        for name in try group.columnNames() {
            let column = try group.columnData(name)
            guard table.names.isEmpty || column.count == table.rowCount else {
                throw damaged("column `\(name)` of \(group.path) has another length than the columns before it")
            }
            table.append(column, as: name)
        }
        return table
    }

    func readMatrix(_ name: String) throws -> Matrix<Float> {
        let dataset = try array(name)
        guard dataset.shape.count == 2 else { throw damaged("`\(name)` of \(path) has not two axes") }
        return Matrix(rows: dataset.shape[0], columns: dataset.shape[1], elements: try dataset.read(Float.self))
    }

    /// An error about content that is not as the schema says.
    func damaged(_ what: String) -> InputError {
        InputError(what, at: file.path, remedy: "make the file again, or use a copy of it")
    }
}

extension HDF5Object {
    /// Says in AnnData's two attributes what the element is.
    func setEncoding(_ type: String) throws {
        try setAttribute("encoding-type", type)
        try setAttribute("encoding-version", type == "dict" ? "0.1.0" : "0.2.0")
    }

    /// Says what the element is, and what the hash of its content.
    fileprivate func seal(_ encoding: String, _ sha256: String) throws {
        try setEncoding(encoding)
        try setAttribute("sha256", sha256)
    }
}

/// Hashes of content that is not plain numbers.
enum ContentHash {
    /// Of texts: their UTF-8 bytes, each followed by a NUL.
    static func of(_ texts: [String]) -> String { SHA256Hex.of(texts.flatMap { Array($0.utf8) + [0] }) }

    /// Of yes-or-no values: one byte each, 0 or 1.
    static func of(_ values: [Bool]) -> String { SHA256Hex.of(values.map { UInt8($0 ? 1 : 0) }) }

    /// Of whatever a dataset holds, read from it: numbers as they lie in memory, little-endian.
    static func of(_ dataset: HDF5Dataset) throws -> String {
        switch try dataset.kind() {
        case .float: try numbers(dataset, Float.self)
        case .double: try numbers(dataset, Double.self)
        case .int32: try numbers(dataset, Int32.self)
        case .int64: try numbers(dataset, Int64.self)
        case .bytes: try numbers(dataset, UInt8.self)
        case .string: of(try dataset.readStrings())
        case .bool: of(try dataset.readBools())
        case .other: ""
        }
    }

    private static func numbers<Element: HDF5Element>(_ dataset: HDF5Dataset, _: Element.Type) throws -> String {
        try dataset.read(Element.self).withUnsafeBytes { SHA256Hex.of($0) }
    }
}
