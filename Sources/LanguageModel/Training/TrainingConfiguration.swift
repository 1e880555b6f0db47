import FileSupport

/// Everything that decides what ``Trainer`` makes from a text.
public struct TrainingConfiguration: Codable, Sendable, Equatable {
    /// Most tokens of a vocabulary that is learned, `<|endoftext|>` included.
    public var vocabularySize: Int
    /// Pairs of tokens that are rarer stay apart in a vocabulary that is learned.
    public var minimumFrequency: Int
    /// Most tokens of a sequence; longer documents are cut.
    public var contextLength: Int
    /// Width of the model.
    public var hiddenSize: Int
    /// Blocks.
    public var layerCount: Int
    /// Attention heads a block.
    public var headCount: Int
    /// Steps of the optimiser.
    public var steps: Int
    /// Sequences are packed into a step until it holds so many tokens.
    public var batchTokens: Int
    /// Learning rate at the end of the warm-up; it then falls along a cosine.
    public var learningRate: Double
    /// Steps of linear warm-up.
    public var warmupSteps: Int
    /// The last learning rate as a share of the peak.
    public var finalLearningRateFraction: Double
    /// AdamW's second decay; 0.95 suits short runs better than PyTorch's 0.999.
    public var beta2: Double
    /// Decoupled weight decay.
    public var weightDecay: Double
    /// Most that the gradient's norm may be.
    public var clipNorm: Double
    /// Share of the documents that is kept from training, to measure the loss on.
    public var heldOutFraction: Double
    /// Steps between two measurements on the held-out documents; the last step is always measured.
    public var evaluateEvery: Int
    /// Decides the first parameters, the held-out documents and the order of the rest.
    public var seed: UInt64

    /// Makes a configuration; the defaults train a small model within a minute on two cores.
    public init(
        vocabularySize: Int = 4096, minimumFrequency: Int = 1, contextLength: Int = 64, hiddenSize: Int = 96,
        layerCount: Int = 3, headCount: Int = 4, steps: Int = 1000, batchTokens: Int = 2048,
        learningRate: Double = 2e-3, warmupSteps: Int = 50, finalLearningRateFraction: Double = 0.05,
        beta2: Double = 0.95, weightDecay: Double = 0.01, clipNorm: Double = 1, heldOutFraction: Double = 0.02,
        evaluateEvery: Int = 200, seed: UInt64 = 1
    ) {
        self.vocabularySize = vocabularySize
        self.minimumFrequency = minimumFrequency
        self.contextLength = contextLength
        self.hiddenSize = hiddenSize
        self.layerCount = layerCount
        self.headCount = headCount
        self.steps = steps
        self.batchTokens = batchTokens
        self.learningRate = learningRate
        self.warmupSteps = warmupSteps
        self.finalLearningRateFraction = finalLearningRateFraction
        self.beta2 = beta2
        self.weightDecay = weightDecay
        self.clipNorm = clipNorm
        self.heldOutFraction = heldOutFraction
        self.evaluateEvery = evaluateEvery
        self.seed = seed
    }

    /// The sizes of the model for a vocabulary.
    func modelConfiguration(vocabularySize: Int) -> GPT2Configuration {
        GPT2Configuration(
            vocabularySize: vocabularySize, contextLength: contextLength, hiddenSize: hiddenSize,
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
