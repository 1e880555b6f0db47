import FileSupport
import LinearAlgebra
import Records
import RunStore

/// Rows to export: a matrix, and what each row is.
public struct ExportVectors: Equatable, Sendable {
    /// The vectors, `(N, D)`.
    public var matrix: Matrix<Float>
    /// The byte-alphabet spelling of each row's token: unique, without blanks, `(N)`.
    public var keys: [String]
    /// The token's text for people, `(N)`.
    public var texts: [String]
    /// The token ids, `(N)`.
    public var tokens: [Int]

    /// Makes a selection.
    public init(matrix: Matrix<Float>, keys: [String], texts: [String], tokens: [Int]) {
        precondition(matrix.rows == keys.count && keys.count == texts.count && texts.count == tokens.count)
        (self.matrix, self.keys, self.texts, self.tokens) = (matrix, keys, texts, tokens)
    }
}

extension RunReader {
    /// The vectors of a snapshot, or the movement from another to it.
    ///
    /// - Parameters:
    ///   - label: the snapshot, by label or step.
    ///   - base: with a label here the rows are `snapshot − base`, subtracted in single precision.
    ///   - words: spellings to keep, in their order: a token's key, or a text that is one token with or without a
    ///     leading space; nil keeps every token. Padding rows are never exported.
    /// - Throws: `InputError` for an unknown label, matrices of different shape, or a word that no token spells.
    public func vectors(
        of label: String, minus base: String? = nil, words: [String]? = nil, side: EmbeddingSide = .input
    ) throws -> ExportVectors {
        guard let tokens = try tokens() else {
            throw InputError("no /tokens", at: path, remedy: "make the run again, or use a copy of it")
        }
        let info = try snapshot(label)
        guard info.rows == tokens.count else {
            throw InputError(
                "\(info.rows) rows for \(tokens.count) tokens", at: path,
                remedy: "make the run again, or use a copy of it")
        }
        let rows = try words.map { try tokenRows($0, tokens) } ?? (0..<tokens.count).filter { !tokens.isPadRow[$0] }
        var matrix = try embedding(info, rows: rows, side: side)
        if let base {
            let other = try snapshot(base)
            guard other.rows == info.rows, other.dimensions == info.dimensions else {
                throw InputError(
                    "\(label) is \(info.rows) x \(info.dimensions), \(base) \(other.rows) x \(other.dimensions)",
                    at: path, remedy: "take snapshots of the same shape")
            }
            let before = try embedding(other, rows: rows, side: side)
            for index in matrix.elements.indices { matrix.elements[index] -= before.elements[index] }
        }
        return ExportVectors(
            matrix: matrix, keys: rows.map { tokens.keys[$0] }, texts: rows.map { tokens.texts[$0] }, tokens: rows)
    }

    /// The rows of some words, each once.
    private func tokenRows(_ words: [String], _ tokens: TokenTable) throws -> [Int] {
        // Looked up by bytes: Swift's equality of texts would take different tokens for one.
        var byKey: [[UInt8]: Int] = [:]
        var byText: [[UInt8]: Int] = [:]
        for row in 0..<tokens.count where !tokens.isPadRow[row] {
            byKey[Array(tokens.keys[row].utf8)] = row
            byText[tokens.bytes[row]] = row
        }
        var rows: [Int] = []
        for word in words {
            let bytes = Array(word.utf8)
            guard let row = byText[[0x20] + bytes] ?? byText[bytes] ?? byKey[bytes] else {
                throw InputError(
                    "\"\(word)\" is no token of this vocabulary", at: path,
                    remedy: "take it out of the word list, or write a token's key")
            }
            if !rows.contains(row) { rows.append(row) }
        }
        return rows
    }
}
