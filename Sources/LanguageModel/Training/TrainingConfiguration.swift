import FileSupport

/// Everything that decides what ``Trainer`` makes from a text.
public struct TrainingConfiguration: Codable, Sendable, Equatable {
    /// Most tokens of a vocabulary that is learned, `<|endoftext|>` included.
    public var vocabularySize = 4096
    /// Pairs of tokens that are rarer stay apart in a vocabulary that is learned.
    public var minimumFrequency = 1
    /// Most tokens of a sequence; longer documents are cut.
    public var contextLength = 64
    /// Width of the model.
    public var hiddenSize = 96
    /// Blocks.
    public var layerCount = 3
    /// Attention heads a block.
    public var headCount = 4
    /// Steps of the optimiser.
    public var steps = 1000
    /// Sequences are packed into a step until it holds so many tokens.
    public var batchTokens = 2048
    /// Learning rate at the end of the warm-up; it then falls along a cosine.
    public var learningRate: Double = 2e-3
    /// Steps of linear warm-up.
    public var warmupSteps = 50
    /// The last learning rate as a share of the peak.
    public var finalLearningRateFraction: Double = 0.05
    /// AdamW's second decay; 0.95 suits short runs better than PyTorch's 0.999.
    public var beta2: Double = 0.95
    /// Decoupled weight decay.
    public var weightDecay: Double = 0.01
    /// Most that the gradient's norm may be.
    public var clipNorm: Double = 1
    /// Share of the documents that is kept from training, to measure the loss on.
    public var heldOutFraction: Double = 0.02
    /// Steps between two measurements on the held-out documents; the last step is always measured.
    public var evaluateEvery = 200
    /// Decides the first parameters, the held-out documents and the order of the rest.
    public var seed: UInt64 = 1

    /// The defaults, which train a small model within a minute on two cores.
    public init() {}

    func modelConfiguration(vocabularySize: Int) -> ModelConfiguration {
        ModelConfiguration(
            .gpt2, vocabularySize: vocabularySize, contextLength: contextLength, hiddenSize: hiddenSize,
            layerCount: layerCount, headCount: headCount)
    }

    /// Checks every field.
    ///
    /// - Throws: ``InputError`` that names the field and its value.
    func validate() throws {
        func require(_ condition: Bool, _ field: String, _ value: some CustomStringConvertible, _ wanted: String) throws
        {
            if !condition { throw InputError("\(field) is \(value)", at: "training configuration", remedy: wanted) }
        }
        for (field, value) in [
            ("hiddenSize", hiddenSize), ("layerCount", layerCount), ("headCount", headCount), ("steps", steps),
            ("batchTokens", batchTokens), ("evaluateEvery", evaluateEvery),
        ] { try require(value >= 1, field, value, "choose at least 1") }
        try require(contextLength >= 2, "contextLength", contextLength, "choose at least 2")
        try require(warmupSteps >= 0, "warmupSteps", warmupSteps, "choose at least 0")
        try require(hiddenSize % headCount == 0, "headCount", headCount, "choose a divisor of hiddenSize \(hiddenSize)")
        try require(learningRate > 0 && learningRate.isFinite, "learningRate", learningRate, "choose a positive number")
        try require(clipNorm > 0, "clipNorm", clipNorm, "choose a positive number")
        try require(weightDecay >= 0, "weightDecay", weightDecay, "choose at least 0")
        try require(0 <= beta2 && beta2 < 1, "beta2", beta2, "choose at least 0 and less than 1")
        try require(
            0 <= heldOutFraction && heldOutFraction < 1, "heldOutFraction", heldOutFraction,
            "choose at least 0 and less than 1")
    }
}
