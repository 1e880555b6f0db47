// What attribution reads: scores of changed models, and what replaying a run told of its update. Parts of a model are
// named as Attribution names them, domains as the study does.

import LinearAlgebra

/// A changed model with its scores on one benchmark.
public struct ScoredModel: Codable, Sendable, Equatable {
    /// What was done to the parameters.
    public var kind: Kind
    /// The part, the subspace or the rerun it was done to or with, such as `attention`, `shared` or `seed-2`.
    public var part: String
    /// The domain whose overlap with the target defines the subspace; nil where no other domain takes part.
    public var subject: String?
    /// The number of the random draw; nil for what is no draw.
    public var draw: Int?
    /// ‖θ − θ0‖ over ‖Δθ‖; nil where not measured.
    public var norm: Double?
    /// KL(θ0 ‖ θ) on neutral text, in nats a token.
    public var kl: Double?
    /// Perplexity of neutral text.
    public var perplexity: Double?
    /// Benchmark name.
    public var benchmark: String
    /// Signed gaps by domain, in the order of the benchmark's items of this domain.
    public var gaps: [String: [Double]]

    /// Collects the values.
    public init(
        kind: Kind, part: String, subject: String? = nil, draw: Int? = nil, norm: Double? = nil, kl: Double? = nil,
        perplexity: Double? = nil, benchmark: String, gaps: [String: [Double]]
    ) {
        self.kind = kind
        self.part = part
        self.subject = subject
        self.draw = draw
        self.norm = norm
        self.kl = kl
        self.perplexity = perplexity
        self.benchmark = benchmark
        self.gaps = gaps
    }
}

/// ⟨∇B_d, Δθ⟩ of one part of the model.
public struct AlignmentPart: Codable, Sendable, Equatable {
    /// The part, as Attribution names it.
    public var part: String
    /// The block, from 0; nil outside the blocks.
    public var layer: Int?
    /// ⟨∇B_d(θ0), Δθ⟩ over the part's parameters.
    public var start: Double
    /// ∫₀¹ ⟨∇B_d(θ0 + αΔθ), Δθ⟩ dα over them, by Gauss–Legendre quadrature.
    public var path: Double
    /// The path integral with only what the forget term did to the parameters; nil when the run was not replayed.
    public var forget: Double?
    /// The same of the retain term.
    public var retain: Double?
    /// The same of weight decay.
    public var decay: Double?
    /// ‖Δθ‖ over the part.
    public var norm: Double

    /// Collects the values.
    public init(
        part: String, layer: Int? = nil, start: Double, path: Double, forget: Double? = nil, retain: Double? = nil,
        decay: Double? = nil, norm: Double
    ) {
        self.part = part
        self.layer = layer
        self.start = start
        self.path = path
        self.forget = forget
        self.retain = retain
        self.decay = decay
        self.norm = norm
    }
}

/// How one domain's bias is aligned with an update.
public struct AlignmentTable: Codable, Sendable, Equatable {
    /// Benchmark name.
    public var benchmark: String
    /// Domain.
    public var domain: String
    /// The parts; they add up to the whole.
    public var parts: [AlignmentPart]
    /// B_d(θ1) − B_d(θ0) as scored, which the path integral should give.
    public var exact: Double
    /// Nodes of the quadrature.
    public var nodes: Int
    /// cos(∇B_d(θ0), Δθ).
    public var cosine: Double
    /// The same with the gradient of neutral text's log-likelihood projected out of both.
    public var cosineNeutralRemoved: Double

    /// Collects the values.
    public init(
        benchmark: String, domain: String, parts: [AlignmentPart], exact: Double, nodes: Int, cosine: Double,
        cosineNeutralRemoved: Double
    ) {
        self.benchmark = benchmark
        self.domain = domain
        self.parts = parts
        self.exact = exact
        self.nodes = nodes
        self.cosine = cosine
        self.cosineNeutralRemoved = cosineNeutralRemoved
    }
}

