// What attribution found. Shares and intervals are missing, with a reason, where the whole change cannot be told from 0.

/// A number with its interval, held against a control.
public struct ControlledValue: Codable, Sendable, Equatable {
    /// The number; nil when not computed.
    public var value: Double?
    /// Its interval.
    public var interval: Interval?
    /// Control draws.
    public var controls = 0
    /// Their median.
    public var controlMedian: Double?
    /// Their 2.5 % quantile; of fewer than 40 draws the least.
    public var controlLower: Double?
    /// Their 97.5 % quantile; of fewer than 40 draws the greatest.
    public var controlUpper: Double?
    /// One-sided p, (1 + #at least as large)/(1 + draws).
    public var p: Double?
    /// Why it is not computed.
    public var reason: String?

    /// A value with its interval and its control; what is left out is nil.
    package init(
        value: Double? = nil, interval: Interval? = nil, controls: Int = 0, controlMedian: Double? = nil,
        controlLower: Double? = nil, controlUpper: Double? = nil, p: Double? = nil, reason: String? = nil
    ) {
        self.value = value
        self.interval = interval
        self.controls = controls
        self.controlMedian = controlMedian
        self.controlLower = controlLower
        self.controlUpper = controlUpper
        self.p = p
        self.reason = reason
    }
}

/// Alignment of one component with one domain's bias.
public struct AlignmentRow: Codable, Sendable, Equatable {
    /// Domain.
    public var domain: String
    /// The component, as Attribution names it.
    public var component: String
    /// The block; nil for the component in all blocks together.
    public var layer: Int?
    /// First order at θ0.
    public var start: Double
    /// Path integral: the component's share of τ in nats.
    public var path: Double
    /// `path` over their sum; nil where τ cannot be told from 0.
    public var share: Double?
    /// Of `path`, what the forget term did.
    public var forget: Double?
    /// Of `path`, what the retain term did.
    public var retain: Double?
    /// Of `path`, what weight decay did.
    public var decay: Double?
    /// The component's share of ‖Δθ‖².
    public var normShare: Double
}

/// Alignment of a whole update with one domain's bias.
public struct AlignmentSummary: Codable, Sendable, Equatable {
    /// Domain.
    public var domain: String
    /// First order at θ0.
    public var start: Double
    /// Path integral.
    public var path: Double
    /// τ as scored.
    public var exact: Double
    /// path − exact.
    public var completenessError: Double
    /// Of the path integral, what the forget term did.
    public var forget: Double?
    /// What the retain term did.
    public var retain: Double?
    /// What weight decay did.
    public var decay: Double?
    /// cos(∇B_d(θ0), Δθ).
    public var cosine: Double
    /// The same with the neutral-text gradient projected out.
    public var cosineNeutralRemoved: Double
    /// τ against the change over matched sets of neutral minimal pairs; one-sided, toward 0.
    public var neutral: ControlledValue
}

/// One component patched in alone and left out alone.
public struct PatchRow: Codable, Sendable, Equatable {
    /// Domain.
    public var domain: String
    /// The component, as Attribution names it.
    public var component: String
    /// The block; nil for all.
    public var layer: Int?
    /// The component's share of ‖Δθ‖².
    public var normShare: Double
    /// τ of only this component's update; its control is a random update of equal norm there.
    public var only: ControlledValue
    /// τ of only this component over the whole τ.
    public var shareOnly: ControlledValue
    /// τ of all but this component.
    public var without: ControlledValue
    /// 1 − τ of all but this component over the whole τ.
    public var shareWithout: ControlledValue
}

/// One subspace removed from the update, or kept alone.
public struct MediationRow: Codable, Sendable, Equatable {
    /// Domain whose bias is read.
    public var domain: String
    /// Domain whose overlap with the target defines the subspace.
    public var subject: String
    /// `shared`: what target and subject have in common; `specific`: the rest of the target's subspace.
    public var subspace: String
    /// Dimensions by layer, embeddings first.
    public var ranks: [Int]
    /// Share of ‖Δθ‖² inside.
    public var normShare: Double?
    /// τ with the subspace removed.
    public var removed: ControlledValue
    /// 1 − τ removed/τ: the mediated share; its control is random subspaces of equal rank and equal removed norm.
    public var share: ControlledValue
    /// τ of the subspace alone over τ.
    public var kept: ControlledValue
}

