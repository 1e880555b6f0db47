import HeapModule

/// Merges the bytes of one piece into tokens: at every step the pair of lowest rank, the leftmost of equals.
///
/// The symbols are a linked list, and the pairs that could be merged a heap of (rank, position) whose outdated entries
/// are skipped when they come up, so n bytes cost O(n log n). Equal to the merge loop of the `tokenizers` package.
struct PairMerger {
    private var ids: [Int32] = []
    /// Index of the symbol to the right and to the left; -1 at the ends. A merged-away symbol has id -1.
    private var next: [Int32] = []
    private var previous: [Int32] = []
    private var queue = Heap<UInt64>()

    /// Appends the tokens of `symbols`, which are the ids of single bytes, to `out`.
    mutating func merge(_ symbols: some Sequence<Int32>, with table: MergeTable, into out: inout [Int32]) {
        ids.removeAll(keepingCapacity: true)
        ids.append(contentsOf: symbols)
        let count = Int32(ids.count)
        next.removeAll(keepingCapacity: true)
        previous.removeAll(keepingCapacity: true)
        for index in 0..<count {
            previous.append(index - 1)
            next.append(index + 1 < count ? index + 1 : -1)
        }
        for index in 0..<max(count - 1, 0) { enqueue(index, table) }

        while let entry = queue.popMin() {
            let left = Int(entry & 0xFFFF_FFFF)
            let rank = UInt32(entry >> 32)
            guard ids[left] >= 0, next[left] >= 0 else { continue }
            let right = Int(next[left])
            guard let merge = table[ids[left], ids[right]], merge.rank == rank else { continue }
            ids[left] = merge.result
            ids[right] = -1
            next[left] = next[right]
            if next[right] >= 0 { previous[Int(next[right])] = Int32(left) }
            if previous[left] >= 0 { enqueue(previous[left], table) }
            enqueue(Int32(left), table)
        }
        for id in ids where id >= 0 { out.append(id) }
    }

    private mutating func enqueue(_ left: Int32, _ table: MergeTable) {
        let right = next[Int(left)]
        guard right >= 0, let merge = table[ids[Int(left)], ids[Int(right)]] else { return }
        queue.insert(UInt64(merge.rank) << 32 | UInt64(left))
    }
}
