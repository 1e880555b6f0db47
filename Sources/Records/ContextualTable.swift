import LinearAlgebra

/// The vectors of concept words inside sentences, by layer.
public struct ContextualTable: Equatable, Sendable {
    /// The words, `(C)`: domain, group and word of each row.
    public var words: [(domain: String, group: String, word: String)]
    /// The mean over contexts, one `(C, D)` matrix a layer, `(L + 1)`: the input of the first block first, then the
    /// output of each block, the last after the final norm.
    public var mean: [Matrix<Float>]
    /// The deviation over contexts with divisor n, element by element, in the same shapes.
    public var spread: [Matrix<Float>]
    /// Number of contexts of each word, `(C)`.
    public var contexts: [Int32]
    /// The name and SHA-256 of the template set.
    public var templateSet: (name: String, sha256: String)

    package init(
        words: [(domain: String, group: String, word: String)], mean: [Matrix<Float>], spread: [Matrix<Float>],
        contexts: [Int32], templateSet: (name: String, sha256: String)
    ) {
        precondition(mean.count == spread.count && mean.allSatisfy { $0.rows == words.count })
        (self.words, self.mean, self.spread) = (words, mean, spread)
        (self.contexts, self.templateSet) = (contexts, templateSet)
    }

    /// Whether all numbers and names agree.
    public static func == (a: ContextualTable, b: ContextualTable) -> Bool {
        a.words.elementsEqual(b.words, by: ==) && a.mean == b.mean && a.spread == b.spread && a.contexts == b.contexts
            && a.templateSet == b.templateSet
    }
}