/// Minimal pairs of neutral sentences, scored before and after: what an update does to any preference.
public struct NeutralPairs: Codable, Sendable, Equatable {
    /// Benchmark whose pairs they stand for.
    public var benchmark: String
    /// Signed gaps before.
    public var before: [Double]
    /// Signed gaps after.
    public var after: [Double]

    /// Collects the values.
    public init(
        benchmark: String, before: [Double], after: [Double]
    ) {
        self.benchmark = benchmark
        self.before = before
        self.after = after
    }
}

/// A subspace of the residual stream: how large it is, and what random ones in its place do to first order. Its scored
/// models are among ``AttributionInput/models``.
public struct MediationTable: Codable, Sendable, Equatable {
    /// Benchmark name.
    public var benchmark: String
    /// Domain whose overlap with the target defines it.
    public var subject: String
    /// `shared`: what target and subject have in common; `specific`: the rest of the target's subspace.
    public var subspace: String
    /// Dimensions by layer: embeddings, each block (the most at any of its sites), the head.
    public var ranks: [Int]
    /// Share of ‖Δθ‖² inside, input and output side of a tied matrix counted apart; nil when it has no dimension.
    public var normShare: Double?
    /// τ of the update with a random subspace removed, to first order, by draw and domain; empty where all are exact.
    public var firstOrder: [[String: Double]]

    /// Collects the values.
    public init(
        benchmark: String, subject: String, subspace: String, ranks: [Int], normShare: Double? = nil,
        firstOrder: [[String: Double]] = []
    ) {
        self.benchmark = benchmark
        self.subject = subject
        self.subspace = subspace
        self.ranks = ranks
        self.normShare = normShare
        self.firstOrder = firstOrder
    }
}

/// What each forget sentence and harmful word did to each domain's bias, to first order.
public struct ContributionTable: Codable, Sendable, Equatable {
    /// Benchmark name.
    public var benchmark: String
    /// Domains.
    public var domains: [String]
    /// Ids of the forget sentences, each once.
    public var sentences: [String]
    /// SHA-256 of each sentence's text.
    public var digests: [String]
    /// How often a step used each sentence.
    public var uses: [Int]
    /// Contribution to τ by domain and sentence, `(domains, sentences)`.
    public var bySentence: [[Double]]
    /// Harmful words, lower case.
    public var words: [String]
    /// How many harmful tokens of each word the steps used.
    public var wordUses: [Int]
    /// Contribution to τ by domain and word, `(domains, words)`.
    public var byWord: [[Double]]
    /// For each word the other domains it is used against: labels of the forget file's other rows, and pairs that hold it.
    public var usedAgainst: [[String]]
    /// Contribution of the retain term by domain.
    public var retain: [Double]
    /// Contribution of weight decay by domain.
    public var decay: [Double]
    /// Whether the coefficients of every step were kept in full, or those of the step itself stand for later ones.
    public var isExact: Bool

    /// Collects the values.
    public init(
        benchmark: String, domains: [String], sentences: [String], digests: [String], uses: [Int],
        bySentence: [[Double]], words: [String], wordUses: [Int], byWord: [[Double]], usedAgainst: [[String]],
        retain: [Double], decay: [Double], isExact: Bool
    ) {
        self.benchmark = benchmark
        self.domains = domains
        self.sentences = sentences
        self.digests = digests
        self.uses = uses
        self.bySentence = bySentence
        self.words = words
        self.wordUses = wordUses
        self.byWord = byWord
        self.usedAgainst = usedAgainst
        self.retain = retain
        self.decay = decay
        self.isExact = isExact
    }
}

/// The movement of embedding rows, split by what moved them.
public struct DriftSplit: Sendable, Equatable {
    /// Token of each row.
    public var tokens: [Int]
    /// What the forget term did through the output side (logits), `(rows, D)`.
    public var output: Matrix<Float>
    /// What the forget term did through the input side (lookups).
    public var input: Matrix<Float>
    /// What the retain term did, both sides.
    public var retain: Matrix<Float>
    /// What weight decay did.
    public var decay: Matrix<Float>
    /// The movement itself, as snapshotted.
    public var actual: Matrix<Float>
    /// ‖θ replayed − θ1‖/‖Δθ‖: how well the replay met the run.
    public var replayError: Double

