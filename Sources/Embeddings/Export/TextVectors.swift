import FileSupport
import LinearAlgebra

/// Vectors in the text forms of word2vec and GloVe.
public enum TextVectors {
    /// Writes a line a row, after a line of sizes where there is a header.
    static func write(_ vectors: ExportVectors, header: Bool, to path: String) throws {
        var lines = try LineFile(path)
        if header { try lines.add("\(vectors.matrix.rows) \(vectors.matrix.columns)") }
        for (row, key) in vectors.keys.enumerated() {
            try lines.add(key)
            for value in vectors.matrix.row(row) { lines.join(value, " ") }
        }
        try lines.close()
    }

    /// Reads a file.
    ///
    /// The last D fields of a line are the vector and what stands before them is the key, so that a key with a space in
    /// it, as some published files have, is read too.
    ///
    /// - Parameters:
    ///   - header: whether the first line says `rows dimensions`; without it D is that of the first line.
    ///   - hasKeys: whether a line begins with a key.
    /// - Throws: `InputError` naming the line: a count that differs from the header's, a field that is no number.
    public static func read(
        _ path: String, header: Bool, separator: Unicode.Scalar = " ", hasKeys: Bool = true
    ) throws -> (keys: [String], matrix: Matrix<Float>) {
        let (bytes, blank) = (Input.withoutMark(try Input.bytes(path)), UInt8(ascii: separator))
        var keys: [String] = []
        var elements: [Float] = []
        var dimensions = 0
        var rows: Int?
        for (number, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: true).enumerated() {
            let place = "\(path):\(number + 1)"
            let trimmed = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
            let fields = trimmed.split(separator: blank, omittingEmptySubsequences: false)
            if header, number == 0 {
                let sizes = fields.compactMap { Int(String(decoding: $0, as: UTF8.self)) }
                guard sizes.count == 2, fields.count == 2, sizes[1] > 0 else {
                    throw InputError(
                        "the first line is not `rows dimensions`", at: place, remedy: "read it as GloVe text")
                }
                (rows, dimensions) = (sizes[0], sizes[1])
                continue
            }
            let numbers = fields.count - (hasKeys ? 1 : 0)
            if dimensions == 0 { dimensions = numbers }
            guard dimensions > 0, numbers >= dimensions else {
                throw InputError(
                    "\(max(numbers, 0)) numbers, \(dimensions) are wanted", at: place, remedy: "correct the line")
            }
            let key = fields.dropLast(dimensions).joined(separator: [blank])
            guard let text = String(validating: Array(key), as: UTF8.self) else {
                throw InputError("a key that is not UTF-8", at: place, remedy: "convert the file to UTF-8")
            }
            keys.append(text)
            for field in fields.suffix(dimensions) {
                guard let value = Float(String(decoding: field, as: UTF8.self)) else {
                    throw InputError(
                        "\"\(String(decoding: field.prefix(20), as: UTF8.self))\" is no number", at: place,
                        remedy: "correct the line")
                }
                elements.append(value)
            }
        }
        if let rows, rows != keys.count {
            throw InputError(
                "the first line says \(rows) rows, the file has \(keys.count)", at: path,
                remedy: "the file may be cut off: use a whole copy")
        }
        return (keys, Matrix(rows: keys.count, columns: dimensions, elements: elements))
    }
}
