/// A subspace of the residual stream: how large it is, and what random ones in its place do to first order. Its scored
/// models are among ``RunRecords/models``.
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

    package init(
        benchmark: String, subject: String, subspace: String, ranks: [Int], normShare: Double? = nil,
        firstOrder: [[String: Double]] = []
    ) {
        (self.benchmark, self.subject, self.subspace, self.ranks) = (benchmark, subject, subspace, ranks)
        (self.normShare, self.firstOrder) = (normShare, firstOrder)
    }
}

/// What target and other domains share in the residual stream.
public struct MediationRecord: Codable, Equatable, Sendable {
    /// One site of one subject.
    public struct Site: Codable, Equatable, Sendable {
        /// The domain beside the target.
        public var subject: String
        /// Where in the model, such as `stream/2`.
        public var site: String
        /// Dimensions of the target's subspace.
        public var targetRank: Int
        /// Dimensions of the subject's.
        public var subjectRank: Int
        /// Cosines of the principal angles between them, largest first.
        public var cosines: [Double]
        /// What each cosine has to exceed.
        public var thresholds: [Double]
        /// Directions shared.
        public var shared: Int

        package init(
            subject: String, site: String, targetRank: Int, subjectRank: Int, cosines: [Double], thresholds: [Double],
            shared: Int
        ) {
            (self.subject, self.site, self.targetRank) = (subject, site, targetRank)
            (self.subjectRank, self.cosines, self.thresholds) = (subjectRank, cosines, thresholds)
            self.shared = shared
        }
    }

    /// The subspaces.
    public var tables: [MediationTable] = []
    /// How they came about.
    public var sites: [Site] = []
    /// Sentences in which words were read.
    public var templates = 0
    /// What was left out, with reasons.
    public var notDone: [NotComputed] = []

    package init() {}
}
