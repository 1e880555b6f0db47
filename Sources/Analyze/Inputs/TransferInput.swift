/// One benchmark item, scored before and after.
public struct TransferItem: Sendable, Equatable {
    /// Row of the item in its file.
    public var row: Int
    /// Domain of the item.
    public var domain: String
    /// Signed gap before, in nats per token.
    public var before: Double
    /// Signed gap after.
    public var after: Double
    /// Signed gap of the model after, with the common shift of the embedding rows taken out; nil when not scored.
    public var afterCommonRemoved: Double?
    /// What the item shares with others, by kind: `["template": "t3", "attribute": "lazy"]`.
    public var clusters: [String: String]
    /// Whether a word that names a group (the words in which the pair differs) stands in the forget text.
    public var identityExposed: Bool
    /// Whether a word that both sentences share is a forgotten word.
    public var attributeExposed: Bool

    /// Describes an item.
    public init(
        row: Int, domain: String, before: Double, after: Double, afterCommonRemoved: Double? = nil,
        clusters: [String: String] = [:], identityExposed: Bool = false, attributeExposed: Bool = false
    ) {
        self.row = row
        self.domain = domain
        self.before = before
        self.after = after
        self.afterCommonRemoved = afterCommonRemoved
        self.clusters = clusters
        self.identityExposed = identityExposed
        self.attributeExposed = attributeExposed
    }
}

/// A benchmark with its items of all domains.
public struct BenchmarkScores: Sendable, Equatable {
    /// Name, such as `crows-pairs`.
    public var name: String
    /// Scoring profile, such as `driftscope`.
    public var profile: String
    /// The items.
    public var items: [TransferItem]

    /// Collects a benchmark.
    public init(name: String, profile: String, items: [TransferItem]) {
        self.name = name
        self.profile = profile
        self.items = items
    }
}

/// The change of one domain's bias in one null model.
public struct NullDraw: Sendable, Equatable {
    /// Seed of the draw.
    public var seed: UInt64
    /// τ of the null model, scored exactly; nil when only the first order was scored.
    public var exact: Double?
    /// ⟨∇B, Δ⟩, the first-order τ; nil when not computed.
    public var firstOrder: Double?
    /// KL(θ0 ‖ θ) on neutral text, where measured.
    public var kl: Double?

    /// Describes a draw.
    public init(seed: UInt64, exact: Double?, firstOrder: Double? = nil, kl: Double? = nil) {
        self.seed = seed
        self.exact = exact
        self.firstOrder = firstOrder
        self.kl = kl
    }
}

/// The null models of one kind, seen in one domain of one benchmark.
public struct NullTable: Sendable, Equatable {
    /// `random-update`, `neutral-words`, `placebo-text`.
    public var kind: String
    /// Benchmark name.
    public var benchmark: String
    /// Domain.
    public var domain: String
    /// The draws.
    public var draws: [NullDraw]
    /// Largest |KL of a draw / KL of the run − 1|; nil where not measured.
    public var worstKLError: Double?
    /// Draws whose KL could not be brought within the tolerance of the run's; nil where not measured.
    public var unmatched: Int?

    /// Collects a null.
    public init(
        kind: String, benchmark: String, domain: String, draws: [NullDraw], worstKLError: Double? = nil,
        unmatched: Int? = nil
    ) {
        self.kind = kind
        self.benchmark = benchmark
        self.domain = domain
        self.draws = draws
        self.worstKLError = worstKLError
        self.unmatched = unmatched
    }
}

/// Scores at one point of the line θ0 + αΔθ.
public struct ScalingPoint: Sendable, Equatable {
    /// α.
    public var alpha: Double
    /// Signed gaps of the domain's items, in the order of the benchmark's items of this domain.
    public var gaps: [Double]
    /// Perplexity on neutral text, where measured.
    public var perplexity: Double?
    /// KL(θ0 ‖ θ) on neutral text, where measured.
    public var kl: Double?

    /// Describes a point.
    public init(alpha: Double, gaps: [Double], perplexity: Double? = nil, kl: Double? = nil) {
        self.alpha = alpha
        self.gaps = gaps
        self.perplexity = perplexity
        self.kl = kl
    }
}

