import Attribution
import LanguageModel
import LinearAlgebra

/// Words and sentences from which contrasts between groups are read: concept words of a study in neutral sentences.
package struct ContrastText {
    /// A word of a study's lexicons.
    package struct Candidate {
        let text: String
        let domain: String
        let group: String
        let pair: Int?
        let isControl: Bool
        let isSingleToken: Bool
        let isUsable: Bool

        /// - Parameters:
        ///   - isSingleToken: whether one of its spellings is one token.
        ///   - isUsable: whether it may stand for its group: a concept word of one domain, or a control word that the
        ///     forget text does not hold.
        package init(
            text: String, domain: String, group: String, pair: Int?, isControl: Bool, isSingleToken: Bool,
            isUsable: Bool
        ) {
            self.text = text
            self.domain = domain
            self.group = group
            self.pair = pair
            self.isControl = isControl
            self.isSingleToken = isSingleToken
            self.isUsable = isUsable
        }
    }

    /// How much is read.
    package struct Limits: Sendable, Equatable {
        /// Words of a group, the first ones; four times as many control words.
        package var words: Int
        /// Sentences.
        package var templates: Int
        /// Tokens after the word that are looked at.
        package var reach: Int

        package init(words: Int, templates: Int, reach: Int) {
            self.words = words
            self.templates = templates
            self.reach = reach
        }
    }

    private let candidates: [Candidate]
    private let limits: Limits
    private let seed: UInt64
    private let tokenizer: any Tokenizer

    /// Words to choose from, in the order of their lexicons.
    package init(_ candidates: [Candidate], limits: Limits, seed: UInt64, tokenizer: any Tokenizer) {
        self.candidates = candidates
        self.limits = limits
        self.seed = seed
        self.tokenizer = tokenizer
    }

    /// Concept words, the first of each group, and control words.
    package func words() -> [ContrastWord] {
        var taken: [String: Int] = [:]
        let usable = candidates.filter(\.isUsable)
        var stream = RandomStream(seed: seed, label: "contrast-control-words")
        let controls = stream.shuffled(usable.filter { $0.isControl && $0.isSingleToken }).prefix(4 * limits.words)
        return (usable.filter { !$0.isControl } + controls).compactMap { word in
            if !word.isControl {
                let key = word.domain + "/" + word.group
                // A pair is taken whole: both sides stand in the same order.
                guard taken[key, default: 0] < limits.words else { return nil }
                taken[key, default: 0] += 1
            }
            return ContrastWord(
                domain: word.isControl ? SharedSubspaces.controlDomain : word.domain, group: word.group,
                pair: word.pair, tokens: tokenizer.encode(" " + word.text))
        }
    }

    /// Neutral sentences with a control word taken out; sentences that hold a concept word are left out.
    package func templates(from sentences: [String]) -> [ContrastTemplate] {
        let concept = Set(candidates.filter { !$0.isControl }.map { $0.text.lowercased() })
        let control = Set(candidates.filter { $0.isControl && $0.isSingleToken }.map(\.text))
        let begin = tokenizer.beginToken.map { [$0] } ?? []
        var stream = RandomStream(seed: seed, label: "contrast-templates")
        var templates: [ContrastTemplate] = []
        for sentence in stream.shuffled(sentences) {
            let pieces = sentence.split(separator: " ").map(String.init)
            let cores = pieces.map(NeutralMinimalPairs.core)
            guard !cores.contains(where: { concept.contains($0.lowercased()) }) else { continue }
            let places = pieces.indices.filter { place in
                (1...16).contains(place) && control.contains(cores[place]) && pieces[place].hasPrefix(cores[place])
            }
            guard let place = places.first else { continue }
            let rest = ([String(pieces[place].dropFirst(cores[place].count))] + pieces[(place + 1)...]).joined(
                separator: " ")
            let after = tokenizer.encode(rest)
            guard after.count >= 3 else { continue }
            templates.append(
                ContrastTemplate(
                    before: begin + tokenizer.encode(pieces[..<place].joined(separator: " ")),
                    after: Array(after.prefix(limits.reach))))
            if templates.count == limits.templates { break }
        }
        return templates
    }
}