/// How much of a cluster's movement each cause explains.
public struct DriftSplitRow: Codable, Sendable, Equatable {
    /// Domain.
    public var domain: String
    /// Group; nil for the domain.
    public var group: String?
    /// Words.
    public var words: Int
    /// ⟨part, δ⟩/‖δ‖² over the cluster's rows: the shares add up to 1 less the replay's error.
    public var output: Double?
    /// Input part.
    public var input: Double?
    /// Retain part.
    public var retain: Double?
    /// Decay part.
    public var decay: Double?
    /// R² of the output part alone: 1 − ‖δ − output‖²/‖δ‖².
    public var outputR2: Double?
    /// R² of output and input part.
    public var forgetR2: Double?
    /// R² of all parts.
    public var allR2: Double?
    /// cos of the cluster's mean δ and the mean output part.
    public var outputCosine: Double?
    /// Root mean square of ‖δ‖ over the words.
    public var movement: Double?
    /// The same of the output part: the movement that hidden states and probabilities alone predict.
    public var outputMovement: Double?
    /// The same of output and input part together.
    public var forgetMovement: Double?
    /// Why it is not computed.
    public var reason: String?
}

/// A forget sentence or a harmful word and what it did.
public struct Contribution: Codable, Sendable, Equatable {
    /// Sentence id or word.
    public var name: String
    /// Letters of the word; nil for a sentence.
    public var length: Int?
    /// SHA-256 of the sentence's text; empty for a word.
    public var digest = ""
    /// Its contribution to τ, in nats a token.
    public var value: Double
    /// Times a step used it.
    public var uses: Int = 0
    /// Other domains that the word is used against.
    public var usedAgainst: [String] = []
}

/// What did a domain's change, to first order.
public struct ContributionSummary: Codable, Sendable, Equatable {
    /// Domain.
    public var domain: String
    /// τ as scored.
    public var exact: Double
    /// Sum over all forget sentences.
    public var forget: Double
    /// Retain term.
    public var retain: Double
    /// Weight decay.
    public var decay: Double
    /// exact − (forget + retain + decay).
    public var unexplained: Double
    /// Whether coefficients of every step were kept in full.
    public var isExact: Bool
    /// Share of `forget` that comes from words used against this domain too; nil for the target or nothing.
    public var sharedWordShare: Double?
    /// Share of harmful tokens whose word is used against this domain too: what `sharedWordShare` would be by chance.
    public var sharedWordBase: Double?
    /// One-sided p that as many words chosen at random did as much beyond their share of the tokens; nil without a share,
    /// where every word is shared or none, and without control draws.
    public var sharedWordP: Double?
    /// The smallest p that so many draws from so many words allow.
    public var sharedWordPFloor: Double?
    /// The words that did most, toward τ's side first.
    public var topWords: [Contribution]
    /// The sentences that did most.
    public var topSentences: [Contribution]
}

/// A retraining and what it did to one domain.
public struct RetrainingRow: Codable, Sendable, Equatable {
    /// The retraining.
    public var retraining: Retraining
    /// Domain.
    public var domain: String
    /// τ with its interval over items.
    public var tau: ControlledValue
    /// τ over the run's τ.
    public var share: ControlledValue
    /// KL(θ0 ‖ θ) on neutral text.
    public var kl: Double?
    /// Perplexity of neutral text.
    public var perplexity: Double?
}

/// Forget one domain, read another, over seeds.
public struct MatrixCell: Codable, Sendable, Equatable {
    /// Domain that was forgotten.
    public var forgotten: String
    /// Domain whose bias is read.
    public var measured: String
    /// Seeds.
    public var seeds: Int
    /// Mean τ over seeds, with an interval over seeds × items where there are at least 3 seeds, else over items.
    public var tau: ControlledValue
}

/// A point of bias against quality.
public struct ParetoPoint: Codable, Sendable, Equatable {
    /// `strength` or `steps`.
    public var sweep: String
    /// Its value.
    public var value: Double
    /// Perplexity over that of θ0, less 1.
    public var perplexityChange: Double?
    /// KL(θ0 ‖ θ).
    public var kl: Double?
    /// |B| of the target.
    public var target: Double
    /// Mean |B| of the transfer domains.
    public var transfer: Double?
    /// Whether no other point has both a smaller |B| of the target and a smaller KL.
    public var isOnFront: Bool
}

