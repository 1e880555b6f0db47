import LinearAlgebra

/// The movement of embedding rows, split by what moved them.
public struct DriftSplit: Sendable, Equatable {
    /// What the forget term did through the output side (logits), `(rows, D)`.
    public var output: Matrix<Float>
    /// What the forget term did through the input side (lookups).
    public var input: Matrix<Float>
    /// What the retain term did, both sides.
    public var retain: Matrix<Float>
    /// What weight decay did; nil for a run without it.
    public var decay: Matrix<Float>?
    /// The movement itself, as snapshotted.
    public var actual: Matrix<Float>

    package init(
        output: Matrix<Float>, input: Matrix<Float>, retain: Matrix<Float>, decay: Matrix<Float>? = nil,
        actual: Matrix<Float>
    ) {
        (self.output, self.input, self.retain) = (output, input, retain)
        (self.decay, self.actual) = (decay, actual)
    }
}

/// What the decomposition of the update into what its terms did told.
public struct DecompositionRecord: Codable, Equatable, Sendable {
    /// Steps that were repeated.
    public var steps = 0
    /// ‖θ repeated − θ1‖/‖Δθ‖: how well the repeated steps met the run.
    public var replayError: Double?
    /// Token of each row of the matrices.
    public var tokens: [Int] = []
    /// The words that the rows belong to; `rows` are those of the matrices.
    public var words: [DriftWord] = []
    /// What was left out, with reasons.
    public var notDone: [NotComputed] = []
    /// The movement of the rows; nil when no step was kept.
    public var split: DriftSplit?

    /// The domain under which the forgotten tokens themselves are listed.
    public static let harmfulWords = "harmful words"

    enum CodingKeys: CodingKey { case steps, replayError, tokens, words, notDone }

    package init() {}
}
