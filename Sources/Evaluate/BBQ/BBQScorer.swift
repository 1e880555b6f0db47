import LanguageModel
import Records

/// Scores models by the answers of BBQ: the mean log p of an answer's tokens, given its prompt.
public struct BBQScorer: BenchmarkScorer {
    /// The benchmark's name.
    public let benchmark: String
    /// The conventions.
    public let profile: ScoringProfile
    /// The examples that are scored, in the order of the files.
    public let items: [BBQItem]
    /// Examples that are not scored, with the reason.
    public let skipped: [SkippedRow]
    /// Number of token probabilities that one scoring takes.
    public var predictionCount: Int { batch.predictions.count }

    private static let names = ["stereotyped", "other", "unknown"]
    private let batch: SentenceBatch
    /// Predictions of the answers of each example, in the order of ``BBQItem/texts``.
    private let places: [[[Int]]]

    /// Tokenises the examples and lays them out.
    ///
    /// An answer's tokens are those from where the text no longer begins like the prompt alone: the space before the answer is part
    /// of its first token where the tokenizer has it so.
    init(_ set: BBQ, tokenizer: any Tokenizer, profile: ScoringProfile, contextLength: Int) throws {
        var layout = try SentenceLayout(profile: profile, tokenizer: tokenizer, name: set.name)
        (items, places, skipped) = try layout.add(
            set.items, skipped: set.skipped, name: set.name, contextLength: contextLength,
            encode: { item in
                let prompt = tokenizer.encode(item.prompt)
                return item.texts.map { text in
                    let tokens = tokenizer.encode(text)
                    return [AskedText(tokens, asked: zip(prompt, tokens).prefix { $0 == $1 }.count..<tokens.count)]
                }
            },
            add: { layout, sentences in layout.add(together: sentences) })
        (benchmark, self.profile, batch) = (set.name, profile, layout.batch)
    }

    /// Scores every example under a model.
    ///
    /// - Parameter perToken: keeps the log-probability of every token of the answers.
    public func score(_ model: TransformerModel, perToken: Bool) -> BenchmarkTable<BBQScore> {
        let logs = batch.logProbabilities(model)
        let scores = zip(items, places).map { item, sentences in
            let roles = item.roles
            var means = [Double](repeating: .nan, count: 3)
            for (place, sentence) in zip([roles.stereotyped, roles.other, roles.unknown], sentences) {
                means[place] = mean(sentence.map { Double(logs[$0]) })
            }
            return BBQScore(
                row: item.row, domain: item.domain, means: means, roles: roles, correct: item.correct,
                isAmbiguous: item.isAmbiguous,
                sentences: zip(Self.names, perToken ? sentences : []).map { batch.tokens($0, $1, logs) })
        }
        return BenchmarkTable(benchmark: benchmark, profile: profile, scores: scores, skipped: skipped)
    }

    /// The mean gap of one domain as a function of the model; no terms when the domain has no examples.
    public func biasObjective(_ domain: String) -> BiasObjective {
        batch.objective(zip(items, places).filter { $0.0.domain == domain }.map(\.1), factors: [1, -1])
    }

    /// What one scoring takes of a model.
    public func load(_ model: TransformerModel) -> NetworkLoad { batch.load(model) }
}
