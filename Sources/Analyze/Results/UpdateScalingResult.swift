import Records

/// Bias along θ0 + αΔθ in one domain of one benchmark, with its odd and even parts.
public struct UpdateScalingResult: Codable, Sendable, Equatable {
    /// Benchmark name.
    public var benchmark: String
    /// Domain.
    public var domain: String
    /// Points, α ascending.
    public var points: [UpdateScalingPoint]
    /// Odd and even parts at every α > 0 that has its mirror image.
    public var parts: [OddEvenPart]
    /// The parts at α = 1, which decide.
    public var atOne: OddEvenPart?
    /// Why the parts at α = 1 are not computed.
    public var reason: String?

    /// Collects the values.
    public init(
        benchmark: String, domain: String, points: [UpdateScalingPoint], parts: [OddEvenPart],
        atOne: OddEvenPart? = nil,
        reason: String? = nil
    ) {
        self.benchmark = benchmark
        self.domain = domain
        self.points = points
        self.parts = parts
        self.atOne = atOne
        self.reason = reason
    }
}

/// Bias at one α.
public struct UpdateScalingPoint: Codable, Sendable, Equatable {
    /// α.
    public var alpha: Double
    /// B(α).
    public var bias: Double
    /// Its bootstrap interval.
    public var interval: Interval?
    /// Share of items with a positive gap, in percent.
    public var share: Double
    /// Perplexity on neutral text.
    public var perplexity: Double?
    /// KL(θ0 ‖ θ) on neutral text.
    public var kl: Double?

    /// Collects the values.
    public init(
        alpha: Double, bias: Double, interval: Interval? = nil, share: Double, perplexity: Double? = nil,
        kl: Double? = nil
    ) {
        self.alpha = alpha
        self.bias = bias
        self.interval = interval
        self.share = share
        self.perplexity = perplexity
        self.kl = kl
    }
}

/// Odd (directional) and even (damage) part of the response: odd = (B(α) − B(−α))/2, even = (B(α) + B(−α))/2 − B(0).
public struct OddEvenPart: Codable, Sendable, Equatable {
    /// α.
    public var alpha: Double
    /// The odd part.
    public var odd: Double
    /// Its paired bootstrap interval.
    public var oddInterval: Interval?
    /// The even part.
    public var even: Double
    /// Its paired bootstrap interval.
    public var evenInterval: Interval?

    /// Collects the values.
    public init(
        alpha: Double, odd: Double, oddInterval: Interval? = nil, even: Double, evenInterval: Interval? = nil
    ) {
        self.alpha = alpha
        self.odd = odd
        self.oddInterval = oddInterval
        self.even = even
        self.evenInterval = evenInterval
    }
}
