/// A stretch of a text as it is, or as a change has left it, and where each byte of it comes from.
struct TextView {
    let bytes: UnsafeBufferPointer<UInt8>
    /// Where the stretch starts in the text.
    let start: Int
    /// For every byte, where what it stands for ends in the text; nil while the stretch is still a piece of the text
    /// itself, and when nobody asks.
    var ends: UnsafeBufferPointer<Int>?

    /// Where the first `count` bytes end in the text.
    func end(_ count: Int) -> Int { count == 0 ? start : ends?[count - 1] ?? start + count }

    /// A part of the stretch.
    subscript(range: Range<Int>) -> TextView {
        TextView(
            bytes: UnsafeBufferPointer(rebasing: bytes[range]), start: end(range.lowerBound),
            ends: ends.map { UnsafeBufferPointer(rebasing: $0[range]) })
    }
}

/// The outcome of a change to a stretch of text.
struct AlignedText {
    private(set) var bytes: [UInt8] = []
    private var ends: [Int] = []
    private let isTracking: Bool

    init(capacity: Int, isTracking: Bool) {
        self.isTracking = isTracking
        bytes.reserveCapacity(capacity)
        if isTracking { ends.reserveCapacity(capacity) }
    }

    /// Appends what the bytes in `range` of the old stretch have become.
    mutating func append(_ new: some Collection<UInt8>, for range: Range<Int>, of old: TextView) {
        bytes.append(contentsOf: new)
        guard isTracking else { return }
        // Byte for byte as far as they go; the last new byte stands for all that is left.
        for index in 0..<new.count {
            let count = index + 1 == new.count ? range.count : min(index + 1, range.count)
            ends.append(old.end(range.lowerBound + count))
        }
    }

    /// Appends bytes that stay as they are.
    mutating func copy(_ range: Range<Int>, of old: TextView) {
        append(UnsafeBufferPointer(rebasing: old.bytes[range]), for: range, of: old)
    }

    /// Gives the outcome as a stretch of the same text.
    func withView(start: Int, _ body: (TextView) -> Void) {
        bytes.withUnsafeBufferPointer { bytes in
            ends.withUnsafeBufferPointer { ends in
                body(TextView(bytes: bytes, start: start, ends: isTracking ? ends : nil))
            }
        }
    }
}
