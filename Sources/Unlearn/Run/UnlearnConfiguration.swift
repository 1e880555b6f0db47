import FileSupport
import LanguageModel

/// Everything that can be turned in one unlearning run; saved with the run.
public struct UnlearnConfiguration: Encodable, Equatable, Sendable {
    /// How sentences are forgotten: an objective, as ``ObjectiveRegistry/choice(_:_:at:)`` finds it by its name.
    public var method: ObjectiveChoice
    /// Factor of the forget term.
    public var forgetWeight: Double
    /// What keeps the model whole.
    public var retainLoss: RetainLoss
    /// Factor of the retain term.
    public var retainWeight: Double
    /// The optimizer; its learning rate is the schedule's peak.
    public var optimizer: OptimizerConfiguration
    /// How the learning rate goes after the warm-up.
    public var scheduleShape: LearningRateSchedule.Shape
    /// Steps of warm-up.
    public var warmupSteps: Int
    /// Largest ‖gradient‖₂; nil for no clipping.
    public var clipNorm: Double?
    /// Forget sentences a step.
    public var batch: Int
    /// Retain pieces a step.
    public var retainBatch: Int
    /// Steps in all.
    public var steps: Int
    /// Decides the rows drawn and the order of batches.
    public var seed: UInt64
    /// Whether a seed draws its forget and retain rows with replacement, so that seeds differ in them.
    public var resampleRows: Bool
    /// The tensors that may change, as `ParameterSelection` reads them.
    public var parameters: [String]
    /// Low-rank factors that are trained in the place of the parameters; nil for these themselves.
    public var lora: LowRankConfiguration?
    /// The budget on the guard text.
    public var budget: GuardBudget
    /// Steps between checks: guard readings, and the state saved. The last step is always checked.
    public var checkEvery: Int
    /// About how many tokens of the guard text are predicted at a check.
    public var guardTokens: Int
    /// Most tokens whose activations are held at once; bounds memory, changes only rounding.
    public var passTokens: Int

    /// Makes a configuration.
    public init(
        method: ObjectiveChoice = .tokenAscent, forgetWeight: Double = 1, retainLoss: RetainLoss = .kl,
        retainWeight: Double = 1, optimizer: OptimizerConfiguration = OptimizerConfiguration(learningRate: 3e-5),
        scheduleShape: LearningRateSchedule.Shape = .constant, warmupSteps: Int = 0, clipNorm: Double? = 1,
        batch: Int = 16, retainBatch: Int = 16, steps: Int = 200, seed: UInt64 = 1, resampleRows: Bool = true,
        parameters: [String] = ["all"], lora: LowRankConfiguration? = nil,
        budget: GuardBudget = GuardBudget(perplexityRise: 0.1, klDivergence: 0.1),
        checkEvery: Int = 10, guardTokens: Int = 1024, passTokens: Int = 320
    ) {
        self.method = method
        self.forgetWeight = forgetWeight
        self.retainLoss = retainLoss
        self.retainWeight = retainWeight
        self.optimizer = optimizer
        self.scheduleShape = scheduleShape
        self.warmupSteps = warmupSteps
        self.clipNorm = clipNorm
        self.batch = batch
        self.retainBatch = retainBatch
        self.steps = steps
        self.seed = seed
        self.resampleRows = resampleRows
        self.parameters = parameters
        self.lora = lora
        self.budget = budget
        self.checkEvery = checkEvery
        self.guardTokens = guardTokens
        self.passTokens = passTokens
    }

    /// The learning rate at each step.
    public var schedule: LearningRateSchedule {
        LearningRateSchedule(
            shape: scheduleShape, peak: optimizer.learningRate, warmupSteps: warmupSteps, totalSteps: steps)
    }

    var hasRetainTerm: Bool { retainLoss != .none && retainWeight > 0 }

