/// Cuts text into the pieces within which GPT-2's byte pairs are merged.
///
/// Equal to the pattern of OpenAI's encoder,
/// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`,
/// read from left to right over Unicode scalars. Written by hand since a regular expression over `Character` sees
/// grapheme clusters, which this pattern must not. A byte that is not part of valid UTF-8 counts as a symbol.
enum GPT2Splitter {
    /// The end of the piece that starts at a place.
    static func pieceEnd(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        if let end = contractionEnd(text, from: start) { return end }
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

    /// The end of `'s`, `'t`, `'re`, `'ve`, `'m`, `'ll` or `'d`; nil where none of them starts.
    ///
    /// - Parameter caseBit: 0x20 to read capitals too.
    static func contractionEnd(_ text: UnsafeBufferPointer<UInt8>, from start: Int, caseBit: UInt8 = 0) -> Int? {
        guard text[start] == UInt8(ascii: "'") else { return nil }
        func letter(_ offset: Int) -> Unicode.Scalar {
            Unicode.Scalar(start + offset < text.count ? text[start + offset] | caseBit : 0)
        }
        switch (letter(1), letter(2)) {
        case ("s", _), ("t", _), ("m", _), ("d", _): return start + 2
        case ("r", "e"), ("v", "e"), ("l", "l"): return start + 3
        default: return nil
        }
    }
}