    /// Collects the values.
    public init(
        tokens: [Int], output: Matrix<Float>, input: Matrix<Float>, retain: Matrix<Float>, decay: Matrix<Float>,
        actual: Matrix<Float>, replayError: Double
    ) {
        self.tokens = tokens
        self.output = output
        self.input = input
        self.retain = retain
        self.decay = decay
        self.actual = actual
        self.replayError = replayError
    }
}

/// What was expected of one domain before anything was changed.
public struct ForecastEntry: Codable, Sendable, Equatable {
    /// Domain, or another label of the benchmark.
    public var domain: String
    /// Items.
    public var items: Int
    /// B_d(θ0).
    public var bias: Double
    /// First-order change of B_d for the update that the run's optimiser would make of the whole forget set's gradient.
    public var predicted: Double
    /// cos(∇B_d, that update).
    public var cosine: Double
    /// cos(∇B_d, −the forget gradient): plain gradient descent in the optimiser's place; nil when not computed.
    public var plainCosine: Double?
    /// Overlap of the target's and this domain's subspaces, ‖QgᵀQd‖²/k; nil where the domain has no lexicon.
    public var overlap: Double?
    /// Share of the forget set's harmful tokens whose word stands in this domain's pairs.
    public var sharedWords: Double
    /// B_d(θ1) − B_d(θ0), once it is known.
    public var actual: Double?

    /// Collects the values.
    public init(
        domain: String, items: Int, bias: Double, predicted: Double, cosine: Double, plainCosine: Double? = nil,
        overlap: Double? = nil, sharedWords: Double, actual: Double? = nil
    ) {
        self.domain = domain
        self.items = items
        self.bias = bias
        self.predicted = predicted
        self.cosine = cosine
        self.plainCosine = plainCosine
        self.overlap = overlap
        self.sharedWords = sharedWords
        self.actual = actual
    }
}

/// A forecast over the domains of a benchmark.
public struct ForecastTable: Codable, Sendable, Equatable {
    /// Benchmark name.
    public var benchmark: String
    /// The domains of the study, then other labels with enough items.
    public var entries: [ForecastEntry]

    /// Collects the values.
    public init(
        benchmark: String, entries: [ForecastEntry]
    ) {
        self.benchmark = benchmark
        self.entries = entries
    }
}

/// One retraining: another seed, another forget set, other rows.
public struct Retraining: Codable, Sendable, Equatable {
    /// Its name, unique in the run: `seed-2`, `ladder-lexical-race`, `forget-race-seed-1`, `sgd`.
    public var name: String
    /// What it is for.
    public var purpose: Purpose
    /// What was changed against the run, in words.
    public var change: String
    /// Domain that was forgotten.
    public var forgotten: String
    /// Seed.
    public var seed: Int
    /// Forget sentences left.
    public var sentences: Int
    /// Harmful tokens left.
    public var harmfulTokens: Int
    /// Steps taken.
    public var steps: Int
    /// The dose α at which it was scored; 1 unless it was scaled to the run's KL.
    public var alpha: Double
    /// Why it could not be done; its scores are then missing.
    public var reason: String?

    /// Collects the values.
    public init(
        name: String, purpose: Purpose, change: String, forgotten: String, seed: Int, sentences: Int,
        harmfulTokens: Int, steps: Int, alpha: Double = 1, reason: String? = nil
    ) {
        self.name = name
        self.purpose = purpose
        self.change = change
        self.forgotten = forgotten
        self.seed = seed
        self.sentences = sentences
        self.harmfulTokens = harmfulTokens
        self.steps = steps
        self.alpha = alpha
        self.reason = reason
    }
}

