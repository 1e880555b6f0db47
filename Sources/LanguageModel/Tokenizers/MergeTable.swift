/// The merges of a byte-pair vocabulary: pair of ids to rank and result; a hash table with open addressing.
struct MergeTable: Sendable {
    /// What a pair becomes.
    struct Merge: Sendable {
        /// Position in the list of merges; the lowest is merged first.
        var rank: UInt32
        /// Id of the result.
        var result: Int32
    }

    private var keys: [UInt64]
    private var merges: [Merge]
    private static let free = UInt64.max

    /// A table with room for `capacity` merges.
    init(capacity: Int) {
        var size = 16
        while size < 2 * capacity + 2 { size *= 2 }
        keys = [UInt64](repeating: Self.free, count: size)
        merges = [Merge](repeating: Merge(rank: 0, result: 0), count: size)
    }

    /// The merge of two ids that stand side by side.
    subscript(left: Int32, right: Int32) -> Merge? {
        let place = slot(Self.key(left, right))
        return keys[place] == Self.free ? nil : merges[place]
    }

    /// Adds a merge; false when the pair has one already.
    mutating func insert(_ left: Int32, _ right: Int32, _ merge: Merge) -> Bool {
        let key = Self.key(left, right)
        let place = slot(key)
        guard keys[place] == Self.free else { return false }
        keys[place] = key
        merges[place] = merge
        return true
    }

    private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
    }

    private func slot(_ key: UInt64) -> Int {
        let mask = keys.count - 1
        var place = Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 32) & mask
        while keys[place] != key, keys[place] != Self.free { place = (place + 1) & mask }
        return place
    }
}
