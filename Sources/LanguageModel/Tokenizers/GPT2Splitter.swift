/// Cuts text into the pieces within which GPT-2's byte pairs are merged.
///
/// Equal to the pattern of OpenAI's encoder,
/// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`,
/// read from left to right over Unicode scalars. Written by hand since a regular expression over `Character` sees
/// grapheme clusters, which this pattern must not. A byte that is not part of valid UTF-8 counts as a symbol.
enum GPT2Splitter {
    /// Calls `body` with the byte range of every piece, in order; the ranges cover `text`.
    static func forEachPiece(in text: UnsafeBufferPointer<UInt8>, _ body: (Range<Int>) -> Void) {
        var position = 0
        while position < text.count {
            let end = pieceEnd(text, from: position)
            body(position..<end)
            position = end
        }
    }

    private static func pieceEnd(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        if text[start] == UInt8(ascii: "'"), let end = contractionEnd(text, from: start) { return end }
        var scalar = ScalarClass.next(text, at: start)
        // The optional space in front belongs to the run that follows it, unless that is space too.
        if text[start] == UInt8(ascii: " "), start + 1 < text.count {
            let following = ScalarClass.next(text, at: start + 1)
            if following.kind != .space { scalar = following }
        }
        guard scalar.kind == .space else { return ScalarClass.runEnd(text, from: scalar.end, of: scalar.kind) }

        // `\s+(?!\S)` gives the last space of a run back to the word after it; a single one stays a piece.
        var lastStart = start
        var end = scalar.end
        while end < text.count {
            let next = ScalarClass.next(text, at: end)
            guard next.kind == .space else { return lastStart > start ? lastStart : end }
            lastStart = end
            end = next.end
        }
        return end
    }

    private static func contractionEnd(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        guard start + 1 < text.count else { return nil }
        switch text[start + 1] {
        case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"): return start + 2
        case UInt8(ascii: "r"), UInt8(ascii: "v"):
            return start + 2 < text.count && text[start + 2] == UInt8(ascii: "e") ? start + 3 : nil
        case UInt8(ascii: "l"):
            return start + 2 < text.count && text[start + 2] == UInt8(ascii: "l") ? start + 3 : nil
        default: return nil
        }
    }
}
