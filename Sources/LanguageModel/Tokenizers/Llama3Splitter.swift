/// Cuts text into the pieces within which the byte pairs of Llama 3 and of Qwen 2 and 3 are merged.
///
/// Equal to their pattern over Unicode scalars, read from left to right; the two differ in how many digits stay
/// together: `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|
/// ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`. A byte that is not part of valid UTF-8 counts as a symbol.
enum Llama3Splitter {
    /// The end of the piece that starts at a place.
    static func pieceEnd(_ text: UnsafeBufferPointer<UInt8>, from start: Int, digits: Int) -> Int {
        if let end = contractionEnd(text, from: start) { return end }
        let first = ScalarClass.next(text, at: start)
        switch first.kind {
        case .letter: return ScalarClass.runEnd(text, from: first.end, of: .letter)
        case .number:
            var end = first.end
            var count = 1
            while end < text.count, count < digits {
                let next = ScalarClass.next(text, at: end)
                guard next.kind == .number else { break }
                end = next.end
                count += 1
            }
            return end
        case .symbol, .space: break
        }
        let second = first.end < text.count ? ScalarClass.next(text, at: first.end) : nil
        if let second, second.kind == .letter, !isLineEnd(text[start]) {
            return ScalarClass.runEnd(text, from: second.end, of: .letter)
        }
        if first.kind == .symbol { return symbolsEnd(text, from: first.end) }
        if let second, second.kind == .symbol, text[start] == UInt8(ascii: " ") {
            return symbolsEnd(text, from: second.end)
        }
        return spacesEnd(text, from: start)
    }

    /// The end of a run of symbols and of the line ends after it.
    private static func symbolsEnd(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        var end = ScalarClass.runEnd(text, from: start, of: .symbol)
        while end < text.count, isLineEnd(text[end]) { end += 1 }
        return end
    }

    /// The end of white space: after its last line end, else before the last of several when a word follows.
    private static func spacesEnd(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        var (end, lastStart, lineEnd) = (start, start, start)
        while end < text.count {
            let next = ScalarClass.next(text, at: end)
            guard next.kind == .space else { break }
            if isLineEnd(text[end]) { lineEnd = next.end }
            lastStart = end
            end = next.end
        }
        if lineEnd > start { return lineEnd }
        return end < text.count && lastStart > start ? lastStart : end
    }

    private static func isLineEnd(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }

    private static func contractionEnd(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        if let end = GPT2Splitter.contractionEnd(text, from: start, caseBit: 0x20) { return end }
        // U+017F, the long s, is an s to a pattern that does not mind the case.
        return text[start] == UInt8(ascii: "'") && text[start...].starts(with: "'\u{17F}".utf8) ? start + 3 : nil
    }
}
