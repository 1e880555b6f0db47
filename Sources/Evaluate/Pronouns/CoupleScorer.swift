import LanguageModel
import Records

/// Scores models by couples of pronoun lines, laid out once.
public struct CoupleScorer: BenchmarkScorer {
    /// The benchmark's name.
    public let benchmark: String
    /// The conventions.
    public let profile: ScoringProfile
    /// The couples that are scored, in the order of the files.
    public let items: [CoupleItem]
    /// Rows that are not scored, with the reason.
    public let skipped: [SkippedRow]
    /// Number of token probabilities that one scoring takes.
    public var predictionCount: Int { batch.predictions.count }

    private static let names = ["male_pro", "male_anti", "female_pro", "female_anti"]
    private let batch: SentenceBatch
    /// Predictions of the four sentences of each couple.
    private let places: [[[Int]]]

    /// Tokenises the couples and lays them out.
    ///
    /// - Throws: `InputError` when the profile needs a begin or mask token and the tokenizer has none, or when no couple is left.
    init(_ benchmark: WinoBias, tokenizer: any Tokenizer, profile: ScoringProfile, contextLength: Int) throws {
        var layout = try SentenceLayout(profile: profile, tokenizer: tokenizer, name: benchmark.name)
        (items, places, skipped) = try layout.add(benchmark, contextLength: contextLength) { layout, sentences in
            layout.add(together: sentences.map { [AskedText($0)] })
        }
        (self.benchmark, self.profile, batch) = (benchmark.name, profile, layout.batch)
    }

    /// Scores every couple under a model.
    ///
    /// - Parameter perToken: keeps the log-probability of every token.
    public func score(_ model: TransformerModel, perToken: Bool) -> BenchmarkTable<CoupleScore> {
        let logs = batch.logProbabilities(model)
        let scores = zip(items, places).map { item, sentences in
            let means = sentences.map { places in mean(places.map { Double(logs[$0]) }) }
            return CoupleScore(
                row: item.row, domain: item.domain, male: means[0] - means[1], female: means[2] - means[3],
                sentences: zip(Self.names, perToken ? sentences : []).map { batch.tokens($0, $1, logs) })
        }
        return BenchmarkTable(benchmark: benchmark, profile: profile, scores: scores, skipped: skipped)
    }

    /// The bias of one domain as a function of the model; no terms when the domain has no couples.
    public func biasObjective(_ domain: String) -> BiasObjective {
        batch.objective(
            zip(items, places).filter { $0.0.domain == domain }.map(\.1), factors: [0.5, -0.5, 0.5, -0.5])
    }

    /// What one scoring takes of a model.
    public func load(_ model: TransformerModel) -> NetworkLoad { batch.load(model) }
}
