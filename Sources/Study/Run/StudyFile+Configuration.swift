import FileSupport
import LanguageModel
import StudyFiles
import Unlearn

extension StudyFile {
    /// How the study unlearns, with its first seed; retrainings change one thing of it.
    ///
    /// - Throws: ``InputError`` for a method that is not registered, or options that it does not have.
    package func unlearnConfiguration(_ registry: ObjectiveRegistry = .standard) throws -> UnlearnConfiguration {
        UnlearnConfiguration(
            method: try registry.choice(objective.method, objective.options, at: "objective"),
            forgetWeight: objective.weight, retainLoss: retain.flatMap { RetainLoss(rawValue: $0.loss) } ?? .none,
            retainWeight: retain?.weight ?? 0,
            optimizer: OptimizerConfiguration(
                name: OptimizerConfiguration.Name(rawValue: optimizer.name) ?? .adamw,
                learningRate: optimizer.learningRate, beta1: optimizer.beta1, beta2: optimizer.beta2,
                weightDecay: optimizer.weightDecay),
            scheduleShape: LearningRateSchedule.Shape(rawValue: optimizer.schedule) ?? .constant,
            warmupSteps: optimizer.warmup, clipNorm: optimizer.clip, batch: optimizer.batch,
            retainBatch: retain?.batch ?? optimizer.batch, steps: optimizer.steps, seed: UInt64(seeds[0]),
            parameters: parameters,
            lora: lowRank,
            budget: GuardBudget(
                perplexityRise: guardRule?.limits.perplexityRise, klDivergence: guardRule?.limits.kl,
                scores: guardRule?.scoreLimits(evaluate.custom)),
            checkEvery: guardRule?.checkEvery ?? 10)
    }

    /// Low-rank factors that are trained, if the study asks for it.
    private var lowRank: LowRankConfiguration? {
        optimizer.lora.map { LowRankConfiguration(rank: $0.rank, alpha: $0.alpha, modules: $0.modules) }
    }

    /// Refuses low-rank training that the model cannot have.
    ///
    /// - Throws: ``InputError`` for names of layers that it does not have, and for a model that is an adapter itself.
    func checkLowRank(_ layout: ParameterLayout) throws {
        guard let lowRank else { return }
        guard !ModelPath(model).isAdapter else {
            throw InputError(
                "the model is an adapter itself, and there are no adapters of adapters", at: "optimizer.lora",
                remedy: "merge it into its base model first, or leave optimizer.lora out")
        }
        _ = try lowRank.targets(in: layout)
    }

    /// Refuses what cannot be asked of a masked model, by name.
    ///
    /// - Throws: ``InputError`` with the study key.
    func checkKind(_ model: ModelConfiguration) throws {
        guard model.isMasked else { return }
        for (isAsked, key, what) in [
            (generate != nil, "generate", "\(model.type.title) does not go on with a text"),
            (
                why.mediation, "why.mediation",
                "shared subspaces are of a residual stream that blocks only add to, and \(model.type.title) norms it after "
                    + "every sum"
            ),
        ] where isAsked {
            throw InputError(what, at: key, remedy: "leave it out, or set it to false or none")
        }
    }

    /// Loads a model the way that the study takes gradients of it.
    func load(_ path: String) throws -> LoadedCheckpoint {
        let checkpoint = try CheckpointFolder.load(path, masked: true)
        try checkpoint.requireFrame(at: path)
        checkpoint.model.checkpointsActivations = optimizer.checkpointsActivations
        return checkpoint
    }
}