/// A forecast held against what happened.
public struct ForecastResult: Codable, Sendable, Equatable {
    /// Benchmark name.
    public var benchmark: String
    /// The domains, strongest predicted fall first.
    public var entries: [ForecastEntry]
    /// Spearman's rank correlation of predicted and actual change over the study's transfer and control domains.
    public var rankCorrelation: Double?
    /// The same over all labels of the benchmark with enough items.
    public var rankCorrelationAll: Double?
    /// Exact p of `rankCorrelationAll` (or of `rankCorrelation` where there are no others), one-sided.
    public var p: Double?
    /// What a missing number is missing for.
    public var reason: String?
}

/// One line of evidence.
public struct Evidence: Codable, Sendable, Equatable {
    /// What it says, without its number.
    public var text: String
    /// The number.
    public var value: Double?
    /// Its interval.
    public var interval: Interval?
    /// What it is held against.
    public var threshold: Double?
    /// Whether the number is a p.
    public var isProbability = false
}

/// A rival explanation with what speaks for and against it.
public struct Rival: Codable, Sendable, Equatable {
    /// Which one.
    public var explanation: Explanation
    /// What the evidence says.
    public var standing: SupportLevel
    /// What speaks for it.
    public var evidenceFor: [Evidence]
    /// What speaks against it.
    public var evidenceAgainst: [Evidence]
    /// What was not tested, with reasons.
    public var open: [String]
}

/// Why one domain moved, or did not.
public struct DomainExplanation: Codable, Sendable, Equatable {
    /// Domain.
    public var domain: String
    /// What carries the change; empty when there is no change to explain.
    public var carriers: [Explanation]
    /// The explanation in one sentence.
    public var sentence: String
    /// The eight rival explanations in fixed order.
    public var rivals: [Rival]
}

/// Everything that attribution found on the leading benchmark.
public struct AttributionResult: Codable, Sendable, Equatable {
    /// Benchmark name.
    public var benchmark: String
    /// Why, a domain each.
    public var explanations: [DomainExplanation] = []
    /// Alignment of the whole update.
    public var alignment: [AlignmentSummary] = []
    /// Alignment by component, and by component and block.
    public var alignmentComponents: [AlignmentRow] = []
    /// Patching.
    public var patching: [PatchRow] = []
    /// Mediation.
    public var mediation: [MediationRow] = []
    /// The split of the embedding rows' movement.
    public var driftSplit: [DriftSplitRow] = []
    /// ‖θ decomposed − θ1‖/‖Δθ‖.
    public var decompositionError: Double?
    /// Contributions.
    public var contributions: [ContributionSummary] = []
    /// Ablations of the forget set: the run itself first, then ever cleaner forget sets.
    public var ablations: [RetrainingRow] = []
    /// Other retrainings.
    public var retrainings: [RetrainingRow] = []
    /// The transfer matrix.
    public var matrix: [MatrixCell] = []
    /// Points of the sweeps.
    public var pareto: [ParetoPoint] = []
    /// The forecast and what came of it.
    public var forecast: ForecastResult?
    /// What could not be computed.
    public var notComputed: [NotComputed] = []

    /// A result in which nothing is found yet.
    package init(benchmark: String) { self.benchmark = benchmark }
}

/// The rival explanations of a transfer, in the order in which a report lists them.
public enum Explanation: String, Codable, Sendable, Equatable, CaseIterable {
    /// Target and domain share directions in which groups are told apart.
    case sharedSubspace = "shared identity subspace"
    /// The same harmful words serve both domains.
    case sharedWords = "shared harmful words"
    /// Every row moves with the same hidden states.
    case sharedContexts = "shared contexts"
    /// The model got worse at everything.
    case damage = "general damage"
    /// Forget sentences speak of the other domain.
    case leakage = "leakage in the forget set"
    /// The optimiser moves what has no gradient to speak of.
    case optimizer = "optimiser artefact"
    /// The benchmark's items show a change that is not one.
    case benchmark = "benchmark artefact"
    /// The retain term did it.
    case retain = "the retain term"
}

/// What the evidence says of an explanation.
public enum SupportLevel: String, Codable, Sendable, Equatable, CaseIterable {
    /// The evidence is for it.
    case supported
    /// The evidence is against it.
    case contradicted
    /// Evidence stands on both sides, or does not decide.
    case undecided
    /// Nothing was computed that would tell.
    case notTested = "not tested"
}
