import Attribution
import LanguageModel
import LinearAlgebra
import Records

/// Words and sentences from which contrasts between groups are read: concept words of a study in neutral sentences.
package struct ContrastText {
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

    private let lexicons: [ResolvedWord]
    private let domains: [String]
    private let limits: Limits
    private let seed: UInt64
    private let tokenizer: any Tokenizer

    /// - Parameters:
    ///   - lexicons: words to choose from, in the order of their lexicons.
    ///   - domains: those of the study, whose concept words may stand for their groups.
    package init(
        _ lexicons: [ResolvedWord], domains: [String], limits: Limits, seed: UInt64, tokenizer: any Tokenizer
    ) {
        self.lexicons = lexicons
        self.domains = domains
        self.limits = limits
        self.seed = seed
        self.tokenizer = tokenizer
    }

    /// Control words with a spelling of one token: they stand for what is no concept.
    private func isControl(_ word: ResolvedWord) -> Bool { word.isControl && !word.singleTokens.isEmpty }

    /// Whether a word may stand for its group: a concept word of one domain, or a control word that the forget text does
    /// not hold.
    private func isUsable(_ word: ResolvedWord) -> Bool {
        !word.inTwoConcepts && word.status != .missing
            && (word.isControl ? word.exposure == .unexposed : domains.contains(word.domain))
    }

    /// Concept words, the first of each group, and control words.
    package func words() -> [ContrastWord] {
        var taken: [String: Int] = [:]
        let usable = lexicons.filter(isUsable)
        var stream = RandomStream(seed: seed, label: "contrast-control-words")
        let controls = stream.shuffled(usable.filter(isControl)).prefix(4 * limits.words)
        return (usable.filter { !$0.isControl } + controls).compactMap { word in
            if !word.isControl {
                let key = word.domain + "/" + word.group
                // A pair is taken whole: both sides stand in the same order.
                guard taken[key, default: 0] < limits.words else { return nil }
                taken[key, default: 0] += 1
            }
            return ContrastWord(
                domain: word.isControl ? SharedSubspaces.controlDomain : word.domain, group: word.group,
                pair: word.pair, tokens: tokenizer.encode(" " + word.word))
        }
    }

    /// Neutral sentences with a control word taken out; sentences that hold a concept word are left out.
    package func templates(from sentences: [String]) -> [ContrastTemplate] {
        let concept = Set(lexicons.filter { !$0.isControl }.map { $0.word.lowercased() })
        let control = Set(lexicons.filter(isControl).map(\.word))
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
