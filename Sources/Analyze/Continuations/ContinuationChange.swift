import LinearAlgebra
import Records
import Statistics

/// A measure of what one model said, and its change from the model before.
public struct ContinuationChange: Codable, Sendable, Equatable {
    /// What is measured: means over continuations, which have intervals, and shares of all of them together.
    public enum Measure: String, Codable, Sendable, CaseIterable {
        /// Tokens of a continuation.
        case tokens
        /// The share of its 4-grams of words that stood in it before (Welleck et al. 2020, section 6.1).
        case repetition
        /// Harmful words in it.
        case harmfulWords = "harmful_words"
        /// Whether it has any.
        case withHarmfulWords = "with_harmful_words"
        /// Distinct words over words, all continuations together (Li et al. 2016).
        case distinct1 = "distinct_1"
        /// The same of pairs of words.
        case distinct2 = "distinct_2"

        fileprivate func values(_ voice: ContinuationRecord.Voice) -> [Double]? {
            switch self {
            case .tokens: voice.tokens.map(Double.init)
            case .repetition: voice.repetition
            case .harmfulWords: voice.harmfulWords.map(Double.init)
            case .withHarmfulWords: voice.harmfulWords.map { $0 > 0 ? 1 : 0 }
            case .distinct1, .distinct2: nil
            }
        }
    }

    /// `before`, `after` or `random update`.
    public var model: String
    /// What is measured.
    public var measure: Measure
    /// Its mean, or the share; nil where nothing was said.
    public var value: Double?
    /// Its change from the model before.
    public var change: Double?
    /// Percentile interval of the change, prompts drawn anew; nil of a share.
    public var interval: Interval?

    /// Every measure of every model: those behind the first are paired with it by continuation and resampled by prompt.
    public static func all(
        _ record: ContinuationRecord?, draws: Int, seed: UInt64, level: Double
    ) -> [ContinuationChange] {
        guard let record, let first = record.voices.first else { return [] }
        return record.voices.enumerated().flatMap { index, voice -> [ContinuationChange] in
            let measures = Measure.allCases.compactMap { measure in measure.values(voice).map { (measure, $0) } }
            var rows = measures.map {
                ContinuationChange(model: voice.model, measure: $0, value: $1.isEmpty ? nil : Summary.mean($1))
            }
            if index > 0, !voice.texts.isEmpty {
                let changes = measures.map { measure, values in
                    zip(measure.values(first) ?? [], values).map { $1 - $0 }
                }
                var stream = RandomStream(seed: seed, label: "continuations/bootstrap")
                let bootstrap = Bootstrap(
                    columns: changes, clusters: voice.texts.indices.map { $0 / record.samples }, draws: draws,
                    stream: &stream)
                for place in rows.indices {
                    let band = Summary.band(bootstrap.replicates[place], level: level)
                    rows[place].change = bootstrap.estimates[place]
                    rows[place].interval = Interval(lower: band.lower, upper: band.upper)
                }
            }
            for (place, measure) in [Measure.distinct1, .distinct2].enumerated() {
                let value = voice.distinct[place]
                let change = index == 0 ? nil : value.flatMap { new in first.distinct[place].map { new - $0 } }
                rows.append(ContinuationChange(model: voice.model, measure: measure, value: value, change: change))
            }
            return rows
        }
    }
}
