import Foundation

/// What an unlearning says of itself beside why it ended: that it did nothing, does nothing any more, or did too much.
public enum UnlearningRemark: Codable, Equatable, Sendable, CustomStringConvertible {
    /// The model after has the bits of the model before; `keptStep` is 0 where the steps were taken back.
    case noParameterChanged(keptStep: Int)
    /// The mean forget loss of the last `steps` steps (a quarter of all, two or more) is within ``stillShare`` of that of as
    /// many steps before them, measured by the mean size of the loss in the first quarter.
    case forgetLossIsStill(steps: Int, earlier: Double, last: Double)
    /// Perplexity on the guard text was not finite, or above ``collapseFactor`` times that of the model before; the first
    /// check at which it showed. `isPseudo` is true of a masked model's pseudo-perplexity.
    case collapsed(step: Int, perplexity: Double, before: Double, isPseudo: Bool? = nil)

    /// The share of its first size by which a forget loss that moves changes between the third quarter of the steps and
    /// the last.
    public static let stillShare = 0.01

    /// How many times its perplexity before makes a model a collapsed one.
    public static let collapseFactor = 10.0

    /// One line in words.
    public var description: String {
        func text(_ value: Double) -> String { String(format: "%.4g", value) }
        switch self {
        case .noParameterChanged(let keptStep):
            let why =
                keptStep == 0
                ? "all steps were taken back" : "frozen parameters, or steps too small for 32-bit numbers"
            return "no parameter changed, bit for bit: " + why
        case .forgetLossIsStill(let steps, let earlier, let last):
            return "the forget loss no longer moves: \(text(earlier)), then \(text(last)) on average over the last two "
                + "times \(steps) steps"
        case .collapsed(let step, let perplexity, let before, let isPseudo):
            let name = ScoringProfile.perplexityName(isMasked: isPseudo == true)
            return "the model collapsed: \(name) \(text(perplexity)) on the guard text at step \(step), "
                + "\(text(before)) before"
        }
    }
}
