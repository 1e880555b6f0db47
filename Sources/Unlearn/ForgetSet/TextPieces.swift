/// Neutral text, a line at a time, tokenised: what is retained or what the guard watches.
public struct TextPieces: Equatable, Sendable {
    /// The file as the user named it.
    public var path: String
    /// Its digest.
    public var sha256: String
    /// Each the begin token, where the tokenizer has one, and at least one token to predict; for a masked model between begin
    /// and end token.
    public var pieces: [[Int32]]
    /// Tokens of a piece that are not predicted: the first, and for a masked model the last.
    private let unasked: Int

    /// Tokens that are predicted: all but the first of each piece, for a masked model all but the first and last.
    public var predictedTokens: Int { pieces.reduce(0) { $0 + $1.count - unasked } }

    /// Makes pieces from token sequences; those without a token to predict are left out.
    ///
    /// - Parameter isMasked: whether they are for a masked model, each between begin and end token.
    public init(path: String, sha256: String, pieces: [[Int32]], isMasked: Bool = false) {
        self.path = path
        self.sha256 = sha256
        let unasked = isMasked ? 2 : 1
        self.unasked = unasked
        self.pieces = pieces.filter { $0.count > unasked }
    }

    /// Pieces spread evenly over the text, of about `count` predicted tokens in all; all of them when there are fewer.
    public func spread(overTokens count: Int) -> TextPieces {
        let total = predictedTokens
        guard total > count, !pieces.isEmpty else { return self }
        let wanted = max(1, pieces.count * count / total)
        var few = self
        few.pieces = (0..<wanted).map { pieces[$0 * pieces.count / wanted] }
        return few
    }
}
