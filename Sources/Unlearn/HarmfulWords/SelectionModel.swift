import LanguageModel

/// The model before, for selections that look at one: loaded when the first asks, and not changed as long as they do.
///
/// What a selection marked in a text is kept, since a study reads its forget file several times.
public final class SelectionModel {
    private let load: () throws -> (model: TransformerModel, tokenizer: any Tokenizer)
    private var loaded: (model: TransformerModel, tokenizer: any Tokenizer)?
    private var kept: [String: [Range<Int>]] = [:]

    /// A model that is loaded when it is needed.
    public init(_ load: @escaping () throws -> (model: TransformerModel, tokenizer: any Tokenizer)) {
        self.load = load
    }

    /// A model that is there.
    public convenience init(_ model: TransformerModel, tokenizer: any Tokenizer) {
        self.init { (model, tokenizer) }
    }

    /// The model and its tokenizer.
    ///
    /// - Throws: what loading it throws.
    func checkpoint() throws -> (model: TransformerModel, tokenizer: any Tokenizer) {
        if let loaded { return loaded }
        let fresh = try load()
        loaded = fresh
        return fresh
    }

    /// What a selection marks in a text: as it found before, or as `find` finds now.
    func ranges(_ selection: String, in row: ForgetRow, _ find: () throws -> [Range<Int>]) rethrows -> [Range<Int>] {
        let key = selection + "\n" + row.sha256
        if let ranges = kept[key] { return ranges }
        let ranges = try find()
        kept[key] = ranges
        return ranges
    }
}
