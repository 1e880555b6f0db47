/// Different byte strings, numbered in the order of their insertion; a hash table over one block of bytes.
///
/// A dictionary keyed by `String` would compare by canonical equivalence and join different tokens; one keyed by
/// `[UInt8]` would allocate at every look-up.
struct ByteStringTable: Sendable {
    private var storage: [UInt8] = []
    /// Ends of the strings in `storage`, with a zero in front.
    private var ends: [Int] = [0]
    /// Number of a string plus one; zero marks a free slot. The count is a power of two, at most half full.
    private var slots = [Int32](repeating: 0, count: 64)

    /// Number of strings.
    var count: Int { ends.count - 1 }

    /// The bytes of a string.
    subscript(number: Int) -> ArraySlice<UInt8> { storage[ends[number]..<ends[number + 1]] }

    /// The number of a string, or nil when it is not there.
    func find(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        let found = slots[slot(of: bytes)]
        return found == 0 ? nil : Int(found) - 1
    }

    /// The number of a string, or nil when it is not there.
    func find(_ bytes: [UInt8]) -> Int? { bytes.withUnsafeBufferPointer(find) }

    /// Adds a string at the end; false when it is there already.
    @discardableResult
    mutating func insert(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        if slots.count < 2 * (count + 1) { grow() }
        let free = slot(of: bytes)
        guard slots[free] == 0 else { return false }
        storage.append(contentsOf: bytes)
        ends.append(storage.count)
        slots[free] = Int32(count)
        return true
    }

    /// Adds a string at the end; false when it is there already.
    @discardableResult
    mutating func insert(_ bytes: [UInt8]) -> Bool { bytes.withUnsafeBufferPointer { insert($0) } }

    private mutating func grow() {
        slots = [Int32](repeating: 0, count: slots.count * 4)
        storage.withUnsafeBufferPointer { all in
            for number in 0..<count {
                let string = UnsafeBufferPointer(rebasing: all[ends[number]..<ends[number + 1]])
                var place = Self.hash(string) & (slots.count - 1)
                while slots[place] != 0 { place = (place + 1) & (slots.count - 1) }
                slots[place] = Int32(number + 1)
            }
        }
    }

    /// The slot that holds the string, or the free one where it belongs.
    private func slot(of bytes: UnsafeBufferPointer<UInt8>) -> Int {
        storage.withUnsafeBufferPointer { all in
            var place = Self.hash(bytes) & (slots.count - 1)
            while slots[place] != 0 {
                let number = Int(slots[place]) - 1
                let start = ends[number]
                if ends[number + 1] - start == bytes.count, all[start..<start + bytes.count].elementsEqual(bytes) {
                    return place
                }
                place = (place + 1) & (slots.count - 1)
            }
            return place
        }
    }

    private static func hash(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325  // FNV-1a, folded since the table uses the low bits
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        return Int(truncatingIfNeeded: hash ^ (hash >> 32))
    }
}
