/// Neutral text, a line at a time, tokenised: what is retained or what the guard watches.
public struct TextPieces: Equatable, Sendable {
    /// The file as the user named it.
    public var path: String
    /// Its digest.
    public var sha256: String
    /// Each the begin token, where the tokenizer has one, and at least one token to predict.
    public var pieces: [[Int32]]

    /// Tokens that are predicted: all but the first of each piece.
    public var predictedTokens: Int { pieces.reduce(0) { $0 + $1.count - 1 } }

    /// Makes pieces from token sequences; those of fewer than two tokens predict nothing and are left out.
    public init(path: String, sha256: String, pieces: [[Int32]]) {
        self.path = path
        self.sha256 = sha256
        self.pieces = pieces.filter { $0.count >= 2 }
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
