import Records

/// Counts, for each token, of its occurrences in the forget text, and of those that were forgotten.
///
/// The sentences are kept too, so that a word of several tokens is looked for as a whole: its pieces alone
/// are often parts of other words.
public struct Exposure: Sendable {
    /// Occurrences of each token, `(V)`.
    public private(set) var forgetCount: [Int]
    /// Occurrences of each token as a harmful token, `(V)`.
    public private(set) var forgetMaskedCount: [Int]
    private var sentences: [(tokens: [Int32], masked: Set<Int>)] = []

    /// No text yet, over a vocabulary.
    public init(vocabularySize: Int) {
        forgetCount = [Int](repeating: 0, count: vocabularySize)
        forgetMaskedCount = forgetCount
    }

    /// Counts one sentence.
    ///
    /// - Parameter masked: positions of harmful tokens in `tokens`.
    public mutating func add(_ tokens: [Int32], masked: some Sequence<Int>) {
        let harmful = Set(masked)
        for (position, token) in tokens.enumerated() {
            forgetCount[Int(token)] += 1
            if harmful.contains(position) { forgetMaskedCount[Int(token)] += 1 }
        }
        sentences.append((tokens, harmful))
    }

    /// The exposure of a word with the given spellings, each a list of tokens: the strongest among them.
    ///
    /// A spelling counts as masked where any of its tokens was harmful in an occurrence of the whole spelling.
    public func level(of spellings: [[Int32]]) -> WordExposure {
        let levels = spellings.map { level(of: $0) }
        return levels.contains(.masked) ? .masked : levels.contains(.seen) ? .seen : .unexposed
    }

    private func level(of spelling: [Int32]) -> WordExposure {
        guard let first = spelling.first, forgetCount.indices.contains(Int(first)) else { return .unexposed }
        if spelling.count == 1 {
            if forgetMaskedCount[Int(first)] > 0 { return .masked }
            return forgetCount[Int(first)] > 0 ? .seen : .unexposed
        }
        guard spelling.allSatisfy({ forgetCount[Int($0)] > 0 }) else { return .unexposed }
        var seen = false
        for (tokens, masked) in sentences where tokens.count >= spelling.count {
            for start in 0...(tokens.count - spelling.count) where tokens[start...].starts(with: spelling) {
                if (start..<start + spelling.count).contains(where: masked.contains) { return .masked }
                seen = true
            }
        }
        return seen ? .seen : .unexposed
    }

    /// Whether the words in which the sentences of a pair differ (its identity) and those that they share (its attribute)
    /// were exposed: the first when one stands in the forget text, the second when one was forgotten.
    public func ofPair(_ more: [Int32], _ less: [Int32]) -> (identity: Bool, attribute: Bool) {
        let common = Set(more).intersection(less)
        let differing = (more + less).filter { !common.contains($0) }
        return (differing.contains { forgetCount[Int($0)] > 0 }, common.contains { forgetMaskedCount[Int($0)] > 0 })
    }
}
