import LanguageModel
import LinearAlgebra

/// The tokens of retained text that a masked model is asked for in a step, as BERT was trained (Devlin et al. 2019, section 3.1):
/// each with a probability of 15 %, one of a piece at least, all hidden at once.
///
/// Those that are drawn are always hidden; in BERT's training a fifth of them stood as they were or as other words, to get the
/// model used to texts without mask tokens. A function of the seed and the step alone, so that a resumed run draws the same.
package struct MaskedTokens {
    /// The probability of a token.
    package static let share = 0.15

    private var stream: RandomStream

    init(seed: UInt64, step: Int) { stream = RandomStream(seed: seed, label: "masked tokens \(step)") }

    /// The next piece with its tokens drawn.
    mutating func draw(_ tokens: [Int32], of model: ModelConfiguration) -> ScoredText {
        guard let maskToken = model.maskToken else {
            preconditionFailure("a masked model without a mask token, which `check` refuses")
        }
        let all = model.askedPositions(of: tokens)
        var drawn = all.filter { _ in stream.uniform() < Self.share }
        if drawn.isEmpty, !all.isEmpty { drawn = [all.lowerBound + stream.index(below: all.count)] }
        return ScoredText([ScoredSequence(masking: drawn, of: tokens, maskToken: maskToken)])
    }
}
