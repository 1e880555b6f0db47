/// Distance of a cluster's centroid to that of another domain, compared with matched control words in the cluster's place.
public struct ClusterDistance: Codable, Sendable, Equatable {
    /// Domain whose words are replaced by controls.
    public var domain: String
    /// The other domain.
    public var other: String
    /// Distance of the centroids before.
    public var before: Double
    /// The same after.
    public var after: Double
    /// (after − before)/before.
    public var relativeChange: Double
    /// Median relative change over the control sets.
    public var controlMedian: Double?
    /// 2.5 % quantile over the control sets.
    public var controlLower: Double?
    /// 97.5 % quantile over the control sets.
    public var controlUpper: Double?
    /// Two-sided p against the control sets.
    public var p: Double?
    /// p after Benjamini–Hochberg over the distances of the space.
    public var q: Double?
    /// Why there is no p.
    public var reason: String?
}

/// Which of two groups stands closer to the forgotten words: the effect size of WEAT (Caliskan et al. 2017), before and after.
///
/// s(w) = mean cosine with the forgotten words − mean cosine with words matched to them; the effect is the difference of the
/// groups' mean s over the deviation of s over both (divisor n − 1). Control sets replace the words of both groups.
public struct GroupAssociation: Codable, Sendable, Equatable {
    /// Domain.
    public var domain: String
    /// One group; a positive effect means that it stands closer.
    public var first: String
    /// The other group.
    public var second: String
    /// Words of the first group.
    public var firstCount: Int
    /// Words of the second group.
    public var secondCount: Int
    /// Effect size before.
    public var before: Double?
    /// Effect size after.
    public var after: Double?
    /// after − before.
    public var change: Double?
    /// Median change over the control sets.
    public var controlMedian: Double?
    /// 2.5 % quantile over the control sets.
    public var controlLower: Double?
    /// 97.5 % quantile over the control sets.
    public var controlUpper: Double?
    /// Two-sided p of the change against the control sets.
    public var p: Double?
    /// p after Benjamini–Hochberg over the associations of the space.
    public var q: Double?
    /// Why numbers are missing.
    public var reason: String?
}

/// The two sets that associations are measured with.
public struct AttributeSets: Codable, Sendable, Equatable {
    /// Forgotten words that belong to no concept.
    public var forgotten: Int
    /// The word of no concept closest to each of them in norm and frequency, each once.
    public var matched: Int
    /// What the sets are made of.
    public var note: String
}

/// The nearest neighbours (cosine) among all usable rows, before and after.
public struct NeighbourOverlap: Codable, Sendable, Equatable {
    /// Rows compared: all usable ones, or random ones of a large vocabulary.
    public var rows: Int
    /// Usable rows.
    public var usable: Int
    /// Neighbours of a row, k.
    public var neighbours: Int
    /// Mean over rows of shared neighbours over all neighbours of both lists.
    public var meanJaccard: Double
    /// Share of rows all of whose neighbours are kept.
    public var unchanged: Double
    /// Rows by number of neighbours kept, 0 … k.
    public var kept: [Int]
}
