/// Cuts text into the words of BERT's pre-tokenizer: at white space, which is dropped, and around every punctuation
/// mark.
enum WordSplitter {
    /// Calls `body` with the byte range of every word, in order.
    static func forEachWord(in text: UnsafeBufferPointer<UInt8>, _ body: (Range<Int>) -> Void) {
        var (start, position) = (0, 0)
        func flush(_ end: Int) { if start < end { body(start..<end) } }
        while position < text.count {
            let kind = kind(text, at: position)
            if kind.isSpace || kind.isPunctuation {
                flush(position)
                if kind.isPunctuation { body(position..<kind.end) }
                start = kind.end
            }
            position = kind.end
        }
        flush(text.count)
    }

    private static func kind(
        _ text: UnsafeBufferPointer<UInt8>, at position: Int
    ) -> (isSpace: Bool, isPunctuation: Bool, end: Int) {
        let (scalar, end) = ScalarClass.scalar(text, at: position)
        guard let scalar else { return (false, false, end) }
        if scalar.isASCII {
            let isSpace = scalar == " " || 0x09...0x0D ~= scalar.value
            return (isSpace, BertText.isPunctuation(scalar), end)
        }
        return (scalar.properties.isWhitespace, BertText.isPunctuation(scalar), end)
    }
}
