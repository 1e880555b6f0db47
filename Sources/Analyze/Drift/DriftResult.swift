import Records

/// What moved in one embedding space.
public struct DriftResult: Codable, Sendable, Equatable {
    /// Name of the space.
    public var space: String
    /// Where its vectors stand in the model.
    public var side: SpaceSide
    /// Rows, V.
    public var rowCount: Int
    /// Columns, D.
    public var dimension: Int
    /// Rows that are left out of means, counted and named.
    public var excludedRows: ExcludedRows
    /// How two vocabularies were matched; nil where they are one.
    public var vocabulary: VocabularyMatch?
    /// The vector taken from all rows of the output side; nil for other spaces.
    public var gauge: GaugeSummary?
    /// The part of the movement that all rows share.
    public var common: CommonPart
    /// The subspace of the target's definitional pairs, G.
    public var targetSubspace: SubspaceSummary?
    /// The subspace of the target words' movement, U.
    public var updateSubspace: SubspaceSummary?
    /// Cluster × metric, each against matched controls.
    public var clusters: [DriftRow]
    /// Do the groups of a concept approach each other or move as a block?
    public var groups: [GroupMovement]
    /// Distances of clusters to each other.
    public var distances: [ClusterDistance]
    /// Which group of a concept stands closer to the forgotten words.
    public var associations: [GroupAssociation]
    /// What the associations are measured with; nil where there is nothing to measure with.
    public var attributes: AttributeSets?
    /// Where the movement of a cluster went.
    public var budgets: [DisplacementBudget]
    /// Principal angles between domain subspaces.
    public var overlaps: [SubspaceOverlap]
    /// Measures over all usable rows.
    public var wholeSpace: WholeSpace
    /// Nearest neighbours of all rows, kept and lost.
    public var neighbourOverlap: NeighbourOverlap?
    /// Concept words and centroids in the plane, before and after.
    public var map: ConceptMap?
    /// Every concept word.
    public var words: [WordDrift]
    /// Neighbours of the most moved words.
    public var neighbours: [NeighbourChange]
    /// Words of each domain by exposure.
    public var exposure: [ExposureCount]
    /// Words that could not be used.
    public var dropped: [DroppedWord]
    /// What could not be computed in this space.
    public var notComputed: [NotComputed]
}

/// Rows that cannot take part in a mean.
public struct ExcludedRows: Codable, Sendable, Equatable {
    /// Rows of zeros, before or after.
    public var zero: Int
    /// Rows equal to an earlier row, before.
    public var duplicate: Int
    /// Rows with NaN or an infinity, before or after.
    public var nonFinite: Int
    /// Special, padding and added rows.
    public var padding: Int
    /// Names of the first few, with what they are.
    public var examples: [String]
}

/// The mean movement over the frequency-weighted anchor rows (usable rows that are no concept words).
public struct CommonPart: Codable, Sendable, Equatable {
    /// Length of the common shift.
    public var norm: Double
    /// Anchor rows.
    public var anchors: Int
    /// Share of the anchors' squared movement that the common shift explains.
    public var share: Double?
    /// Mean ‖δ‖ over the anchors.
    public var meanDisplacement: Double
}

/// The vector that was taken from all rows of the output side.
///
/// One vector c added to every output row adds c·h to every logit, which softmax does not see. The mean over each side's
/// anchors (finite rows that are no concept word and no padding, weighing log(1 + frequency)) is taken from all its rows, so
/// that a row's logits are log-probabilities relative to the anchors' (a weighted centred log-ratio, Aitchison 1982),
/// whatever c was added. The common part of the movement goes with it.
public struct GaugeSummary: Codable, Sendable, Equatable {
    /// Anchors whose mean it is.
    public var rows: Int
    /// Length of the mean before.
    public var normBefore: Double
    /// Length of the mean after.
    public var normAfter: Double
    /// Length of the difference of the two: movement that means nothing.
    public var shift: Double
}

/// A subspace found from word vectors.
public struct SubspaceSummary: Codable, Sendable, Equatable {
    /// `G` or `U`, or the domain's name.
    public var name: String
    /// k, by parallel analysis, at least 1.
    public var rank: Int
    /// Vectors it is found from.
    public var vectors: Int
    /// Share of variance of the leading components; of a span, those of its parts in the variance of each.
    public var explained: [Double]
    /// Parallel analysis: 95 % quantile of the same share with the pairing broken.
    public var threshold: [Double]
    /// Remarks, such as that no component exceeds chance.
    public var note: String?
}

/// Words of a domain by exposure.
public struct ExposureCount: Codable, Sendable, Equatable {
    /// Domain.
    public var domain: String
    /// Forgotten words.
    public var masked: Int
    /// Words in the forget text.
    public var seen: Int
    /// Words not in the forget text.
    public var unexposed: Int
    /// Words in two concepts, left out of the evidence.
    public var inTwoConcepts: Int
}

/// How far the subspaces of two domains coincide.
public struct SubspaceOverlap: Codable, Sendable, Equatable {
    /// One domain.
    public var first: String
    /// The other domain.
    public var second: String
    /// Cosines of the principal angles before.
    public var cosinesBefore: [Double]
    /// Cosines after.
    public var cosinesAfter: [Double]
    /// ‖QᵀQ'‖²/k before, k the smaller rank.
    public var overlapBefore: Double
    /// The same after.
    public var overlapAfter: Double
    /// Expected for random subspaces, k1·k2/(D·k): a sanity line, not a null.
    public var randomOverlap: Double
}

/// Measures over all usable rows.
public struct WholeSpace: Codable, Sendable, Equatable {
    /// Usable rows.
    public var rows: Int
    /// Mean ‖δ‖.
    public var meanDisplacement: Double
    /// Mean angle between before and after, in radians.
    public var meanAngle: Double
    /// Linear CKA of the centred rows before and after; 1 is the same up to rotation and scale.
    public var linearCKA: Double?
    /// The same from unbiased estimates (Song et al. 2012), which for few rows in many columns is not pulled to 1; at least
    /// four rows.
    public var debiasedCKA: Double?
    /// ‖E0·R − E1‖/‖E1‖ of the centred rows after the best rotation R: a diagnostic, never applied.
    public var procrustesResidual: Double?
    /// The same without rotation.
    public var unrotatedResidual: Double?
    /// Mean cosine between different rows before.
    public var anisotropyBefore: Double?
    /// The same after.
    public var anisotropyAfter: Double?
    /// Share of variance in the first principal component before.
    public var topVarianceBefore: Double?
    /// The same after.
    public var topVarianceAfter: Double?
    /// Effective rank (entropy) of the movement.
    public var updateRank: Double?
}
