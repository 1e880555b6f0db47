import LanguageModel
import Records

/// What a step hands to the caller, after its update.
public struct UnlearnStep {
    /// What the step measured; guard readings at checks.
    public var point: TrajectoryStep
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
    public var trajectory: [TrajectoryStep]
    /// What every step used.
    public var log: [StepRecord]
    /// The guard's reading of the model before; nil without a guard text.
    public var baseline: GuardReading?
    /// The last reading of the model that was kept.
    public var kept: GuardReading?
    /// What the run says of itself beside: that it did nothing, does nothing any more, or did too much.
    public var remarks: [UnlearningRemark]
}
