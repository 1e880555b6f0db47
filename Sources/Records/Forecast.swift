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

    package init(
        domain: String, items: Int, bias: Double, predicted: Double, cosine: Double, plainCosine: Double? = nil,
        overlap: Double? = nil, sharedWords: Double, actual: Double? = nil
    ) {
        (self.domain, self.items, self.bias, self.predicted) = (domain, items, bias, predicted)
        (self.cosine, self.plainCosine, self.overlap) = (cosine, plainCosine, overlap)
        (self.sharedWords, self.actual) = (sharedWords, actual)
    }
}

/// A forecast over the domains of a benchmark.
public struct ForecastTable: Codable, Sendable, Equatable {
    /// Benchmark name.
    public var benchmark: String
    /// The domains of the study, then other labels with enough items.
    public var entries: [ForecastEntry]

    package init(benchmark: String, entries: [ForecastEntry]) {
        (self.benchmark, self.entries) = (benchmark, entries)
    }
}

/// What a study expects before anything is changed.
public struct ForecastRecord: Codable, Sendable, Equatable {
    /// A forecast a benchmark.
    public var tables: [ForecastTable]
    /// Mini-batches whose gradients made the update.
    public var batches: Int
    /// Steps that the update is scaled to.
    public var steps: Int

    package init(tables: [ForecastTable], batches: Int, steps: Int) {
        (self.tables, self.batches, self.steps) = (tables, batches, steps)
    }
}

/// The change of labels that only the forecast looks at, once the model after is there.
public struct ForecastOutcome: Codable, Sendable, Equatable {
    /// B_d(θ1) − B_d(θ0) by benchmark and label.
    public var actual: [String: [String: Double]]

    package init(actual: [String: [String: Double]]) { self.actual = actual }
}
