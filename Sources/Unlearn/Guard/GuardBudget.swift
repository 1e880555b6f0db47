import FileSupport

/// How far unlearning may change the model on neutral text before it is stopped.
public struct GuardBudget: Codable, Equatable, Sendable {
    /// Largest relative rise of perplexity over the model before, 0.1 for +10 %; nil for no limit.
    public var perplexityRise: Double?
    /// Largest mean KL(θ0 ‖ θ), nats per token; nil for no limit.
    public var klDivergence: Double?

    /// Makes a budget.
    public init(perplexityRise: Double? = nil, klDivergence: Double? = nil) {
        self.perplexityRise = perplexityRise
        self.klDivergence = klDivergence
    }

    /// Reads a relative rise: `+10%`, `10%` or `0.1`.
    ///
    /// - Throws: `InputError` when it is none of these or not above 0.
    public static func rise(parsing text: String, at place: String = "guard.perplexity") throws -> Double {
        let trimmed = ListCell.trim(text)
        var digits = trimmed[...]
        if digits.hasPrefix("+") { digits.removeFirst() }
        let percent = digits.hasSuffix("%")
        if percent { digits.removeLast() }
        guard let number = Double(digits), number > 0, number.isFinite else {
            throw InputError("\"\(trimmed)\" is no relative rise", at: place, remedy: "write it as +10% or 0.1")
        }
        return percent ? number / 100 : number
    }
}