/// Dose–response of one domain of one benchmark.
public struct ScalingTable: Sendable, Equatable {
    /// Benchmark name.
    public var benchmark: String
    /// Domain.
    public var domain: String
    /// Points, any order.
    public var points: [ScalingPoint]

    /// Collects a dose–response.
    public init(benchmark: String, domain: String, points: [ScalingPoint]) {
        self.benchmark = benchmark
        self.domain = domain
        self.points = points
    }
}

/// The τ of one seed of the study; the run's own seed is one of them.
public struct SeedTau: Sendable, Equatable {
    /// Benchmark name.
    public var benchmark: String
    /// Domain.
    public var domain: String
    /// Seed of the run.
    public var seed: UInt64
    /// τ of that run.
    public var tau: Double
    /// Signed gaps after, in the order of the benchmark's items of this domain; empty where not kept.
    public var gaps: [Double]

    /// Describes a seed's outcome.
    public init(benchmark: String, domain: String, seed: UInt64, tau: Double, gaps: [Double] = []) {
        self.benchmark = benchmark
        self.domain = domain
        self.seed = seed
        self.tau = tau
        self.gaps = gaps
    }
}

/// A limit on damage, and where the run ended.
public struct QualityBudget: Codable, Sendable, Equatable {
    /// Name, such as `perplexity` or `kl`.
    public var name: String
    /// Text it was measured on.
    public var text: String
    /// Value before; nil where the measure compares two models.
    public var before: Double?
    /// Value after.
    public var after: Double?
    /// What is held against the limit: the relative change for `perplexity`, the value itself for `kl`.
    public var value: Double?
    /// The limit; nil when the study sets none, and then the row is only shown.
    public var limit: Double?
    /// Whether the budget is broken: the value exceeds the limit, or is not a number.
    public var isBroken: Bool {
        guard let limit else { return false }
        guard let value, value.isFinite else { return true }
        return value > limit
    }

    /// Describes a budget.
    public init(name: String, text: String, before: Double?, after: Double?, value: Double?, limit: Double?) {
        self.name = name
        self.text = text
        self.before = before
        self.after = after
        self.value = value
        self.limit = limit
    }
}

/// Two inputs that must share nothing, and what they share.
public struct DisjointnessCheck: Codable, Sendable, Equatable {
    /// One side, such as `retain text`.
    public var left: String
    /// The other side.
    public var right: String
    /// Entries that both hold.
    public var shared: Int
    /// Entries of the smaller side.
    public var total: Int
    /// What is shared by design, if it is; nil when sharing is a fault.
    public var note: String?
    /// Whether nothing is shared, or the sharing is by design.
    public var passes: Bool { shared == 0 || note != nil }

    /// Describes a check.
    public init(left: String, right: String, shared: Int, total: Int, note: String? = nil) {
        self.left = left
        self.right = right
        self.shared = shared
        self.total = total
        self.note = note
    }
}

/// Score tables of one study.
public struct TransferInput: Sendable, Equatable {
    /// Domains with their roles; exactly one target.
    public var domains: [AnalysisDomain]
    /// Benchmarks; the first one leads the report.
    public var benchmarks: [BenchmarkScores]
    /// Null models.
    public var nulls: [NullTable]
    /// Dose–response tables.
    public var doses: [ScalingTable]
    /// All seeds of the study, the run's own included; empty for a study of one.
    public var seeds: [SeedTau]
    /// Limits on damage.
    public var budgets: [QualityBudget]
    /// Inputs that must share nothing.
    public var disjointness: [DisjointnessCheck]

    /// Collects the tables.
    public init(
        domains: [AnalysisDomain], benchmarks: [BenchmarkScores], nulls: [NullTable] = [], doses: [ScalingTable] = [],
        seeds: [SeedTau] = [], budgets: [QualityBudget] = [], disjointness: [DisjointnessCheck] = []
    ) {
        self.domains = domains
        self.benchmarks = benchmarks
        self.nulls = nulls
        self.doses = doses
        self.seeds = seeds
        self.budgets = budgets
        self.disjointness = disjointness
    }
}
