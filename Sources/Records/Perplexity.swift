/// A perplexity, or of a masked model a pseudo-perplexity, with every convention that it depends on.
public struct Perplexity: Sendable, Equatable, Codable {
    /// exp of ``negativeLogLikelihood`` over the normaliser.
    public var value: Double
    /// The sum in the numerator, in nats.
    public var negativeLogLikelihood: Double
    /// What the sum is divided by.
    public var normaliser: Double
    /// What the normaliser counts, in words.
    public var normaliserName: String
    /// Tokens whose probability was taken.
    public var scoredTokens: Int
    /// Tokens of the text.
    public var tokens: Int
    /// UTF-8 bytes of the text.
    public var bytes: Int
    /// Tokens of a window, the begin token included.
    public var window: Int
    /// Tokens by which windows advance.
    public var stride: Int
    /// Whether a begin token stands before every window (or line).
    public var beginToken: Bool
    /// Whether each line of the text was a text of its own.
    public var byLine: Bool
    /// The profile whose conventions these are.
    public var profile: ScoringProfile

    /// What it is: perplexity, or pseudo-perplexity, of which smaller is better too and which compares with no perplexity.
    public var name: String { profile.perplexityName }

    /// Bits per UTF-8 byte over the scored tokens; compares between tokenizers.
    public var bitsPerByte: Double { negativeLogLikelihood / Double(bytes) / 0.693_147_180_559_945_3 }

    package init(
        value: Double, negativeLogLikelihood: Double, normaliser: Double, normaliserName: String, scoredTokens: Int,
        tokens: Int, bytes: Int, window: Int, stride: Int, beginToken: Bool, byLine: Bool, profile: ScoringProfile
    ) {
        (self.value, self.negativeLogLikelihood, self.normaliser) = (value, negativeLogLikelihood, normaliser)
        (self.normaliserName, self.scoredTokens, self.tokens) = (normaliserName, scoredTokens, tokens)
        (self.bytes, self.window, self.stride, self.beginToken) = (bytes, window, stride, beginToken)
        (self.byLine, self.profile) = (byLine, profile)
    }
}
