extension Tokenizer {
    /// For each token of a text the number of the word that it is of, as the tokenizer cuts the text before it looks for
    /// tokens; where it is neither WordPiece nor a byte-level one, every token is a word.
    ///
    /// - Parameter parts: of ``encodeWithOffsets(_:)``.
    public func wordNumbers(of parts: [(token: Int32, bytes: Range<Int>)], in text: String) -> [Int] {
        if self is WordPiece {
            // What goes on with a word is marked.
            var number = -1
            return parts.map { part in
                if number < 0 || !key(of: part.token).hasPrefix("##") { number += 1 }
                return number
            }
        }
        guard let cut = (self as? ByteLevelBPE)?.pieceStarts(in: text) else { return Array(parts.indices) }
        var number = 0
        return parts.map { part in
            while number + 1 < cut.count, cut[number + 1] <= part.bytes.lowerBound { number += 1 }
            return number
        }
    }
}

extension ByteLevelBPE {
    /// Where the pieces of a text start within which bytes are merged, ascending.
    fileprivate func pieceStarts(in text: String) -> [Int] {
        var starts: [Int] = []
        Array(text.utf8).withUnsafeBufferPointer { bytes in
            options.splitter.forEachPiece(in: bytes) { starts.append($0.lowerBound) }
        }
        return starts
    }
}
