/// Items that ask for rows, listed by row: `items[starts[row]..<starts[row + 1]]`.
struct RowIndex {
    private let starts: [Int]
    private let items: [Int]

    /// Sorts item numbers by row, keeping the order of items that ask for the same one. `O(items + tokens)`.
    init(_ rows: [Int], tokenCount: Int) {
        var starts = [Int](repeating: 0, count: tokenCount + 1)
        for row in rows {
            precondition(0 <= row && row < tokenCount, "row \(row) of \(tokenCount) tokens")
            starts[row + 1] += 1
        }
        for row in 0..<tokenCount { starts[row + 1] += starts[row] }
        var next = starts
        var items = [Int](repeating: 0, count: rows.count)
        for (item, row) in rows.enumerated() {
            items[next[row]] = item
            next[row] += 1
        }
        self.starts = starts
        self.items = items
    }

    /// Positions in the sorted list of the items at a row.
    func span(_ row: Int) -> Range<Int> { starts[row]..<starts[row + 1] }

    /// Whether any item asks for the row.
    func contains(_ row: Int) -> Bool { starts[row + 1] > starts[row] }

    /// The items at a row.
    func items(at row: Int) -> ArraySlice<Int> { items[span(row)] }

    /// `values`, one an item, in the order of the sorted list.
    func sorted<T>(_ values: [T]) -> [T] { items.map { values[$0] } }
}

/// A part of packed sequences that goes through the network at once.
///
/// Holds only what the wanted rows depend on: sequences with at least one of them, each up to its last one, or whole where
/// tokens see those behind them.
package struct Batch {
    /// Tokens, `(tokens)`.
    package private(set) var tokens: [Int32] = []
    /// Place of each token in its sequence, `(tokens)`.
    package private(set) var positions: [Int32] = []
    /// First row of each sequence and, last, the number of tokens.
    package private(set) var starts = [0]
    /// Rows whose final hidden state is wanted, ascending.
    package private(set) var rows: [Int] = []
    /// The same rows as flat indices of the packed sequences.
    package private(set) var sourceRows: [Int] = []
    /// The sequences it was made from.
    package private(set) var sequences: Range<Int> = 0..<0

    /// Cuts sequences into batches of at most `limit` tokens, one sequence at least.
    static func split(_ packed: PackedSequences, limit: Int, whole: Bool, wanted: (Int) -> Bool) -> [Batch] {
        var batches: [Batch] = []
        var current = Batch()
        for sequence in 0..<packed.sequenceCount {
            let range = packed.range(sequence)
            guard let wantedLast = range.last(where: wanted) else { continue }
            let last = whole ? range.upperBound - 1 : wantedLast
            if !current.tokens.isEmpty, current.tokens.count + last + 1 - range.lowerBound > limit {
                batches.append(current)
                current = Batch()
            }
            current.append(sequence, packed, through: last, wanted)
        }
        if !current.tokens.isEmpty { batches.append(current) }
        return batches
    }

    /// The part of some sequences that the wanted rows depend on.
    init(_ packed: PackedSequences, _ sequences: Range<Int>, whole: Bool, wanted: (Int) -> Bool) {
        for sequence in sequences {
            let range = packed.range(sequence)
            guard let last = range.last(where: wanted) else { continue }
            append(sequence, packed, through: whole ? range.upperBound - 1 : last, wanted)
        }
    }

    private init() {}

    private mutating func append(
        _ sequence: Int, _ packed: PackedSequences, through last: Int, _ wanted: (Int) -> Bool
    ) {
        let first = packed.starts[sequence]
        for row in first...last {
            if wanted(row) {
                rows.append(tokens.count)
                sourceRows.append(row)
            }
            tokens.append(packed.tokens[row])
            positions.append(Int32(row - first))
        }
        starts.append(tokens.count)
        sequences = (starts.count == 2 ? sequence : sequences.lowerBound)..<sequence + 1
    }
}
