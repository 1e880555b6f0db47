import LanguageModel

/// Turns a text and the byte ranges of its harmful words into tokens and positions.
struct SentenceBuilder {
    let tokenizer: any Tokenizer
    let contextLength: Int

    /// The sentence, and the number of harmful words out of reach: cut off at the context length in whole or in
    /// part, or at the very start of a sentence that no begin token opens.
    ///
    /// A token belongs to a word when their bytes overlap, so a leading space inside the token does not matter.
    func sentence(row: Int, id: String, text: String, sha256: String, ranges: [Range<Int>]) -> (ForgetSentence, Int) {
        let encoded = tokenizer.encodeWithOffsets(text)
        var tokens = encoded.map(\.token)
        var beginTokens = 0
        if let begin = tokenizer.beginToken {
            tokens.insert(begin, at: 0)
            beginTokens = 1
        }
        let truncated = tokens.count > contextLength
        if truncated { tokens.removeLast(tokens.count - contextLength) }
        let bytes = Array(text.utf8)
        var harmful: [HarmfulWord] = []
        var next = 0
        for range in ranges {
            while next < encoded.count, encoded[next].bytes.upperBound <= range.lowerBound { next += 1 }
            var positions: [Int] = []
            var index = next
            while index < encoded.count, encoded[index].bytes.lowerBound < range.upperBound {
                if encoded[index].bytes.overlaps(range) { positions.append(index + beginTokens) }
                index += 1
            }
            guard let first = positions.first, let last = positions.last, first > 0, last < tokens.count else {
                continue
            }
            harmful.append(
                HarmfulWord(text: String(decoding: bytes[range], as: UTF8.self), bytes: range, positions: positions))
        }
        let sentence = ForgetSentence(
            row: row, id: id, text: text, sha256: sha256, tokens: tokens, beginTokens: beginTokens, harmful: harmful,
            truncated: truncated)
        return (sentence, ranges.count - harmful.count)
    }
}