    /// Refuses a model, a forget set and a retain text that the loss cannot do with.
    ///
    /// - Throws: `InputError` for an empty forget set, a text or pairs that are needed and missing, and a model that the
    ///   objective refuses.
    public func check(_ model: ModelConfiguration, forget: ForgetSet, retain: TextPieces?) throws {
        guard !forget.sentences.isEmpty else {
            throw InputError("an empty forget set", at: forget.summary.path, remedy: "give rows with harmful words")
        }
        let hasText = retain?.pieces.isEmpty == false
        guard !hasRetainTerm || hasText else {
            throw InputError(
                "the retain loss \(retainLoss.rawValue) has no text", at: "retain.data",
                remedy: "name a text file, or set retain.loss to none")
        }
        let needs = method.objective.needs
        guard !needs.contains(.retainText) || hasText else {
            throw InputError(
                "the method \(method.name) has no retain text", at: "retain.data", remedy: "name a text file")
        }
        guard !needs.contains(.pairs) || !forget.pairs.isEmpty else {
            throw InputError(
                "the method \(method.name) has no pairs of sentences", at: "forget.pairs",
                remedy: needs.contains(.pairOrder)
                    ? "name a file of pairs about the domain, or use another method"
                    : "name a file of pairs, or words to swap under forget.swap")
        }
        guard !needs.contains(.pairOrder) || !forget.pairsAreCounterfactual else {
            throw InputError(
                "the method \(method.name) must know which sentence of a pair is the more stereotypical, and swapped "
                    + "words do not say", at: "forget.swap", remedy: "name a file of pairs under forget.pairs instead")
        }
        guard lora == nil || parameters == ["all"] else {
            throw InputError(
                "both parameters and optimizer.lora say what is trained", at: "parameters",
                remedy: "leave it out, and name the layers in optimizer.lora.modules")
        }
        guard !model.isMasked || model.maskToken != nil else {
            throw InputError(
                "\(model.type.title) fills in masked tokens, and no mask token is known", at: "model",
                remedy: "load it with its tokenizer, or name the token in tokenizer_config.json as mask_token")
        }
        try method.objective.check(model)
    }

    /// Refuses steps in low-rank factors, for what takes steps in the parameters themselves.
    ///
    /// - Parameter key: the study key that asks for it.
    /// - Throws: `InputError` with that key.
    package func requireDense(_ what: String, _ key: String) throws {
        guard lora != nil else { return }
        throw InputError(
            "\(what) takes steps in the parameters themselves, and optimizer.lora in low-rank factors", at: key,
            remedy: "set it to false, or leave optimizer.lora out")
    }

    /// Refuses values that cannot be meant.
    ///
    /// - Throws: `InputError` that names the study key.
    public func validate() throws {
        func require(_ holds: Bool, _ what: String, _ key: String, _ remedy: String) throws {
            if !holds { throw InputError(what, at: key, remedy: remedy) }
        }
        func number(_ value: Double) -> String { "the value \(value)" }
        try require(
            forgetWeight > 0 && forgetWeight.isFinite, number(forgetWeight), "objective.weight", "give a number above 0"
        )
        try require(
            retainWeight >= 0 && retainWeight.isFinite, number(retainWeight), "retain.weight",
            "give 0 or a number above it")
        let rate = optimizer.learningRate
        try require(rate > 0 && rate.isFinite, number(rate), "optimizer.learning-rate", "give a number above 0")
        if let clipNorm {
            try require(clipNorm > 0, number(clipNorm), "optimizer.clip", "give a number above 0, or leave it out")
        }
        for (value, key) in [
            (batch, "optimizer.batch"), (retainBatch, "retain.batch"), (steps, "optimizer.steps"),
            (checkEvery, "guard.check-every"), (guardTokens, "guard.tokens"), (passTokens, "pass-tokens"),
        ] { try require(value >= 1, "the value \(value)", key, "give a whole number from 1") }
        try require(warmupSteps >= 0, "the value \(warmupSteps)", "optimizer.warmup", "give 0 or more steps")
        for (value, key) in [(budget.perplexityRise, "guard.perplexity"), (budget.klDivergence, "guard.kl")] {
            if let value { try require(value > 0, number(value), key, "give a number above 0, or leave it out") }
        }
        for limit in budget.scores ?? [] {
            try require(
                limit.change > 0 && limit.change.isFinite, number(limit.change), "guard, " + limit.name,
                "give a number above 0")
        }
        _ = try ParameterSelection(parsing: parameters, at: "parameters")
        if let lora {
            try require(1...65_536 ~= lora.rank, "the value \(lora.rank)", "optimizer.lora.rank", "give 1 to 65536")
            try require(
                lora.alpha > 0 && lora.alpha.isFinite, number(lora.alpha), "optimizer.lora.alpha",
                "give a number above 0")
            try require(!lora.modules.isEmpty, "no module", "optimizer.lora.modules", "name the layers to train")
        }
    }
}
