import Records

/// The change of bias in one domain of one benchmark: τ = B(θ1) − B(θ0), paired over items.
public struct TransferRow: Codable, Sendable, Equatable {
    /// Benchmark name.
    public var benchmark: String
    /// Domain.
    public var domain: String
    /// Role of the domain.
    public var role: DomainRole
    /// Items used.
    public var count: Int
    /// B(θ0).
    public var biasBefore: Double
    /// B(θ1).
    public var biasAfter: Double
    /// τ, in nats per token.
    public var tau: Double
    /// The interval that decides: the widest of the plain and the clustered bootstrap intervals.
    public var interval: Interval?
    /// What the deciding interval is clustered by: `items` or a kind of cluster.
    public var intervalKind: String
    /// Paired bootstrap interval over items, not clustered.
    public var itemInterval: Interval?
    /// Bootstrap intervals clustered by each thing that items share.
    public var clusterIntervals: [ClusterInterval] = []
    /// Where the bias moved, by τ's interval.
    public var direction: BiasDirection
    /// Two-sided sign-flip p of τ = 0 over items (clusters where clustered).
    public var permutationP: Double?
    /// The same after Holm over domains × benchmarks.
    public var permutationPHolm: Double?
    /// Flips of preference.
    public var mcnemar: McNemarRow?
    /// |τ| that this N finds with the stated power at the stated level.
    public var smallestDetectable: Double?
    /// τ on items whose group names are not in the forget text.
    public var identityUnexposed: SubsetTransfer?
    /// τ on items whose shared words were not forgotten.
    public var attributeUnexposed: SubsetTransfer?
    /// τ of the model with the common embedding shift taken out.
    public var commonRemoved: SubsetTransfer?
    /// τ against null models, by kind.
    public var nulls: [NullComparison] = []
    /// τ over seeds.
    public var seeds: SeedSpread?
}

/// A bootstrap interval over clusters of items.
public struct ClusterInterval: Codable, Sendable, Equatable {
    /// What items share.
    public var kind: String
    /// Number of clusters.
    public var clusters: Int
    /// The interval of τ.
    public var interval: Interval
}

/// Flips of preference between the two models, with the exact two-sided p.
public struct McNemarRow: Codable, Sendable, Equatable {
    /// Items that came to prefer the stereotype.
    public var toMore: Int
    /// Items that ceased to prefer it.
    public var toLess: Int
    /// Exact binomial p.
    public var p: Double
}

/// τ over a part of the items, or of a changed model.
public struct SubsetTransfer: Codable, Sendable, Equatable {
    /// Items used.
    public var count: Int
    /// τ.
    public var tau: Double?
    /// Its interval, clustered as the deciding one.
    public var interval: Interval?
    /// Its share of the whole τ, paired over items, where that was asked for.
    public var share: ControlledValue?
    /// Why it is not computed.
    public var reason: String?
}

/// τ over seeds of the same study.
public struct SeedSpread: Codable, Sendable, Equatable {
    /// Seeds.
    public var count: Int
    /// Mean τ.
    public var mean: Double
    /// Standard deviation (n − 1).
    public var deviation: Double?
    /// Smallest τ.
    public var minimum: Double
    /// Largest τ.
    public var maximum: Double
    /// Seeds whose τ has the sign of the mean.
    public var sameSign: Int
    /// Bootstrap interval over seeds × items (the clusters of the deciding interval); at least 3 seeds. Over seeds alone,
    /// from 5 on, where the items of each seed are not known.
    public var interval: Interval?
}

/// τ against the τ of null models of one kind.
public struct NullComparison: Codable, Sendable, Equatable {
    /// Kind of null model.
    public var kind: String
    /// Null models, n.
    public var count: Int
    /// Whether most draws are scored to first order.
    public var isFirstOrder: Bool
    /// Draws scored exactly; the others are scored to first order and corrected.
    public var exactCount: Int
    /// Largest |KL of a draw / KL of the run − 1|; nil where not measured.
    public var worstKLError: Double?
    /// Draws whose KL could not be brought within the tolerance; nil where not measured.
    public var unmatched: Int?
    /// Mean τ of the null models.
    public var mean: Double
    /// Their standard deviation.
    public var deviation: Double?
    /// Their median.
    public var median: Double
    /// Their 2.5 % quantile.
    public var lower: Double
    /// Their 97.5 % quantile.
    public var upper: Double
    /// τ − mean(null).
    public var excess: Double
    /// Interval of the excess: τ's deciding interval less the mean.
    public var excessInterval: Interval?
    /// One-sided p that null models move the bias toward 0 at least as far, (1 + #)/(1 + n).
    public var pToward: Double
    /// One-sided p that null models move it away from 0 at least as far.
    public var pAway: Double
    /// pToward after Holm over domains × benchmarks; nil when n is below the least number.
    public var pTowardHolm: Double?
    /// pAway after Holm.
    public var pAwayHolm: Double?
    /// Smallest p that n allows, 1/(1 + n).
    public var pFloor: Double
    /// Tests in the Holm family.
    public var familySize: Int
    /// First-order draws against exact ones.
    public var calibration: NullCalibration?
    /// τ of each null model as used.
    public var draws: [Double]
}

/// How well first-order scores predict exact ones, over the draws that have both.
public struct NullCalibration: Codable, Sendable, Equatable {
    /// Draws with both scores.
    public var count: Int
    /// Mean of exact − first order.
    public var meanError: Double
    /// Root mean square of exact − first order.
    public var rootMeanSquareError: Double
    /// That over the standard deviation of the exact scores.
    public var relativeError: Double?
    /// Pearson correlation of the two.
    public var correlation: Double?
}

/// Where a domain's bias moved.
public enum BiasDirection: String, Codable, Sendable, Equatable, CaseIterable {
    /// The interval of τ excludes 0 and |B(θ1)| < |B(θ0)|.
    case towardZero = "toward-zero"
    /// The interval of τ excludes 0 and |B(θ1)| > |B(θ0)|.
    case awayFromZero = "away-from-zero"
    /// The interval of τ holds 0, or could not be computed.
    case undecided
}
