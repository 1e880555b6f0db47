import LinearAlgebra
import Records

/// What is known of one row of an embedding matrix, for matching controls and for names.
public struct DriftRowInfo: Sendable, Equatable {
    /// The unique spelling of the token or word.
    public var key: String
    /// Occurrences in the neutral reference text.
    public var frequency: Int
    /// How the row stands to the forget text.
    public var exposure: WordExposure
    /// Tokens that the row stands for; 1 for a row of a token embedding.
    public var tokenCount: Int
    /// Special, padding and added rows: counted, never in a mean.
    public var isPadding: Bool
    /// Whether the row may serve as a control: a whole word that belongs to no concept.
    public var isControl: Bool
    /// The word that the row is a variant of (without leading space, lower case); the variants of a control word are
    /// averaged as those of a concept word are. The key itself where there are no variants.
    public var word: String

    /// Describes a row.
    public init(
        key: String, frequency: Int, exposure: WordExposure, tokenCount: Int = 1, isPadding: Bool = false,
        isControl: Bool = true, word: String? = nil
    ) {
        (self.key, self.frequency, self.exposure, self.tokenCount) = (key, frequency, exposure, tokenCount)
        (self.isPadding, self.isControl) = (isPadding, isControl)
        self.word = word ?? key
    }
}

/// A word that the lexicon names and the analysis could not use.
public struct DroppedWord: Codable, Sendable, Equatable {
    /// Domain of the lexicon.
    public var domain: String
    /// Group within the domain.
    public var group: String
    /// The word.
    public var word: String
    /// Why it was dropped.
    public var reason: String
}

/// Where the vectors of a space stand in the model.
public enum SpaceSide: String, Codable, Sendable, Equatable, CaseIterable {
    /// What a token becomes at the model's entry.
    case input
    /// What logits are made with. One vector added to all rows changes nothing in the model, so it is taken out first.
    case output
    /// Hidden states of words in sentences.
    case contextual
}

/// Tokens of two vocabularies matched by key.
public struct VocabularyMatch: Codable, Sendable, Equatable {
    /// Rows before whose key stands after too: the rows compared.
    public var matched: Int
    /// Keys only after.
    public var added: Int
    /// Keys only before.
    public var removed: Int
    /// Matched rows that stand at another place after.
    public var moved: Int
    /// Names of the first few added and removed keys.
    public var examples: [String]

    /// Collects the values.
    public init(matched: Int, added: Int, removed: Int, moved: Int, examples: [String]) {
        (self.matched, self.added, self.removed) = (matched, added, removed)
        (self.moved, self.examples) = (moved, examples)
    }
}

/// One embedding space before and after: the input or output embeddings, or the word vectors of a layer.
public struct DriftInput: Sendable {
    /// Name in the report, such as `input embeddings` or `layer 6`.
    public var space: String
    /// Where its vectors stand in the model.
    public var side: SpaceSide
    /// Rows before, `(V, D)`.
    public var before: Matrix<Float>
    /// The same rows after, `(V, D)`.
    public var after: Matrix<Float>
    /// What is known of each row, `V` entries.
    public var rows: [DriftRowInfo]
    /// Concept words.
    public var words: [DriftWord]
    /// Words dropped before the analysis, with reasons.
    public var dropped: [DroppedWord]
    /// Domains of the study; the target's words span the subspaces.
    public var domains: [AnalysisDomain]
    /// Vectors after the final norm, `(C, D)`, by which output-side movement is weighed; nil where there are none.
    public var hiddenStates: Matrix<Float>?
    /// How the two vocabularies were matched; nil where they are one.
    public var vocabulary: VocabularyMatch?

    /// Collects a space.
    public init(
        space: String, side: SpaceSide = .input, before: Matrix<Float>, after: Matrix<Float>, rows: [DriftRowInfo],
        words: [DriftWord], dropped: [DroppedWord] = [], domains: [AnalysisDomain], hiddenStates: Matrix<Float>? = nil
    ) {
        (self.space, self.side, self.before, self.after) = (space, side, before, after)
        (self.rows, self.words, self.dropped) = (rows, words, dropped)
        (self.domains, self.hiddenStates) = (domains, hiddenStates)
    }

    /// The space over the keys that both sides have; for a model whose vocabulary was reordered, grew or shrank.
    ///
    /// `rows` and the rows named by `words` are those before, `(V0)`; `after` has a row for each of `afterKeys`, `(V1)`.
    /// Rows without a partner are counted in ``vocabulary`` and left out; a word none of whose rows has one is left
    /// without rows and thereby dropped. Of a key that stands twice on one side, only the first counts.
    public static func matching(
        space: String, side: SpaceSide = .input, before: Matrix<Float>, rows: [DriftRowInfo], after: Matrix<Float>,
        afterKeys: [String], words: [DriftWord], dropped: [DroppedWord] = [], domains: [AnalysisDomain],
        hiddenStates: Matrix<Float>? = nil
    ) -> DriftInput {
        precondition(rows.count == before.rows && afterKeys.count == after.rows, "a key for every row")
        var out = DriftInput(
            space: space, side: side, before: before, after: after, rows: rows, words: words, dropped: dropped,
            domains: domains, hiddenStates: hiddenStates)
        if rows.elementsEqual(afterKeys, by: { $0.key == $1 }) { return out }
        let places = Dictionary(afterKeys.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        var taken: Set<String> = []
        let kept = rows.indices.filter { places[rows[$0].key] != nil && taken.insert(rows[$0].key).inserted }
        let partners = kept.compactMap { places[rows[$0].key] }
        let newPlace = Dictionary(uniqueKeysWithValues: kept.enumerated().map { ($1, $0) })
        let own = Set(rows.map(\.key))
        let added = afterKeys.filter { !own.contains($0) }
        let removed = rows.map(\.key).filter { places[$0] == nil }
        (out.before, out.after) = (before.gathering(kept), after.gathering(partners))
        out.rows = kept.map { rows[$0] }
        for i in words.indices { out.words[i].rows = words[i].rows.compactMap { newPlace[$0] } }
        out.vocabulary = VocabularyMatch(
            matched: kept.count, added: afterKeys.count - kept.count, removed: rows.count - kept.count,
            moved: zip(kept, partners).count { $0 != $1 },
            examples: added.prefix(5).map { "added: " + $0 } + removed.prefix(5).map { "removed: " + $0 })
        return out
    }
}
