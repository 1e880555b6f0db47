import FileSupport
import LanguageModel
import Records

/// Scores a benchmark of sentence pairs under many models; the text is tokenised and laid out once.
///
/// Sentence score: the mean of log p over its tokens, that is the log of their geometric mean probability.
/// In ``ScoringProfile/driftscope`` every token is given the begin token and what stands before it; without a begin
/// token the first token is not scored. In ``ScoringProfile/biasBench`` the first token is given the begin token alone
/// and later tokens are given only the sentence (McGill-NLP/bias-bench, `bias_bench/benchmark/crows/crows.py`). In
/// ``ScoringProfile/pseudoLogLikelihood`` every token is given all others.
///
/// All sentences lie packed in one batch. Equal sentences are laid out once, and the tokens that both sentences of a
/// pair begin with are scored once, so that equal contexts get equal numbers.
public final class PairScorer {
    /// The benchmark's name.
    public let benchmark: String
    /// The conventions.
    public let profile: ScoringProfile
    /// Rows that are not scored, with the reason: those of the file and those that the model cannot take.
    public let skipped: [SkippedRow]
    /// The pairs that are scored, in the order of the file.
    public let items: [PairItem]
    /// Number of token probabilities that one scoring takes.
    public var predictionCount: Int { predictions.count }

    let sequences: PackedSequences
    let predictions: [Prediction]
    let pairs: [Pair]
    private let longestSequence: Int

    /// One sentence in the batch.
    struct Side {
        /// For each scored token, its index in ``PairScorer/predictions``.
        let scored: [Int]
        /// For each scored token, whether the other sentence has it too.
        let shared: [Bool]
    }

    /// Both sentences of a pair.
    struct Pair {
        let more: Side
        let less: Side
    }

    /// Tokenises the pairs and lays them out.
    ///
    /// - Parameter contextLength: the most tokens that the models take; a longer sentence is skipped with the reason.
    /// - Throws: ``InputError`` when the profile needs a begin or mask token and the tokenizer has none, or when no pair
    ///   is left.
    public init(pairs set: PairSet, tokenizer: some Tokenizer, profile: ScoringProfile, contextLength: Int) throws {
        var layout = PairLayout(profile: profile, tokenizer: tokenizer)
        if profile == .biasBench, tokenizer.beginToken == nil {
            throw InputError(
                "the profile bias-bench needs a begin token and the tokenizer has none", at: set.name,
                remedy: "use --profile driftscope")
        }
        if profile.isMasked, tokenizer.maskToken == nil {
            throw InputError(
                "the profile \(profile.rawValue) needs a mask token and the tokenizer has none", at: set.name,
                remedy: "use --profile driftscope")
        }
        var items: [PairItem] = []
        var pairs: [Pair] = []
        var skipped = set.skipped
        for item in set.items {
            let more = tokenizer.encode(item.more)
            let less = tokenizer.encode(item.less)
            let longest = max(layout.inputLength(more), layout.inputLength(less))
            if longest > contextLength {
                skipped.append(
                    SkippedRow(
                        row: item.row, domain: item.domain,
                        reason: "\(longest) tokens, and the model takes \(contextLength)"))
            } else if min(layout.scoredLength(more), layout.scoredLength(less)) < 1 {
                skipped.append(
                    SkippedRow(
                        row: item.row, domain: item.domain, reason: "a sentence without a token that can be scored"))
            } else {
                items.append(item)
                pairs.append(layout.add(more, less))
            }
        }
        guard !items.isEmpty else {
            throw InputError(
                "no pair can be scored (\(skipped.first?.reason ?? "the set is empty"))", at: set.name,
                remedy: "check the pairs and the model's context length")
        }
        benchmark = set.name
        self.profile = profile
        self.skipped = skipped.sorted { $0.row < $1.row }
        self.items = items
        self.pairs = pairs
        sequences = PackedSequences(layout.sequences)
        predictions = layout.predictions
        longestSequence = layout.sequences.lazy.map(\.count).max() ?? 0
    }

    /// The domains, in the order of the file.
    public var domains: [String] {
        var seen: Set<String> = []
        return items.map(\.domain).filter { seen.insert($0).inserted }
    }

    /// Scores every pair under a model.
    ///
    /// - Parameter perToken: keeps the log-probability of every token.
    public func score(_ model: TransformerModel, perToken: Bool = false) -> PairTable {
        precondition(model.isMasked == profile.isMasked, "\(profile.rawValue) is for other models")
        precondition(longestSequence <= model.configuration.contextLength, "made for a longer context")
        let logs = model.logProbabilities(predictions, in: sequences)
        let scores = zip(items, pairs).map { item, pair in
            let more = logs.means(pair.more)
            let less = logs.means(pair.less)
            return PairScore(
                row: item.row, domain: item.domain, direction: item.direction, moreMean: more.all ?? .nan,
                lessMean: less.all ?? .nan, gapChanged: difference(more.changed, less.changed),
                gapShared: difference(more.shared, less.shared), tokensMore: pair.more.scored.count,
                tokensLess: pair.less.scored.count, perToken: perToken ? tokenScores(pair, logs) : nil)
        }
        return PairTable(benchmark: benchmark, profile: profile, scores: scores, skipped: skipped)
    }

    private func tokenScores(_ pair: Pair, _ logs: [Float]) -> PairScore.TokenScores {
        PairScore.TokenScores(
            moreTokens: pair.more.scored.map { predictions[$0].token }, more: pair.more.scored.map { logs[$0] },
            lessTokens: pair.less.scored.map { predictions[$0].token }, less: pair.less.scored.map { logs[$0] })
    }

    private func difference(_ a: Double?, _ b: Double?) -> Double? {
        guard let a, let b else { return nil }
        return a - b
    }
}

extension [Float] {
    /// Means over the scored tokens of a sentence: all, those that differ, those that both have; nil of nothing.
    fileprivate func means(_ side: PairScorer.Side) -> (all: Double?, changed: Double?, shared: Double?) {
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
            mean(sums.changed + sums.shared, count), mean(sums.changed, count - sharedCount),
            mean(sums.shared, sharedCount)
        )
    }
}
