import Evaluate
import Foundation
import LanguageModel
import Records

/// Sentences of neutral text, for minimal pairs and templates.
package enum NeutralText {
    /// Sentences of running text: a line that is not short is cut after full stops, and 2 MB of a text are plenty.
    package static func sentences(of texts: [String]) -> [String] {
        texts.flatMap { text in
            text.prefix(2_000_000).split(whereSeparator: \.isNewline).flatMap { line in
                line.count < 300 ? [String(line)] : line.components(separatedBy: ". ").map { $0 + "." }
            }
        }
    }
}

extension NeutralMinimalPairs {
    /// The fewest pairs that tell anything.
    package static let least = 200

    /// Pairs of which half replace a word by one of its own group and half by one of its lexicon, so that gaps of every
    /// size come up.
    ///
    /// - Parameters:
    ///   - sentences: neutral text that no loss term touches.
    ///   - retained: text that the retain term holds in place, where less would show than the update does elsewhere: taken
    ///     only when the others give too few pairs.
    package static func choose(
        _ words: [Word], sentences: [String], retained: [String], count: Int, longest: Int, seed: UInt64
    ) -> [(String, String)] {
        func make(_ kind: (Word) -> String, _ sentences: [String], _ count: Int) -> [(String, String)] {
            NeutralMinimalPairs.make(
                sentences: sentences, words: words, kind: kind, count: count, longest: longest, seed: seed)
        }
        func both(_ sentences: [String]) -> [(String, String)] {
            let close = make({ $0.lexicon + "/" + $0.group }, sentences, count / 2)
            return close + make(\.lexicon, sentences, count - close.count)
        }
        let pairs = both(sentences)
        return pairs.count >= least ? pairs : both(sentences + retained)
    }

    /// The gaps of pairs before and after an update, each pair turned so that its gap before is not negative; pairs whose
    /// gap is not finite are left out.
    ///
    /// - Parameter check: called between the two scorings; what it throws ends the work.
    /// - Throws: `InputError` when the model can take none of the pairs.
    package static func gaps(
        of pairs: [(String, String)], under update: ParameterUpdate, tokenizer: any Tokenizer, profile: ScoringProfile,
        check: () throws -> Void
    ) throws -> (before: [Double], after: [Double]) {
        let set = PairSet(
            name: "neutral",
            items: pairs.enumerated().map { PairItem(row: $0, more: $1.0, less: $1.1, biasType: "neutral") })
        let scorer = try PairScorer(
            pairs: set, tokenizer: tokenizer, profile: profile, contextLength: update.before.configuration.contextLength
        )
        let before = scorer.score(update.before).scores.map(\.gap)
        try check()
        let after = scorer.score(update.after).scores.map(\.gap)
        let usable = before.indices.filter { before[$0].isFinite && after[$0].isFinite }
        return (usable.map { abs(before[$0]) }, usable.map { before[$0] < 0 ? -after[$0] : after[$0] })
    }
}
