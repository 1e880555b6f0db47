import FileSupport
import Foundation
import LinearAlgebra

/// Where a training stands after a step.
public struct TrainingPoint: Codable, Sendable, Equatable {
    /// Steps made.
    public var step: Int
    /// Steps in all.
    public var steps: Int
    /// Mean negative log-likelihood a token of the step's batch, before the step, in nats.
    public var loss: Double
    /// The same on the held-out documents after the step, where it was measured.
    public var heldOutLoss: Double?
    /// Learning rate of the step.
    public var learningRate: Double
    /// Norm of the gradient before clipping.
    public var gradientNorm: Double
}

/// What a training used and reached.
public struct TrainingSummary: Codable, Sendable, Equatable {
    /// Steps made.
    public var steps: Int
    /// Tokens predicted over all steps.
    public var tokens: Int
    /// Sequences to train on.
    public var trainingSequences: Int
    /// Documents held out.
    public var heldOutDocuments: Int
    /// Tokens predicted in them.
    public var heldOutTokens: Int
    /// Tokens in the vocabulary.
    public var vocabularySize: Int
    /// Parameters of the model.
    public var parameterCount: Int
    /// Mean training loss over the last tenth of the steps, in nats a token.
    public var trainingLoss: Double
    /// Loss on the held-out documents at the end, in nats a token; nil when none were held out.
    public var heldOutLoss: Double?
    /// exp of ``heldOutLoss``.
    public var heldOutPerplexity: Double?
    /// Every step that was measured on the held-out documents.
    public var measurements: [TrainingPoint]
}

/// Trains a small GPT-2, and the vocabulary for it, from text.
public enum Trainer {
    /// The documents of text files: one on each line that is not blank.
    ///
    /// - Throws: ``InputError`` when a file cannot be read or is not UTF-8.
    public static func documents(inFiles paths: [String]) throws -> [String] {
        try paths.flatMap { path in
            // Split by bytes: "\r\n" is one Character, which a split at "\n" would miss.
            try Input.text(path).utf8.split(separator: 0x0A).compactMap { line in
                let text = String(decoding: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self)
                return text.allSatisfy(\.isWhitespace) ? nil : text
            }
        }
    }

    /// Trains a model.
    ///
    /// The same texts, configuration, threads and machine give the same bits.
    ///
    /// - Parameters:
    ///   - texts: one document each.
    ///   - tokenizer: one to reuse; nil learns one from `texts`.
    ///   - progress: called after every step; false ends the training early, and what was reached is returned.
    /// - Throws: ``InputError`` when a setting is impossible or there is no text; ``UnfinishedError`` when the training
    ///   diverges.
    public static func train(
        texts: [String], configuration: TrainingConfiguration, tokenizer given: ByteLevelBPE? = nil,
        progress: (TrainingPoint) -> Bool = { _ in true }
    ) throws -> (TransformerModel, ByteLevelBPE, TrainingSummary) {
        try configuration.validate()
        let tokenizer =
            try given
            ?? ByteLevelBPE.train(
                texts: texts, vocabularySize: configuration.vocabularySize,
                minimumFrequency: configuration.minimumFrequency)
        guard let begin = tokenizer.beginToken else {
            throw InputError(
                "the tokenizer has no \(ByteLevelBPE.endOfText)", at: "training", remedy: "use another tokenizer")
        }
        let data = try TrainingData(texts, tokenizer, begin: begin, configuration)
        try configuration.requireMemory(vocabularySize: tokenizer.vocabularySize)
        let model = TransformerModel(
            configuration: configuration.modelConfiguration(vocabularySize: tokenizer.vocabularySize),
            seed: configuration.seed)
        var run = Run(model: model, data: data, configuration: configuration)
        for step in 0..<configuration.steps {
            let point = try run.step(step)
            if !progress(point) { break }
        }
        return (model, tokenizer, run.summary(vocabularySize: tokenizer.vocabularySize))
    }

    /// Mean negative log-likelihood a token; nil for no sequences.
    private static func loss(_ model: TransformerModel, _ sequences: [TrainingData.Sequence]) -> Double? {
        guard !sequences.isEmpty else { return nil }
        let (packed, predictions) = TrainingData.pack(sequences)
        let sum = model.logProbabilities(predictions, in: packed).reduce(0.0) { $0 + Double($1) }
        return -sum / Double(predictions.count)
    }

    /// The state of a training.
    private struct Run {
        let model: TransformerModel
        let data: TrainingData
        let configuration: TrainingConfiguration
        let schedule: LearningRateSchedule
        let optimizer: Optimizer
        let gradient: FloatBuffer
        let batches: AnyIterator<[TrainingData.Sequence]>
        var losses: [Double] = []
        var tokens = 0
        var measurements: [TrainingPoint] = []

        init(model: TransformerModel, data: TrainingData, configuration: TrainingConfiguration) {
            self.model = model
            self.data = data
            self.configuration = configuration
            schedule = LearningRateSchedule(
                shape: .cosine, peak: configuration.learningRate, warmupSteps: configuration.warmupSteps,
                totalSteps: configuration.steps, finalFraction: configuration.finalLearningRateFraction)
            optimizer = Optimizer(
                OptimizerConfiguration(
                    learningRate: configuration.learningRate, beta2: configuration.beta2,
                    weightDecay: configuration.weightDecay), layout: model.layout)
            gradient = FloatBuffer(count: model.layout.count)
            batches = data.batches(tokens: configuration.batchTokens)
        }

        mutating func step(_ step: Int) throws -> TrainingPoint {
            let (packed, predictions) = TrainingData.pack(batches.next() ?? [])
            gradient.pointer.update(repeating: 0, count: gradient.count)
            let loss = model.accumulateGradient(
                of: [.weightedLogLikelihood(predictions)], in: packed, into: gradient)[0]
            let rate = schedule.rate(step: step)
            let norm = optimizer.step(
                values: model.values, gradient: gradient, learningRate: rate, clipNorm: configuration.clipNorm)
            guard loss.isFinite, norm.isFinite else {
                throw UnfinishedError(
                    "the training diverged at step \(step + 1)", kept: "nothing was written",
                    resume: "choose a lower learning rate")
            }
            losses.append(loss)
            tokens += predictions.count
            let isMeasured = (step + 1) % configuration.evaluateEvery == 0 || step + 1 == configuration.steps
            let point = TrainingPoint(
                step: step + 1, steps: configuration.steps, loss: loss,
                heldOutLoss: isMeasured ? Trainer.loss(model, data.heldOut) : nil, learningRate: rate,
                gradientNorm: norm)
            if isMeasured { measurements.append(point) }
            return point
        }

        func summary(vocabularySize: Int) -> TrainingSummary {
            let last = losses.suffix(max(1, losses.count / 10))
            // A training that was ended early may have no measurement of its last step.
            let measured = measurements.last.flatMap { $0.step == losses.count ? $0.heldOutLoss : nil }
            let heldOutLoss = measured ?? Trainer.loss(model, data.heldOut)
            return TrainingSummary(
                steps: losses.count, tokens: tokens, trainingSequences: data.training.count,
                heldOutDocuments: data.heldOutDocuments,
                heldOutTokens: data.heldOut.reduce(0) { $0 + $1.targets.count }, vocabularySize: vocabularySize,
                parameterCount: model.layout.count, trainingLoss: last.reduce(0, +) / Double(max(1, last.count)),
                heldOutLoss: heldOutLoss, heldOutPerplexity: heldOutLoss.map { exp($0) }, measurements: measurements)
        }
    }
}
