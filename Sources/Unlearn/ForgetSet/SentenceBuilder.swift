import LanguageModel

/// Turns a text and the byte ranges of its harmful words into tokens and positions.
struct SentenceBuilder {
    let tokenizer: any Tokenizer
    let contextLength: Int
    /// Whether the sentences are for a masked model, which is given them between begin and end token.
    let isMasked: Bool

    /// The sentence, and the number of harmful words out of reach: cut off at the context length in whole or in
    /// part, or at the very start of a sentence that no begin token opens.
    ///
    /// A token belongs to a word when their bytes overlap, so a leading space inside the token does not matter.
    func sentence(row: Int, id: String, text: String, sha256: String, ranges: [Range<Int>]) -> (ForgetSentence, Int) {
        let encoded = tokenizer.encodeWithOffsets(text)
        let beginTokens = tokenizer.beginToken == nil ? 0 : 1
        let endTokens = isMasked && tokenizer.endToken != nil ? 1 : 0
        let tokens = tokenizer.input(encoded.map(\.token), isMasked: isMasked, atMost: contextLength)
        let truncated = tokens.count < beginTokens + encoded.count + endTokens
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
            guard let first = positions.first, let last = positions.last, first > 0, last < tokens.count - endTokens
            else {
                continue
            }
            harmful.append(
                HarmfulWord(text: String(decoding: bytes[range], as: UTF8.self), bytes: range, positions: positions))
        }
        let replaced =
            isMasked ? [] : replace(&harmful, ranges, bytes, encoded.map(\.bytes.lowerBound), beginTokens: beginTokens)
        let sentence = ForgetSentence(
            row: row, id: id, text: text, sha256: sha256, tokens: tokens, beginTokens: beginTokens,
            endTokens: endTokens, harmful: harmful, replaced: replaced, truncated: truncated)
        return (sentence, ranges.count - harmful.count)
    }

    /// The tokens of the text with the placeholder for each harmful word; tells every word that comes after another how
    /// many of them stand before it.
    ///
    /// - Parameter starts: where each token of the text begins, in bytes.
    private func replace(
        _ harmful: inout [HarmfulWord], _ ranges: [Range<Int>], _ bytes: [UInt8], _ starts: [Int], beginTokens: Int
    ) -> [Int32] {
        guard let first = ranges.first, harmful.contains(where: { $0.bytes.lowerBound >= first.upperBound }) else {
            return []
        }
        var text: [UInt8] = []
        var end = 0
        // Where words begin in the text as it was, and in the other.
        var moved: [Int: Int] = [:]
        for range in ranges where range.lowerBound >= end {
            text += bytes[end..<range.lowerBound]
            moved[range.lowerBound] = text.count
            text += ForgetSentence.placeholder.utf8
            end = range.upperBound
        }
        text += bytes[end...]
        let encoded = tokenizer.encodeWithOffsets(String(decoding: text, as: UTF8.self))
        for index in harmful.indices where harmful[index].bytes.lowerBound >= first.upperBound {
            // A word that overlaps one before it stands where that one does.
            let word = harmful[index]
            guard let place = moved[word.bytes.lowerBound] else { continue }
            // A space before the word may belong to its first token.
            let start = place - (word.bytes.lowerBound - starts[word.positions[0] - beginTokens])
            let count = encoded.firstIndex { $0.bytes.upperBound > start } ?? encoded.count
            harmful[index].replacedTokens = count + beginTokens
        }
        return (tokenizer.beginToken.map { [$0] } ?? []) + encoded.map(\.token)
    }
}
