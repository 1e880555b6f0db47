import Foundation
import LanguageModel
import LinearAlgebra

/// Neutral words in neutral sentences, to be forgotten in the place of harmful ones: a null that trains as the run does.
///
/// Sentences come from the corpus, or from the lines of the retain and guard files that the study leaves over; none that is
/// retained, watched, measured or forgotten is taken, and none that holds a concept word or a harmful word. Each harmful
/// word is stood for by a neutral word of nearly its frequency in this text and, where there are enough, of as many
/// tokens.
package struct NeutralForgetSet {
    /// Most sentences looked at.
    private static let sentenceLimit = 30_000
    /// Words in a sentence.
    private static let lengths = 4...40
    /// Candidates nearest in frequency among which a word is drawn.
    private static let nearest = 10

    private let run: ForgetSet
    private let tokenizer: any Tokenizer
    private let contextLength: Int
    private let isMasked: Bool
    /// Neutral sentences.
    private let sentences: [String]
    /// Candidate words with their count and number of tokens.
    private let candidates: [(word: String, count: Int, tokens: Int)]
    /// Harmful words with their count in the same text and number of tokens, most forgotten first.
    private let harmful: [(word: String, count: Int, tokens: Int)]

    /// Chooses sentences and candidate words; nil when no neutral text is left over.
    ///
    /// - Parameters:
    ///   - run: the set that the run forgets.
    ///   - lines: lines of neutral text.
    ///   - used: lines that the study uses for something else.
    ///   - concepts: concept words, which no sentence may hold.
    package init?(
        _ run: ForgetSet, lines: [String], used: Set<String>, concepts: [String], tokenizer: any Tokenizer,
        contextLength: Int, isMasked: Bool
    ) {
        self.run = run
        self.tokenizer = tokenizer
        self.contextLength = contextLength
        self.isMasked = isMasked
        let pieces = Self.pieces(lines, used: used.union(run.sentences.map(\.text)))
        let forgotten = run.tokensByWord
        let avoided = WordFinder(concepts + forgotten.keys)
        var counts: [String: Int] = [:]
        for piece in pieces { for word in WordFinder.allWords(of: piece) { counts[word, default: 0] += 1 } }
        sentences = pieces.filter { !avoided.matchesAnything(in: $0) }
        let words = Set(sentences.flatMap(WordFinder.allWords)).filter { word in
            word.utf8.count > 2 && word.utf8.allSatisfy { (0x61...0x7A).contains($0) }
        }
        guard !words.isEmpty, !forgotten.isEmpty else { return nil }
        func described(_ word: String) -> (word: String, count: Int, tokens: Int) {
            (word, counts[word] ?? 0, tokenizer.encode(" " + word).count)
        }
        candidates = words.sorted().map(described)
        harmful = forgotten.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { described($0.key) }
    }

    /// A forget set of a seed, of at most as many sentences as the run's; nil when no sentence holds a drawn word.
    package func draw(seed: UInt64) -> ForgetSet? {
        var stream = RandomStream(seed: seed, label: "neutral-words")
        var free = candidates
        var chosen: [String] = []
        for word in harmful where !free.isEmpty {
            func distance(_ other: (word: String, count: Int, tokens: Int)) -> Double {
                abs(log(Double(other.count + 1)) - log(Double(word.count + 1)))
            }
            let alike = free.indices.filter { free[$0].tokens == word.tokens }
            let pool = (alike.isEmpty ? Array(free.indices) : alike)
                .sorted { (distance(free[$0]), $0) < (distance(free[$1]), $1) }.prefix(Self.nearest)
            let pick = pool[pool.startIndex + stream.index(below: pool.count)]
            chosen.append(free.remove(at: pick).word)
        }
        let finder = WordFinder(chosen)
        let holding = stream.shuffled(sentences.filter { finder.matchesAnything(in: $0) })
        let set = ForgetSet(
            texts: Array(holding.prefix(run.sentences.count)), words: chosen, name: "neutral sentences",
            tokenizer: tokenizer, contextLength: contextLength, isMasked: isMasked)
        return set.sentences.isEmpty ? nil : set
    }

    /// Sentences of the neutral text that nothing else in the study uses.
    private static func pieces(_ lines: [String], used: Set<String>) -> [String] {
        var found: [String] = []
        var seen: Set<String> = []
        for line in lines where !used.contains(line) {
            for piece in split(line) where seen.insert(piece).inserted { found.append(piece) }
        }
        guard found.count > sentenceLimit else { return found }
        // Spread over the whole text: a corpus is often ordered by subject.
        return (0..<sentenceLimit).map { found[$0 * found.count / sentenceLimit] }
    }

    /// A line cut after every full stop, question and exclamation mark that a space follows; pieces of some words.
    private static func split(_ line: String) -> [String] {
        var pieces: [String] = []
        var start = 0
        let bytes = Array(line.utf8)
        func finish(_ end: Int) {
            let piece = String(decoding: bytes[start..<end], as: UTF8.self).trimmingCharacters(in: .whitespaces)
            start = end
            let words = piece.utf8.reduce(1) { $0 + ($1 == 0x20 ? 1 : 0) }
            if lengths.contains(words) { pieces.append(piece) }
        }
        for i in bytes.indices.dropLast() where bytes[i + 1] == 0x20 && [0x2E, 0x3F, 0x21].contains(bytes[i]) {
            finish(i + 1)
        }
        finish(bytes.count)
        return pieces
    }
}
