import LinearAlgebra

/// Minimal pairs of neutral sentences, which differ in one control word of like frequency: what an update does to any
/// preference, whatever it is about.
package enum NeutralMinimalPairs {
    /// A word of a control lexicon, which stands for none of a study's domains, with its occurrences in the corpus.
    package typealias Word = (text: String, frequency: Int, lexicon: String, group: String)

    /// Makes pairs: a sentence, and the same with one of its control words replaced.
    ///
    /// Every sentence that holds a control word gives one pair, in random order, until there are enough; the second time
    /// round other words take its place. The replacement is one of the words of the same kind that are closest in rank of
    /// frequency. Which of the two sentences comes first says nothing yet: orient the pair by its score.
    ///
    /// - Parameters:
    ///   - sentences: neutral text, none of it an item of a benchmark.
    ///   - kind: words of one kind may take each other's place.
    ///   - closest: replacements are drawn from this many words of the same kind, closest in rank.
    ///   - longest: sentences of more words are cut after so many, at least past the word replaced.
    /// - Returns: fewer pairs than asked for, or none, when the text holds too few control words.
    package static func make(
        sentences: [String], words: [Word], kind: (Word) -> String, count: Int, closest: Int = 20, longest: Int = 40,
        seed: UInt64
    ) -> [(String, String)] {
        let used = words.filter { $0.frequency > 0 }
        var byKind: [String: [String]] = [:]
        for word in used.sorted(by: { ($0.frequency, $0.text) > ($1.frequency, $1.text) })
        where byKind[kind(word)]?.contains(word.text) != true { byKind[kind(word), default: []].append(word.text) }
        var ranks: [String: (kind: String, rank: Int)] = [:]
        for (kind, members) in byKind.sorted(by: { $0.key < $1.key }) where members.count > 1 {
            for (rank, word) in members.enumerated() where ranks[word] == nil { ranks[word] = (kind, rank) }
        }
        var stream = RandomStream(seed: seed, label: "neutral-minimal-pairs")
        let order = stream.shuffled(sentences)
        var pairs: [(String, String)] = []
        var known: Set<String> = []
        // A round that adds nothing is the last one.
        for _ in 0..<4 where pairs.count < count {
            for sentence in order where pairs.count < count {
                let pieces = sentence.split(separator: " ").map(String.init)
                let hits = pieces.indices.filter { $0 < longest && ranks[core(pieces[$0])] != nil }
                guard pieces.count > 2, !hits.isEmpty else { continue }
                let hit = hits[stream.index(below: hits.count)]
                let word = core(pieces[hit])
                guard let own = ranks[word], let members = byKind[own.kind] else { continue }
                let low = max(0, min(own.rank - closest / 2, members.count - closest - 1))
                let candidates = (low..<min(members.count, low + closest + 1)).filter { $0 != own.rank }
                let other = members[candidates[stream.index(below: candidates.count)]]
                // A word that stands elsewhere in the sentence would make the pair differ in more than frequency.
                guard !pieces.contains(where: { core($0) == other }) else { continue }
                var changed = pieces
                changed[hit] = pieces[hit].replacing(word, with: other, maxReplacements: 1)
                let pair = (
                    pieces.prefix(longest).joined(separator: " "), changed.prefix(longest).joined(separator: " ")
                )
                guard known.insert(pair.0 + "\n" + pair.1).inserted else { continue }
                pairs.append(pair)
            }
        }
        return pairs
    }

    /// A word without the punctuation around it.
    package static func core(_ piece: String) -> String {
        let start = piece.firstIndex { $0.isLetter || $0.isNumber } ?? piece.endIndex
        let end = piece.lastIndex { $0.isLetter || $0.isNumber }.map(piece.index(after:)) ?? start
        return start < end ? String(piece[start..<end]) : ""
    }
}
