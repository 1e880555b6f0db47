/// How a byte-level tokenizer cuts a text before its bytes are merged.
enum ByteSplitter: Sendable, Equatable, CaseIterable {
    /// GPT-2's pattern, which OPT, RoBERTa and GPT-NeoX share.
    case gpt2
    /// GPT-2's pattern between digits, each of which stands alone.
    case gpt2SingleDigits
    /// Llama 3's pattern, three digits together.
    case llama3
    /// The pattern of Qwen 2 and 3, each digit alone.
    case qwen2

    /// The pattern as a `tokenizer.json` spells it.
    var pattern: String? {
        switch self {
        case .gpt2: #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#
        case .gpt2SingleDigits: nil
        case .llama3: Self.llama(digits: #"\p{N}{1,3}"#)
        case .qwen2: Self.llama(digits: #"\p{N}"#)
        }
    }

    private static func llama(digits: String) -> String {
        #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"# + digits
            + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
    }

    /// Calls `body` with the byte range of every piece, in order; the ranges cover `text`.
    func forEachPiece(in text: UnsafeBufferPointer<UInt8>, _ body: (Range<Int>) -> Void) {
        switch self {
        case .gpt2: pieces(of: text, body) { GPT2Splitter.pieceEnd(text, from: $0) }
        case .llama3: pieces(of: text, body) { Llama3Splitter.pieceEnd(text, from: $0, digits: 3) }
        case .qwen2: pieces(of: text, body) { Llama3Splitter.pieceEnd(text, from: $0, digits: 1) }
        case .gpt2SingleDigits:
            var (start, position) = (0, 0)
            func flush(_ end: Int) {
                // As if the text ended at the digit.
                let part = UnsafeBufferPointer(rebasing: text[..<end])
                pieces(of: part, from: start, body) { GPT2Splitter.pieceEnd(part, from: $0) }
            }
            while position < text.count {
                let next = ScalarClass.next(text, at: position)
                if next.kind == .number {
                    flush(position)
                    body(position..<next.end)
                    start = next.end
                }
                position = next.end
            }
            flush(text.count)
        }
    }

    private func pieces(
        of text: UnsafeBufferPointer<UInt8>, from start: Int = 0, _ body: (Range<Int>) -> Void, end: (Int) -> Int
    ) {
        var position = start
        while position < text.count {
            let end = end(position)
            body(position..<end)
            position = end
        }
    }
}
