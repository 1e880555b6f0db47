/// How far a score may go from that of the model before.
public struct ScoreLimit: Codable, Equatable, Sendable {
    /// Which way counts against the budget.
    public enum Direction: String, Codable, Sendable {
        /// A lower score is worse.
        case fall
        /// A higher score is worse.
        case rise
        /// Both are.
        case either
    }

    /// The score's name, under which it is measured.
    public var name: String
    /// The largest change that is allowed, in the score's own unit.
    public var change: Double
    /// Which way counts.
    public var worse: Direction

    /// Makes a limit.
    public init(name: String, change: Double, worse: Direction) {
        (self.name, self.change, self.worse) = (name, change, worse)
    }

    /// StereoSet's language model score.
    package static let lms = "lms"
    /// The toxicity contrast of HateCheck.
    package static let hateCheck = "hatecheck"
    /// That of a command of the study.
    package static func custom(_ name: String) -> String { "custom " + name }

    /// How far a score has gone the way that counts, in its own unit; below 0 where it went the other way.
    package func worsening(from baseline: Double, to value: Double) -> Double {
        switch worse {
        case .fall: baseline - value
        case .rise: value - baseline
        case .either: abs(value - baseline)
        }
    }

    /// The limit that a score has passed; nil while it has not. Written so that what is no number has passed it.
    package func passed(_ value: Double, baseline: Double) -> Double? {
        switch worse {
        case .fall: value >= baseline - change ? nil : baseline - change
        case .rise: value <= baseline + change ? nil : baseline + change
        case .either:
            abs(value - baseline) <= change ? nil : value < baseline ? baseline - change : baseline + change
        }
    }
}
