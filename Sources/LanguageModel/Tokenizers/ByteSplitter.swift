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
        case .gpt2: GPT2Splitter.forEachPiece(in: text, body)
        case .llama3: Llama3Splitter.forEachPiece(in: text, digits: 3, body)
        case .qwen2: Llama3Splitter.forEachPiece(in: text, digits: 1, body)
        case .gpt2SingleDigits:
            var (start, position) = (0, 0)
            func flush(_ end: Int) {
                guard start < end else { return }
                let base = start
                GPT2Splitter.forEachPiece(in: UnsafeBufferPointer(rebasing: text[start..<end])) {
                    body(base + $0.lowerBound..<base + $0.upperBound)
                }
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
}
