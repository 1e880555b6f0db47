import Foundation
import LanguageModel
import Records

/// Scores StereoSet examples by the probabilities that models give to their three sentences.
///
/// A filled-in sentence counts whole under the general profiles: log p of its tokens. Of a sentence that follows a context the
/// tokens after the context count. Under ``StereoSet/official`` and ``StereoSet/spaced`` the pieces of the word in the BLANK
/// count, each in a sequence of its own.
public struct StereoSetScorer: BenchmarkScorer {
    /// The benchmark's name.
    public let benchmark: String
    /// The conventions.
    public let profile: ScoringProfile
    /// Examples that are not scored, with the reason.
    public let skipped: [SkippedRow]
    /// The examples that are scored, in the order of the file.
    public let items: [StereoSetItem]
    /// Number of token probabilities that one scoring takes.
    public var predictionCount: Int { batch.predictions.count }

    private let batch: SentenceBatch
    /// For each sentence of each example, the batch's predictions of its scored tokens.
    private let places: [StereoSetTriple<[Int]>]

    private static func fillsIn(_ profile: ScoringProfile) -> Bool {
        [StereoSet.official, StereoSet.spaced].contains(profile)
    }

    /// Tokenises the examples and lays them out.
    init(_ set: StereoSet, tokenizer: any Tokenizer, profile: ScoringProfile, contextLength: Int) throws {
        var layout = try SentenceLayout(profile: profile, tokenizer: tokenizer, name: set.name)
        (items, places, skipped) = try layout.add(
            set.items, skipped: set.skipped, name: set.name, contextLength: contextLength,
            encode: { item in
                if Self.fillsIn(profile) {
                    return item.sentences.values.map {
                        Self.fillings(of: item.context, as: $0, tokenizer, profile, most: contextLength)
                    }
                }
                let texts = item.texts.map { tokenizer.encode($0) }
                guard item.followsContext else { return texts.map { [AskedText($0)] } }
                let context = tokenizer.encode(item.context)
                return texts.map { text in
                    [AskedText(text, asked: zip(context, text).prefix { $0 == $1 }.count..<text.count)]
                }
            },
            add: { layout, sentences in
                let scored = layout.add(together: sentences)
                return StereoSetTriple(stereotype: scored[0], antiStereotype: scored[1], unrelated: scored[2])
            })
        benchmark = set.name
        self.profile = profile
        batch = layout.batch
    }

    /// The pieces of the word that a sentence has in the place of a context's BLANK, each asked for where the pieces before it
    /// are filled in and the rest of the word is not; none where the sentence has no such word.
    ///
    /// As the authors and bias-bench have it: words are parted by single spaces, the last one with a BLANK is looked at, ASCII
    /// punctuation leaves the word, and every text is tokenised anew. Where a context has more BLANKs, all are filled in
    /// and the first is asked for.
    private static func fillings(
        of context: String, as sentence: String, _ tokenizer: any Tokenizer, _ profile: ScoringProfile, most: Int
    ) -> [AskedText] {
        func words(_ text: String) -> [Substring] { text.split(separator: " ", omittingEmptySubsequences: false) }
        guard let mask = tokenizer.maskToken, let place = words(context).lastIndex(where: { $0.contains("BLANK") }),
            place < words(sentence).count
        else { return [] }
        let punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~".unicodeScalars
        var word = String.UnicodeScalarView()
        word.append(contentsOf: words(sentence)[place].unicodeScalars.filter { !punctuation.contains($0) })
        let pieces = tokenizer.encode((profile == StereoSet.spaced ? " " : "") + String(word))
        // A word that alone is too long needs no look at each of its pieces to be refused.
        if pieces.count > most { return [AskedText(pieces)] }
        return pieces.indices.compactMap { index in
            let filled = tokenizer.decode(Array(pieces[..<index])) + tokenizer.bytes(of: mask)
            var tokens = tokenizer.encode(
                context.replacingOccurrences(of: "BLANK", with: String(decoding: filled, as: UTF8.self)))
            guard let place = tokens.firstIndex(of: mask) else { return nil }
            tokens[place] = pieces[index]
            return AskedText(tokens, asked: place..<place + 1)
        }
    }

    /// Scores every example under a model.
    ///
    /// - Parameter perToken: keeps the log-probability of every token.
    public func score(_ model: TransformerModel, perToken: Bool) -> BenchmarkTable<StereoSetScore> {
        let logs = batch.logProbabilities(model)
        let scores = zip(items, places).map { item, places in
            let named = zip(["stereotype", "antiStereotype", "unrelated"], perToken ? places.values : [])
            return StereoSetScore(
                row: item.row, id: item.id, target: item.target, domain: item.domain,
                means: places.map { mean($0.map { Double(logs[$0]) }) },
                probabilities: Self.fillsIn(profile) ? places.map { mean($0.map { exp(Double(logs[$0])) }) } : nil,
                sentences: named.map { batch.tokens($0, $1, logs) })
        }
        return BenchmarkTable(benchmark: benchmark, profile: profile, scores: scores, skipped: skipped)
    }

    /// The mean gap of one domain as a function of the model: stereotype less anti-stereotype, of the fill-in profiles too in
    /// log p; no terms when the domain has no examples.
    public func biasObjective(_ domain: String) -> BiasObjective {
        let chosen = zip(items, places).filter { $0.0.domain == domain }.map(\.1)
        return batch.objective(chosen.map(\.values), factors: [1, -1])
    }

    /// What one scoring takes of a model.
    public func load(_ model: TransformerModel) -> NetworkLoad { batch.load(model) }
}
