import Analyze

/// What the replay stage stores under /replay, beside the matrices of the split.
struct DecompositionRecord: Codable, Equatable {
    /// A word whose rows are split.
    struct Word: Codable, Equatable {
        var domain: String
        var group: String
        var word: String
        /// Rows of the matrices.
        var rows: [Int]
        var exposure: String
        var inTwoConcepts: Bool
    }

    /// Steps that were repeated.
    var steps = 0
    /// ‖θ replayed − θ1‖/‖Δθ‖.
    var replayError: Double?
    /// Token of each row of the matrices.
    var tokens: [Int] = []
    /// The words that the rows belong to.
    var words: [Word] = []
    /// What was left out, with reasons.
    var notDone: [NotComputed] = []

    static let name = "replay"
}
