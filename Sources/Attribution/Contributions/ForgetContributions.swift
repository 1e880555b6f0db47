import LanguageModel
import LinearAlgebra
import Unlearn

/// What every forget sentence and every harmful word did to some biases, to first order.
///
/// With ḡ the gradient of a bias averaged along the update (``PathGradient``), τ = ⟨ḡ, Δθ⟩. Without weight decay
/// Δθ = −Σ_s c_s ⊙ g_s over the steps (``Unlearn/UpdateDecomposition/walk(limit:folder:onPrepared:body:)``), and the forget term of g_s is a
/// sum over harmful tokens. So a token's contribution is −factor · ⟨ḡ ⊙ c_s, ∇ log p⟩ at the θ of its step, and the
/// contributions of all tokens, the retain term's and weight decay's add up to τ but for quadrature and rounding.
package struct ForgetContributions: Sendable, Equatable {
    /// How often a step used each sentence of the forget set.
    package var uses: [Int]
    /// Contribution to τ by bias and sentence, `(biases, sentences)`.
    package var bySentence: [[Double]]
    /// Harmful words, spelled as ``Unlearn/WordFinder/folded(_:)`` does, in order.
    package var words: [String]
    /// How many harmful tokens of each word the steps used.
    package var wordUses: [Int]
    /// Contribution to τ by bias and word, `(biases, words)`.
    package var byWord: [[Double]]
    /// Whether the coefficients were exact.
    package var isExact: Bool

    /// Measures them along a run's update decomposition.
    ///
    /// Costs the run (twice with AdamW) and two scorings of a step's sentences for each bias.
    /// Memory, in models: 8 with AdamW, and one for each bias; gradients that lie in a file take none, and a folder
    /// for what is seldom looked at saves two.
    ///
    /// - Parameters:
    ///   - gradients: ḡ of each bias, laid out as the model before.
    ///   - limit: bytes for exact coefficients; see ``Unlearn/UpdateDecomposition/walk(limit:folder:onPrepared:body:)``.
    ///   - folder: where coefficients lie that are large; nil keeps them in memory.
    ///   - progress: called after every step with the number done, of 2 × steps with AdamW and of steps with SGD; what it
    ///     throws ends the work.
    /// - Throws: `InputError` when a gradient is not finite, and with
    ///   ``Unlearn/UpdateDecomposition/lacksTokenWeights`` where the objective is no sum over tokens.
    package init(
        _ decomposition: UpdateDecomposition, gradients: [FloatBuffer], limit: Int = 2 << 30, folder: String? = nil,
        progress: (Int) throws -> Void = { _ in }
    ) throws {
        let sentences = decomposition.forget.sentences
        // The word that each harmful position spells; where two overlap, the first.
        let spelled = sentences.map { sentence in
            Dictionary(
                sentence.harmful.flatMap { word in word.positions.map { ($0, WordFinder.folded(word.text)) } },
                uniquingKeysWith: { first, _ in first })
        }
        let words = Set(spelled.flatMap(\.values)).sorted()
        let index = Dictionary(uniqueKeysWithValues: words.enumerated().map { ($1, $0) })
        var uses = [Int](repeating: 0, count: sentences.count)
        var wordUses = [Int](repeating: 0, count: words.count)
        var bySentence = gradients.map { _ in [Double](repeating: 0, count: sentences.count) }
        var byWord = gradients.map { _ in [Double](repeating: 0, count: words.count) }

        var derivative: DirectionalDerivative?
        var done = 0
        func advance() throws {
            done += 1
            try progress(done)
        }
        isExact = try decomposition.walk(limit: limit, folder: folder, onPrepared: { _ in try advance() }) { step in
            for sentence in step.sentences { uses[sentence] += 1 }
            let wordOf = step.sources.map { source in spelled[source.sentence][source.position].flatMap { index[$0] } }
            for word in wordOf { if let word { wordUses[word] += 1 } }
            // The steps of a walk share one model.
            let slope = derivative ?? DirectionalDerivative(step.model)
            derivative = slope
            slope.prepare(step.predictions, in: step.sequences)
            for (bias, gradient) in gradients.enumerated() {
                let slopes = slope.values(bias, along: gradient, times: step.coefficients)
                for (t, slope) in slopes.enumerated() {
                    let value = -Double(step.predictions[t].weight) * slope
                    bySentence[bias][step.sources[t].sentence] += value
                    if let word = wordOf[t] { byWord[bias][word] += value }
                }
            }
            try advance()
        }
        self.uses = uses
        self.bySentence = bySentence
        self.words = words
        self.wordUses = wordUses
        self.byWord = byWord
    }

    /// ⟨ḡ, part⟩ in double precision: what a part of the update did to a bias.
    package static func product(_ gradient: FloatBuffer, _ part: FloatBuffer) -> Double {
        precondition(gradient.count == part.count)
        return blockSum(0..<part.count, gradient.pointer, part.pointer)
    }
}
