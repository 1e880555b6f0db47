import LanguageModel
import Records

/// Scores a benchmark of sentence pairs under many models; the text is tokenised and laid out once.
///
/// Sentence score: the mean of log p over its tokens, that is the log of their geometric mean probability, or what else the
/// profile makes of them; ``SentenceLayout`` says what every token is given.
///
/// All sentences lie packed in one batch. Equal sentences are laid out once, and the tokens that both sentences of a
/// pair begin with are scored once, so that equal contexts get equal numbers.
public final class PairScorer: BenchmarkScorer {
    /// The benchmark's name.
    public let benchmark: String
    /// The conventions.
    public let profile: ScoringProfile
    /// Rows that are not scored, with the reason: those of the file and those that the model cannot take.
    public let skipped: [SkippedRow]
    /// The pairs that are scored, in the order of the file.
    public let items: [PairItem]
    /// Number of token probabilities that one scoring takes.
    public var predictionCount: Int { batch.predictions.count }

    private let batch: SentenceBatch
    private let pairs: [Pair]
    private let convention: PairConvention

    /// One sentence in the batch.
    fileprivate struct Side {
        /// For each scored token, its index among the batch's predictions.
        let scored: [Int]
        /// For each scored token, whether the other sentence has it too.
        let shared: [Bool]
    }

    /// Both sentences of a pair.
    private struct Pair {
        let more: Side
        let less: Side
    }

    /// Tokenises the pairs and lays them out.
    ///
    /// - Parameters:
    ///   - contextLength: the most tokens that the models take; a longer sentence is skipped with the reason.
    ///   - usesBegin: whether the tokenizer's begin token is used; see ``SentenceLayout/init(profile:tokenizer:name:usesBegin:)``.
    ///   - adds: whether a score is the sum of log p in every profile.
    /// - Throws: `InputError` when the profile needs a begin or mask token and the tokenizer has none, or when no pair
    ///   is left.
    public init(
        pairs set: PairSet, tokenizer: any Tokenizer, profile: ScoringProfile, contextLength: Int,
        usesBegin: Bool = true, adds: Bool = false
    ) throws {
        var layout = try SentenceLayout(
            profile: profile, tokenizer: tokenizer, name: set.name, usesBegin: usesBegin)
        let convention = PairConvention(profile, adds: adds)
        (items, pairs, skipped) = try layout.add(
            set.items, skipped: set.skipped, name: set.name, contextLength: contextLength,
            encode: { convention.texts($0, tokenizer, profile) }
        ) { layout, sentences in
            let scored = layout.add(together: sentences)
            var shared = scored.map { [Bool](repeating: convention.tokens == .shared, count: $0.count) }
            if convention.tokens == .all {
                let both = TokenAlignment.shared(sentences[0][0].tokens, sentences[1][0].tokens)
                shared = [both.a, both.b].map { Array($0.dropFirst(layout.unscored)) }
            }
            return Pair(
                more: Side(scored: scored[0], shared: shared[0]), less: Side(scored: scored[1], shared: shared[1]))
        }
        self.convention = convention
        benchmark = set.name
        self.profile = profile
        batch = layout.batch
    }

    /// Scores every pair under a model.
    ///
    /// - Parameter perToken: keeps the log-probability of every token.
    public func score(_ model: TransformerModel, perToken: Bool) -> PairTable {
        let logs = batch.logProbabilities(model)
        let scores = zip(items, pairs).map { item, pair in
            let more = logs.means(pair.more, convention)
            let less = logs.means(pair.less, convention)
            return PairScore(
                row: item.row, domain: item.domain, direction: item.direction, profile: profile,
                moreScore: more.all ?? .nan, lessScore: less.all ?? .nan,
                gapChanged: difference(more.changed, less.changed),
                gapShared: difference(more.shared, less.shared), tokensMore: pair.more.scored.count,
                tokensLess: pair.less.scored.count,
                sentences: zip(["more", "less"], perToken ? [pair.more, pair.less] : []).map { name, side in
                    batch.tokens(name, side.scored, logs)
                })
        }
        return PairTable(benchmark: benchmark, profile: profile, scores: scores, skipped: skipped)
    }

    /// For each sentence of each pair, the first one first, whether every scored token is the likeliest at its place.
    public func areGreedy(_ model: TransformerModel) -> [[Bool]] {
        let found = batch.likelihoods(model)
        return pairs.map { pair in
            [pair.more, pair.less].map { $0.scored.allSatisfy { found[$0].isLikeliest } }
        }
    }

    /// The bias of one domain as a function of the model; no terms when the domain has no pairs.
    public func biasObjective(_ domain: String) -> BiasObjective {
        let chosen = zip(items, pairs).filter { $0.0.domain == domain }.map(\.1)
        return batch.objective(
            chosen.map { [$0.more.scored, $0.less.scored] }, factors: [1, -1], isSum: convention.isSum)
    }

    /// What one scoring takes of a model.
    public func load(_ model: TransformerModel) -> NetworkLoad { batch.load(model) }

    private func difference(_ a: Double?, _ b: Double?) -> Double? {
        guard let a, let b else { return nil }
        return a - b
    }
}

extension [Float] {
    /// The score of a sentence, and means over its scored tokens: those that differ, those that both have; nil of nothing.
    fileprivate func means(_ side: PairScorer.Side, _ convention: PairConvention) -> (
        all: Double?, changed: Double?, shared: Double?
    ) {
        var sums = (changed: 0.0, shared: 0.0)
        var sharedCount = 0
        for (index, isShared) in zip(side.scored, side.shared) {
            if isShared {
                sums.shared += Double(self[index])
                sharedCount += 1
            } else {
                sums.changed += Double(self[index])
            }
        }
        let count = side.scored.count
        func mean(_ sum: Double, _ count: Int) -> Double? { count == 0 ? nil : sum / Double(count) }
        return (
            convention.score(sums.changed + sums.shared, count), mean(sums.changed, count - sharedCount),
            mean(sums.shared, sharedCount)
        )
    }
}
