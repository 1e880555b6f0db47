import LanguageModel

/// Why a run ended.
public enum StopReason: Codable, Equatable, Sendable, CustomStringConvertible {
    /// All steps were taken.
    case finished
    /// A budget was exceeded; the model is the last one that passed a check.
    case guardBreached(GuardBreach)
    /// A loss or gradient was not finite; the model is the last one that passed a check.
    case notFinite(step: Int, what: String)
    /// The caller asked to stop; the model is that after the step, and its state is saved.
    case interrupted(step: Int)

    /// One line in words.
    public var description: String {
        switch self {
        case .finished: "all steps were taken"
        case .guardBreached(let breach): breach.description
        case .notFinite(let step, let what): "\(what) was not finite at step \(step)"
        case .interrupted(let step): "interrupted after step \(step)"
        }
    }
}

/// What a step hands to the caller, after its update.
public struct UnlearnStep {
    /// What the step measured; guard readings at checks.
    public var point: TrajectoryPoint
    /// Whether the state is saved once the callback returns; what the caller records must be on disk by then.
    public var isCheck: Bool
    /// The budget that the check found exceeded; the run then ends and goes back to the last good state.
    public var breach: GuardBreach?
    /// The sentences and retain pieces that the step used.
    public var record: StepRecord
    /// The model after the update, to measure and not to change.
    public var model: TransformerModel
}

/// Whether to go on after a step.
public enum StepDecision: Sendable {
    /// Take the next step.
    case goOn
    /// Save the state and end the run.
    case stop
}

/// What a run did.
public struct UnlearnResult: Equatable, Sendable {
    /// Why it ended.
    public var reason: StopReason
    /// The step whose parameters the model holds now; 0 for the model as it was.
    public var keptStep: Int
    /// The step of the state that the run went on from; nil for a run from the start.
    public var resumedFrom: Int?
    /// All points, step 0 first, with those of an earlier process that the run went on from.
    public var trajectory: [TrajectoryPoint]
    /// What every step used.
    public var log: [StepRecord]
    /// The guard's reading of the model before; nil without a guard text.
    public var baseline: GuardReading?
    /// The last reading of the model that was kept.
    public var kept: GuardReading?
}
