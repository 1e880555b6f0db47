import FileSupport
import LinearAlgebra

/// A model family: its network, and how its checkpoints are read and written.
///
/// A family is one file in `Families` and one line in ``ModelFamilies/all``; nothing else changes when one is added.
package protocol ModelFamily: Sendable {
    /// The family's own configuration.
    associatedtype Sizes: ModelConfiguration
    /// The tensors of one block.
    associatedtype Block

    /// Whether the model fills in masked tokens: every token sees all of its sequence, and a row predicts the token
    /// that belongs there, not the next one.
    static var isMasked: Bool { get }

    /// A family's network of some sizes.
    init(_ sizes: Sizes)

    /// The sizes, and what sets the model apart within its family.
    var sizes: Sizes { get }
    /// Every tensor, by its canonical name.
    var layout: ParameterLayout { get }
    /// The matrix `(V, C)` that turns tokens into vectors.
    var tokenEmbedding: ParameterInfo { get }
    /// The matrix `(V, C)` that turns final hidden states into logits.
    var head: ParameterInfo { get }
    /// What is added to the logits, `(V)`.
    var headBias: ParameterInfo? { get }
    /// The blocks from first to last.
    var blocks: [Block] { get }

    /// What the first block reads, `(tokens, C)`.
    func embed(_ tape: Tape, _ batch: Batch) -> Activation
    /// What a block makes of its input: `(tokens, C)` to `(tokens, C)`, or to the rows that the pass keeps.
    func run(_ block: Block, _ x: Activation, _ pass: BlockPass) -> Activation
    /// What the head reads of the last block's output, row by row.
    func finish(_ tape: Tape, _ x: Activation) -> Activation

    /// The weights that read from the residual stream or write to it, the head among them.
    var residualWeights: [ResidualWeight] { get }

    /// Fills fresh parameters as the family's reference implementation does.
    func initialize(_ values: FloatBuffer, seed: UInt64)

    /// Reads sizes and choices from `config.json`.
    ///
    /// - Throws: ``InputError`` for a setting that changes the arithmetic and is not supported.
    static func sizes(_ config: JSONCursor, _ family: Sizes.Family) throws -> Sizes
    /// Members of `config.json` for a model that came without one; `architectures` and `model_type` come from the type.
    func config(beginToken: Int32?) -> JSON
    /// The name in the layout of a tensor as files store it; nil for what is no parameter of the model: a buffer, or a
    /// component that it does without.
    static func canonicalName(_ stored: String) -> String?
    /// The canonical name of the head where it is a matrix of its own.
    static func headName(_ family: Sizes.Family) -> String
    /// Canonical names under which a file may hold a tensor once more, and that tensor.
    var copies: [String: ParameterInfo] { get }
}

// What holds unless a family says otherwise.
extension ModelFamily {
    package var headBias: ParameterInfo? { nil }
    package var copies: [String: ParameterInfo] { tiedHeadCopy }

    /// As `_init_weights` of most families does.
    package func initialize(_ values: FloatBuffer, seed: UInt64) { fill(values, seed: seed) }
}

extension ModelFamily {
    var isMasked: Bool { Self.isMasked }
    var type: any ModelType { sizes.family }
    var title: String { sizes.family.title }
    /// C / H, the width of a head in families that do not choose it.
    var headSize: Int { sizes.hiddenSize / sizes.headCount }

    /// The same family with a head of its own, whatever this one has.
    var untied: any ModelFamily {
        var sizes = sizes
        sizes.tiedHead = false
        return Self(sizes)
    }

    /// The head's side of the residual stream. A tied matrix is listed once, as what it is at the input.
    package var headWeights: [ResidualWeight] { sizes.tiedHead ? [] : [ResidualWeight(head, at: .head, .rows)] }

    /// The token embedding under the head's name, where the two are tied.
    var tiedHeadCopy: [String: ParameterInfo] {
        sizes.tiedHead ? [Self.headName(sizes.family): tokenEmbedding] : [:]
    }

    /// Reads `config.json`; nil when it is of another family.
    static func network(_ config: JSONCursor, type: String) throws -> (any ModelFamily)? {
        try Sizes.Family(rawValue: type).map { Self(try sizes(config, $0)) }
    }

    static var types: [any ModelType] { Array(Sizes.Family.allCases) }

    /// `config.json` of a model as it is saved: the one that it was read with, but for what saving changes, or a new
    /// one.
    func configJSON(beginToken: Int32?, original: JSON?) -> JSON {
        let architectures: JSON = [.string(sizes.family.architecture)]
        if let original {
            return original.inSinglePrecision.setting("architectures", to: architectures)
                .setting("tie_word_embeddings", to: .bool(sizes.tiedHead))
        }
        guard case .object(let members) = config(beginToken: beginToken) else { return .null }
        return members.reduce(["architectures": architectures, "model_type": .string(sizes.family.rawValue)]) {
            $0.setting($1.0, to: $1.1)
        }
    }
}
