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

    func items(at row: Int) -> ArraySlice<Int> { items[span(row)] }

    /// `values`, one an item, in the order of the sorted list.
    func sorted<T>(_ values: [T]) -> [T] { items.map { values[$0] } }
}

/// A part of packed sequences that goes through the network at once.
///
/// Holds only what the wanted rows depend on: sequences with at least one of them, each up to its last one, or whole
/// where tokens see those after them. Where prefixes are shared, a token is left out whose context the sequence before
/// it in the batch has as well.
package struct Batch {
    /// Tokens, `(tokens)`.
    package private(set) var tokens: [Int32] = []
    /// Place of each token in its sequence, `(tokens)`.
    package private(set) var positions: [Int32] = []
    /// The rows of each sequence.
    package private(set) var spans: [AttentionSpan] = []
    /// Rows whose final hidden state is wanted, ascending.
    package private(set) var rows: [Int] = []
    /// The same rows as flat indices of the packed sequences.
    package private(set) var sourceRows: [Int] = []
    /// The sequences it was made from, in the order of the batch.
    private(set) var sequences: [Int] = []
    /// Rows of the last sequence, from its first token on, those that it shares with others among them.
    private var path: [Int] = []

    /// Cuts sequences into batches of at most `limit` tokens, one sequence at least.
    ///
    /// - Parameters:
    ///   - prefixes: what of `packed` goes through the network once, and the order.
    ///   - wanted: of equal rows only the one that ``SharedPrefixes/rows`` names.
    static func split(
        _ packed: PackedSequences, sharing prefixes: SharedPrefixes, limit: Int, whole: Bool, wanted: (Int) -> Bool
    ) -> [Batch] {
        var batches: [Batch] = []
        var current = Batch()
        for sequence in prefixes.order {
            let range = packed.range(sequence)
            guard let wantedLast = range.last(where: wanted) else { continue }
            let needed = range.lowerBound...(whole ? range.upperBound - 1 : wantedLast)
            var known = prefixes.areApart ? 0 : current.knownPrefix(packed.tokens[needed])
            if !current.tokens.isEmpty, current.tokens.count + needed.count - known > limit {
                batches.append(current)
                current = Batch()
                known = 0
            }
            current.append(sequence, packed, needed, known: known, wanted)
        }
        if !current.tokens.isEmpty { batches.append(current) }
        return batches
    }

    /// The part of some sequences that the wanted rows depend on, nothing shared.
    init(_ packed: PackedSequences, _ sequences: [Int], whole: Bool, wanted: (Int) -> Bool) {
        for sequence in sequences {
            let range = packed.range(sequence)
            guard let last = range.last(where: wanted) else { continue }
            append(
                sequence, packed, range.lowerBound...(whole ? range.upperBound - 1 : last), known: 0, wanted)
        }
    }

    private init() {}

    /// How many tokens a sequence begins with that the last one begins with too.
    private func knownPrefix(_ sequence: ArraySlice<Int32>) -> Int {
        zip(path, sequence).prefix { tokens[$0] == $1 }.count
    }

    private mutating func append(
        _ sequence: Int, _ packed: PackedSequences, _ needed: ClosedRange<Int>, known: Int, _ wanted: (Int) -> Bool
    ) {
        let context = Array(path.prefix(known))
        let start = tokens.count
        for row in needed.dropFirst(known) {
            if wanted(row) {
                rows.append(tokens.count)
                sourceRows.append(row)
            }
            tokens.append(packed.tokens[row])
            positions.append(Int32(row - needed.lowerBound))
        }
        spans.append(AttentionSpan(context: context, rows: start..<tokens.count))
        path = context + (start..<tokens.count)
        sequences.append(sequence)
    }
}
