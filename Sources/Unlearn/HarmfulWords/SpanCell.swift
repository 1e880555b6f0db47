import FileSupport

/// Cells that mark characters of a text: `[3, 4, 5]` (offsets), `[[3, 6], [10, 12]]` or `[(3, 6)]` (start, end).
///
/// Offsets count Unicode scalars from 0, as Python's strings do; an end is the first offset after the span.
enum SpanCell {
    /// The spans as ranges of the text's UTF-8 bytes: sorted, merged, cut to their words' ends (no white space at
    /// either end, none of white space alone).
    ///
    /// - Throws: `InputError` when the cell is no such list or an offset lies outside of the text.
    static func byteRanges(_ cell: String, in text: String, place: String) throws -> [Range<Int>] {
        try byteRanges(scalarRanges(cell, place: place), in: text, place: place)
    }

    /// The same for ranges of Unicode scalars.
    static func byteRanges(_ ranges: [Range<Int>], in text: String, place: String) throws -> [Range<Int>] {
        let scalars = Array(text.unicodeScalars)
        var starts = [0]
        for scalar in scalars { starts.append(starts[starts.count - 1] + UTF8.width(scalar)) }
        var found: [Range<Int>] = []
        for range in joined(ranges, touching: true) {
            guard range.upperBound <= scalars.count else {
                throw InputError(
                    "span \(range.lowerBound)..<\(range.upperBound) in a text of \(scalars.count) characters",
                    at: place, remedy: "count spans in characters of the text column, from 0")
            }
            var (low, high) = (range.lowerBound, range.upperBound)
            while low < high, scalars[low].properties.isWhitespace { low += 1 }
            while low < high, scalars[high - 1].properties.isWhitespace { high -= 1 }
            if low < high { found.append(starts[low]..<starts[high]) }
        }
        return found
    }

    /// The ranges as written.
    private static func scalarRanges(_ cell: String, place: String) throws -> [Range<Int>] {
        func error(_ what: String) -> InputError {
            InputError(what, at: place, remedy: "write character offsets as [3, 4, 5] or spans as [[3, 6]]")
        }
        let trimmed = ListCell.trim(cell)
        if trimmed.isEmpty { return [] }
        var depth = 0
        var number: Int?
        var inner: [Int] = []
        var ranges: [Range<Int>] = []
        func finishNumber() throws {
            guard let value = number else { return }
            number = nil
            if depth == 2 { inner.append(value) } else { ranges.append(value..<value + 1) }
        }
        for byte in trimmed.utf8 {
            switch byte {
            case UInt8(ascii: "["), UInt8(ascii: "("):
                depth += 1
                guard depth <= 2, number == nil else { throw error("lists nest too deep in a cell of spans") }
            case UInt8(ascii: "]"), UInt8(ascii: ")"):
                try finishNumber()
                if depth == 2 {
                    guard inner.count == 2, inner[0] <= inner[1] else { throw error("a span is not [start, end]") }
                    ranges.append(inner[0]..<inner[1])
                    inner = []
                }
                depth -= 1
                guard depth >= 0 else { throw error("a closing bracket too many in a cell of spans") }
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                guard depth > 0 else { throw error("a cell of spans is not a list") }
                let value = (number ?? 0) * 10 + Int(byte - UInt8(ascii: "0"))
                guard value < 1 << 31 else { throw error("an offset is too large in a cell of spans") }
                number = value
            case UInt8(ascii: ","), UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"):
                try finishNumber()
            default: throw error("a cell of spans holds something else than numbers")
            }
        }
        guard depth == 0 else { throw error("a cell of spans is cut off") }
        return ranges
    }

    /// The ranges in order, none empty; those that overlap, and with `touching` those that touch, made one.
    static func joined(_ ranges: [Range<Int>], touching: Bool) -> [Range<Int>] {
        var out: [Range<Int>] = []
        for range in ranges.sorted(by: { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) })
        where !range.isEmpty {
            if let last = out.last, range.lowerBound < last.upperBound + (touching ? 1 : 0) {
                out[out.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
            } else {
                out.append(range)
            }
        }
        return out
    }
}