/// A point of bias against quality.
public struct QualityPoint: Codable, Sendable, Equatable {
    /// What was turned: `strength` or `steps`.
    public var sweep: String
    /// Its value.
    public var value: Double
    /// Perplexity of neutral text.
    public var perplexity: Double?
    /// KL(θ0 ‖ θ) on neutral text.
    public var kl: Double?
    /// B_d by domain.
    public var bias: [String: Double]

    /// Collects the values.
    public init(
        sweep: String, value: Double, perplexity: Double? = nil, kl: Double? = nil, bias: [String: Double]
    ) {
        self.sweep = sweep
        self.value = value
        self.perplexity = perplexity
        self.kl = kl
        self.bias = bias
    }
}

/// Everything that attribution reads.
public struct AttributionInput: Sendable, Equatable {
    /// Changed models.
    public var models: [ScoredModel]
    /// Alignment by benchmark and domain.
    public var alignment: [AlignmentTable]
    /// Neutral minimal pairs.
    public var neutralPairs: [NeutralPairs]
    /// Subspaces that were removed from the update.
    public var mediation: [MediationTable]
    /// Contributions by benchmark.
    public var contributions: [ContributionTable]
    /// The split of the embedding rows' movement; nil when the run was not replayed.
    public var driftSplit: DriftSplit?
    /// The words that ``driftSplit`` is summed over: rows are its rows.
    public var driftWords: [DriftWord]
    /// Forecasts by benchmark.
    public var forecasts: [ForecastTable]
    /// Retrainings; their scores are ``ScoredModel`` of kind `rerun` with the name as part.
    public var reruns: [Retraining]
    /// Points of the sweeps.
    public var sweep: [QualityPoint]
    /// What could not be done, with reasons.
    public var notDone: [NotComputed]

    /// Collects the values.
    public init(
        models: [ScoredModel] = [], alignment: [AlignmentTable] = [], neutralPairs: [NeutralPairs] = [],
        mediation: [MediationTable] = [], contributions: [ContributionTable] = [], driftSplit: DriftSplit? = nil,
        driftWords: [DriftWord] = [],
        forecasts: [ForecastTable] = [], reruns: [Retraining] = [], sweep: [QualityPoint] = [],
        notDone: [NotComputed] = []
    ) {
        self.models = models
        self.alignment = alignment
        self.neutralPairs = neutralPairs
        self.mediation = mediation
        self.contributions = contributions
        self.driftSplit = driftSplit
        self.driftWords = driftWords
        self.forecasts = forecasts
        self.reruns = reruns
        self.sweep = sweep
        self.notDone = notDone
    }
}

extension DriftSplit {
    /// The domain under which the forgotten tokens themselves are listed.
    public static let harmfulWords = "harmful words"
}

extension ScoredModel {
    /// What was done to the parameters.
    public enum Kind: String, Codable, Sendable, Equatable, CaseIterable {
        /// θ0: the scores that changes are taken from.
        case before
        /// θ1: the whole update.
        case after
        /// Only one part's update: θ0 + P Δθ.
        case only
        /// All but one part's update: θ0 + (I − P) Δθ.
        case without
        /// A random update of equal norm in one part.
        case onlyControl = "only-control"
        /// The whole update less a random one of equal norm in one part.
        case withoutControl = "without-control"
        /// The update with its part in a subspace of the residual stream removed.
        case removed
        /// Only the update's part in a subspace.
        case kept
        /// As `removed`, with a random subspace of equal rank and equal removed norm.
        case removedControl = "removed-control"
        /// As `kept`, with a random subspace.
        case keptControl = "kept-control"
        /// A retraining.
        case rerun
    }
}

extension Retraining {
    /// What a retraining is for.
    public enum Purpose: String, Codable, Sendable, Equatable, CaseIterable {
        /// The run again with another seed.
        case seed
        /// The run with a cleaner forget set.
        case ladder
        /// Neutral words forgotten in the place of harmful ones.
        case neutralWords = "neutral-words"
        /// Another optimiser.
        case optimizer
        /// No retain term.
        case noRetain = "no-retain"
        /// Another domain forgotten.
        case matrix
    }
}
