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
}
