import LanguageModel

/// A way to forget: the forget term of the loss, and what it needs.
///
/// A new way is a file with a conformer and a line in ``UnlearningObjectives/all``; from then on study files, the audit
/// log and the run know it by its name. What it minimises may be a sum over tokens, over sentences or over pairs of
/// sentences, or a loss of hidden states; ``GradientPass`` has a method for each, and knows the model as it is and, for
/// those that ask for it, as it was. An objective keeps nothing from step to step, so that a run can be resumed.
///
/// An objective whose gradient is a sum of weighted ∇ log p conforms to ``TokenWeightedObjective``, which takes less to
/// write and lets contributions of sentences and words be measured.
public protocol UnlearningObjective: Sendable {
    /// The name in a study file, `token-ascent`.
    static var name: String { get }
    /// What it does, in a line.
    static var summary: String { get }
    /// What can be set, with defaults and bounds.
    static var options: [ObjectiveOption] { get }

    /// An objective of some values, one for each of ``options``.
    ///
    /// - Throws: `InputError` for values that do not go together.
    init(_ options: ObjectiveOptions) throws

    /// The formula, for reports.
    var formula: String { get }
    /// The formula for a kind of model.
    func formula(of model: ModelConfiguration) -> String
    /// What it takes besides the sentences to forget.
    var needs: Set<ObjectiveNeed> { get }
    /// The tokens of the sentences that it reads, for estimates of cost.
    var scope: TokenScope { get }
    /// Whether it measures log p before it adds a gradient, for estimates of cost.
    var measures: Bool { get }

    /// How many gradients it holds besides the step's, for estimates of memory.
    var heldGradients: Int { get }
    /// Whether the sentences of its pairs are learned, where the others forget the first, for reports.
    var learnsPairs: Bool { get }

    /// Refuses a model that it cannot be used on, before any step.
    ///
    /// - Throws: `InputError` that names the option to change.
    func check(_ model: ModelConfiguration) throws

    /// Adds the gradient of the loss of a batch, which is minimised.
    ///
    /// - Returns: the loss in nats, before the factor of the forget term, which the pass applies.
    func addLoss(of batch: ObjectiveBatch, to pass: GradientPass) -> Double
}

extension UnlearningObjective {
    /// What stands before a token, `x_<t`, is for a masked model all else, `x_\t`.
    public func formula(of model: ModelConfiguration) -> String {
        model.isMasked ? formula.replacing("x_<t", with: "x_\\t") : formula
    }
    /// Nothing to set.
    public static var options: [ObjectiveOption] { [] }
    /// Nothing but the sentences.
    public var needs: Set<ObjectiveNeed> { [] }
    /// All tokens.
    public var scope: TokenScope { .all }
    /// It adds a gradient right away.
    public var measures: Bool { false }
    /// None.
    public var heldGradients: Int { 0 }
    /// It forgets.
    public var learnsPairs: Bool { false }
    /// Any model.
    public func check(_ model: ModelConfiguration) throws {}
}

/// An objective whose gradient is Σ w · ∇ log p over tokens of the forget sentences.
///
/// The weights may depend on the model as it is and as it was; ``GradientPass/logProbabilities(of:in:)`` measures.
public protocol TokenWeightedObjective: UnlearningObjective {
    /// The tokens whose log p enter, with their weights at the pass's model: a text for each sentence of the batch, in
    /// order.
    func weightedTexts(of batch: ObjectiveBatch, in pass: GradientPass) -> [ScoredText]
}

extension TokenWeightedObjective {
    /// Adds the gradient of Σ w · log p, which is also the loss; an objective with another loss of the same gradient
    /// says so in a method of its own.
    public func addLoss(of batch: ObjectiveBatch, to pass: GradientPass) -> Double {
        pass.addLogLikelihood(weightedTexts(of: batch, in: pass))
    }
}

/// What an objective takes besides the sentences to forget.
public enum ObjectiveNeed: String, Sendable, CaseIterable {
    /// The model as it was, θ0: ``GradientPass/reference``.
    case referenceModel = "reference-model"
    /// ``ForgetSet/pairs``.
    case pairs
    /// Of each pair, which sentence is the more stereotypical: the first.
    case pairOrder = "pair-order"
    /// The run's retain text, in ``ObjectiveBatch/retain``.
    case retainText = "retain-text"
}

/// What one step takes.
public struct ObjectiveBatch: Sendable {
    /// Sentences to forget; one drawn twice stands twice.
    public let sentences: [ForgetSentence]
    /// Pairs of sentences; empty unless the objective needs them.
    public let pairs: [SentencePair]
    /// Tokens of each retained piece; empty where neither the objective nor the retain loss reads any.
    public let retain: [[Int32]]
    /// The same with the tokens that are asked for: all of them; of a masked model, some that are drawn for the step
    /// (``MaskedTokens``).
    public let retainTexts: [ScoredText]
}
