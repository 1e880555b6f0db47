import Evaluate
import LanguageModel
import LinearAlgebra
import Unlearn

/// The units that the costs of stages are told in, counted from the model's shapes and the texts as they are laid out.
final class CostModel {
    private let plan: StudyPlan
    private let model: TransformerModel
    private(set) lazy var leadingScoring = scoring(plan.leadingScorer)
    private(set) lazy var scoring = plan.scorers.reduce(Work()) { $0 + scoring($1) }
    /// One comparison of a model with what θ0 predicts on the probe.
    let comparison: Work
    /// The domains that have pairs on the leading benchmark.
    private(set) lazy var domains = plan.objectives.count
    let modelBytes: Double
    /// Bytes of a model whose input and output embeddings are two matrices.
    let untiedBytes: Double
    /// Bytes of what θ0 predicts on the probe.
    let probeBytes: Double

    init(_ plan: StudyPlan) {
        self.plan = plan
        let model = plan.inputs.before
        self.model = model
        let probe = plan.probe
        comparison = Work(forward: model.forwardOperations(model.load(of: probe.rows, in: probe.sequences)))
        modelBytes = Double(model.layout.count) * 4
        untiedBytes = modelBytes + (model.hasTiedEmbeddings ? Double(model.outputEmbedding.count) * 4 : 0)
        probeBytes = Double(probe.rows.count) * Double(model.configuration.vocabularySize) * 4
    }

    func scoring(_ scorer: any BenchmarkScorer) -> Work { Work(forward: model.forwardOperations(scorer.load(model))) }

    /// Bytes that the scores of a changed model take on disk.
    var gapBytes: Double { Double(plan.scorers.reduce(0) { $0 + $1.items.count }) * 4 + 200 }
    /// Bytes of the input embeddings before and after.
    var embeddingBytes: Double { Double(model.inputEmbedding.count) * 8 }

    /// Forward passes over as many short sentences, without the head.
    func forward(sentences: Int, length: Double) -> Work {
        Work(forward: model.forwardOperations(load(sentences: Double(sentences), length: length, rows: 0)))
    }

    /// One gradient of the bias of every domain on a benchmark.
    func gradients(_ scorer: any BenchmarkScorer) -> Work {
        scorer.domains.reduce(Work()) { sum, domain in
            let objective = scorer.biasObjective(domain)
            let load = model.load(of: objective.predictions.map(\.row), in: objective.sequences, backward: true)
            return sum + Work(training: 3 * model.forwardOperations(load))
        }
    }

    var parameters: Double { modelBytes / 4 }

    /// What models and gradients take in memory that lie in files where they are large.
    func inMemory(_ bytes: Double) -> Double { Int(parameters) < FloatBuffer.leastInFile ? bytes : 0 }

    /// One pass over the parameters: an update applied, a norm, an optimizer step.
    func sweeps(_ count: Double) -> Work { Work(touched: count * parameters) }

    func perplexity(_ text: PerplexityText?) -> Work {
        guard let text else { return Work() }
        return Work(forward: model.forwardOperations(model.load(of: text.predictions.map(\.row), in: text.sequences)))
    }

    /// What the network takes of some texts, as many of a mean size as are drawn.
    private func load(_ texts: [ScoredText], drawn: Double) -> NetworkLoad {
        let sequences = texts.flatMap(\.sequences)
        let share = drawn / Double(max(1, texts.count))
        return load(
            sentences: Double(sequences.count) * share,
            length: Double(sequences.reduce(0) { $0 + $1.inputs.count }) / Double(max(1, sequences.count)),
            rows: Double(texts.reduce(0) { $0 + $1.count }) * share)
    }

    /// Forward passes over as many sentences of a mean length, with the head at every `rows` of them.
    private func load(sentences: Double, length: Double, rows: Double) -> NetworkLoad {
        var load = NetworkLoad()
        load.tokens = sentences * length
        load.attended = sentences * length * (model.isMasked ? length : (length + 1) / 2)
        load.rows = rows
        return load
    }

    /// One step of an unlearning: forget and retain term, both ways, and the optimizer.
    func step(_ configuration: UnlearnConfiguration, forget: ForgetSet) -> Work {
        let objective = configuration.method.objective
        let comparesPairs = objective.needs.contains(.pairs)
        let sizes = model.configuration
        let texts =
            comparesPairs
            ? forget.pairs.flatMap { [sizes.scored($0.first), sizes.scored($0.second)] }
            : forget.sentences.map { sizes.scored($0, objective.scope) }
        let forgetLoad = load(texts, drawn: Double(configuration.batch * (comparesPairs ? 2 : 1)))
        var work = Work(training: 3 * model.forwardOperations(forgetLoad))
        if objective.measures { work.forward += model.forwardOperations(forgetLoad) }
        let retainTerms =
            (configuration.retainLoss != .none && configuration.retainWeight > 0 ? 1.0 : 0)
            + (objective.needs.contains(.retainText) ? 1 : 0)
        if retainTerms > 0, let pieces = plan.inputs.retain?.pieces {
            // A masked model is asked for some tokens of a piece in one sequence.
            let mean = Double(pieces.pieces.reduce(0) { $0 + $1.count }) / Double(max(1, pieces.pieces.count)) - 1
            let tokens = Double(configuration.retainBatch) * mean
            let retain = load(
                sentences: Double(configuration.retainBatch), length: mean,
                rows: tokens * (model.isMasked ? MaskedTokens.share : 1))
            work.training += 3 * retainTerms * model.forwardOperations(retain)
            // θ0 is run beside for the divergence and for states.
            if configuration.retainLoss == .kl || objective.needs.contains(.retainText) {
                work.forward += model.forwardOperations(retain)
            }
        }
        return work + sweeps(6)
    }

    /// All checks of the guard in a run: perplexity, and the divergence where it has a budget.
    func checks(_ configuration: UnlearnConfiguration) -> Work {
        guard let text = plan.inputs.guardText else { return Work() }
        let pieces = text.pieces.spread(overTokens: configuration.guardTokens).pieces
        let look = Work(
            forward: model.forwardOperations(
                load(pieces.map { model.configuration.scored($0) }, drawn: Double(pieces.count))))
        let count = 1 + configuration.steps / max(1, configuration.checkEvery)
        return look * Double(count) * (configuration.budget.klDivergence == nil ? 1 : 3)
    }

    /// A whole unlearning without scorings.
    func unlearning(_ configuration: UnlearnConfiguration, forget: ForgetSet) -> Work {
        step(configuration, forget: forget) * Double(configuration.steps) + checks(configuration)
    }

    /// Bytes of gradients and moments, and of low-rank factors where these are trained.
    func trainingBytes(_ configuration: UnlearnConfiguration) -> Double {
        let moments = configuration.optimizer.name == .adamw ? 2.0 : 1
        let gradients = modelBytes * Double(1 + configuration.method.objective.heldGradients)
        // A layer that the model does not have was refused when the inputs were read.
        let factors = try? configuration.lora?.count(in: plan.inputs.before.layout)
        return gradients + (factors.map { Double(4 * $0) * (2 + moments) } ?? modelBytes * moments)
    }

    /// Floats of the activations of a backward pass, roughly: 36 a channel and block and token, of 1,024 tokens at most.
    var activationBytes: Double {
        let c = model.configuration
        return 1024 * 4 * 36 * Double(c.hiddenSize) * Double(model.checkpointsActivations ? 1 : c.layerCount)
    }
}
