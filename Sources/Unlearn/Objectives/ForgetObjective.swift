import LanguageModel

/// The forget term of a loss, as positions to predict and their weights.
///
/// A new method is a new conformer and a case of ``ForgetMethod``; the loop does not change.
protocol ForgetObjective: Sendable {
    /// The formula, for reports.
    var formula: String { get }
    /// The sequences of a batch and the factor of each log p, such that Σ factor · log p is the loss to minimise.
    func sequences(for sentences: [ForgetSentence]) -> [ScoredSequence]
}

/// A sequence and the positions whose tokens are predicted from what stands before them.
struct ScoredSequence: Sendable {
    /// The tokens that are given to the model: up to the one before the last position predicted, since a causal
    /// model takes nothing from those behind it.
    let inputs: [Int32]
    /// Position `p` of the text is predicted at row `p - 1` of ``inputs``.
    let targets: [(row: Int, token: Int32)]
    /// The factor of every log p.
    let weight: Float

    /// - Parameter positions: ascending, all at least 1.
    init(tokens: [Int32], positions: [Int], weight: Float) {
        inputs = Array(tokens.prefix(positions.last ?? 0))
        targets = positions.map { (row: $0 - 1, token: tokens[$0]) }
        self.weight = weight
    }

    /// Every token of a piece but the first.
    init(piece: [Int32], weight: Float) {
        self.init(tokens: piece, positions: Array(1..<max(1, piece.count)), weight: weight)
    }
}
