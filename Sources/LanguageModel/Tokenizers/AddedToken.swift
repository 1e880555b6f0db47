/// A token that is found in the text before anything else happens to it.
struct AddedToken: Sendable, Equatable {
    var id: Int32
    var text: [UInt8]
    /// A marker and not text.
    var isSpecial: Bool
    /// Looked for in the normalized text, and normalized itself.
    var isNormalized = false
    /// White space in front of it, or after it, becomes part of it.
    var stripsLeft = false
    var stripsRight = false
    /// Found only where no letter, mark, digit or underscore stands beside it.
    var isSingleWord = false
}

/// All added tokens of a tokenizer, and how they are found: leftmost first, of those that begin at one place the
/// longest.
///
/// Tokens that are not normalized are cut out of the text first; the others are looked for in what is left, once that
/// is normalized. The same as the `tokenizers` package does.
struct AddedTokens: Sendable {
    /// By id.
    let all: [AddedToken]
    private let plain: Matcher
    private let normalized: Matcher

    init(_ tokens: [AddedToken], normalizer: TextNormalizer = TextNormalizer()) {
        all = tokens.sorted { $0.id < $1.id }
        plain = Matcher(all.filter { !$0.isNormalized })
        normalized = Matcher(
            all.filter(\.isNormalized).map { token in
                var token = token
                token.text = normalizer.apply(token.text)
                return token
            })
    }

    /// Whether any token is looked for in the text as it is, or in the normalized text.
    func isEmpty(normalized wanted: Bool) -> Bool { wanted ? normalized.isEmpty : plain.isEmpty }

    /// Cuts `text`; `body` gets the ranges in order, each with the token that it is or nil.
    func forEachPart(
        of text: UnsafeBufferPointer<UInt8>, normalized wanted: Bool, _ body: (Range<Int>, AddedToken?) -> Void
    ) {
        (wanted ? normalized : plain).forEachPart(of: text, body)
    }
}

/// Finds tokens in a text: by their first byte the lengths that occur, the longest first, and a table of their texts.
private struct Matcher: Sendable {
    private var tokens: [AddedToken] = []
    private var texts = ByteStringTable()
    private var lengths = [[Int]](repeating: [], count: 256)

    init(_ all: [AddedToken]) {
        for token in all {
            guard let first = token.text.first, texts.insert(token.text) else { continue }
            tokens.append(token)
            if !lengths[Int(first)].contains(token.text.count) { lengths[Int(first)].append(token.text.count) }
        }
        for first in lengths.indices { lengths[first].sort(by: >) }
    }

    var isEmpty: Bool { tokens.isEmpty }

    func forEachPart(of text: UnsafeBufferPointer<UInt8>, _ body: (Range<Int>, AddedToken?) -> Void) {
        guard !isEmpty else { return text.isEmpty ? () : body(0..<text.count, nil) }
        var (done, position) = (0, 0)
        while position < text.count {
            guard let token = find(text, at: position) else {
                position += 1
                continue
            }
            let match = position..<position + token.text.count
            // The search goes on after the match, whether it counts or not.
            position = match.upperBound
            if token.isSingleWord, touchesWord(text, match) { continue }
            var (start, end) = (match.lowerBound, match.upperBound)
            if token.stripsLeft { start = max(ScalarClass.spaceStart(text, before: start), done) }
            if token.stripsRight { end = ScalarClass.runEnd(text, from: end, of: .space) }
            if done < start { body(done..<start, nil) }
            body(min(start, end)..<end, token)
            done = end
        }
        if done < text.count { body(done..<text.count, nil) }
    }

    private func find(_ text: UnsafeBufferPointer<UInt8>, at position: Int) -> AddedToken? {
        for length in lengths[Int(text[position])] where position + length <= text.count {
            if let number = texts.find(UnsafeBufferPointer(rebasing: text[position..<position + length])) {
                return tokens[number]
            }
        }
        return nil
    }

    private func touchesWord(_ text: UnsafeBufferPointer<UInt8>, _ match: Range<Int>) -> Bool {
        let before = ScalarClass.start(text, before: match.lowerBound)
        return before.map { ScalarClass.isWord(text, at: $0) } ?? false
            || match.upperBound < text.count && ScalarClass.isWord(text, at: match.upperBound)
    }
}
