import FileSupport

/// The tokens of a tokenizer's model and those that are added to them, put together as transformers does.
struct TokenizerVocabulary {
    /// Every token that has a row, with its id.
    private(set) var entries: [(key: String, id: Int)]
    private(set) var added: [AddedToken] = []
    /// Added tokens without a row of the model's embedding.
    private(set) var beyond: [AddedToken] = []
    /// Ids of tokens that stand among the added tokens alone.
    private(set) var onlyAdded: Set<Int32> = []
    /// Rows of the model's embedding.
    let rows: Int
    private var known = ByteStringTable()
    private var knownIDs: [Int] = []
    private var next: Int

    init(_ entries: [(key: String, id: Int)], rows: Int) {
        self.entries = entries
        self.rows = rows
        next = (entries.lazy.map(\.id).max() ?? -1) + 1
        for (key, id) in entries where known.insert(Array(key.utf8)) { knownIDs.append(id) }
    }

    /// Whether a text is an added token.
    func holds(_ text: [UInt8]) -> Bool { (added + beyond).contains { $0.text == text } }

    /// Adds a token, or says anew how one is found. Without an id it takes the vocabulary's, else the next one.
    ///
    /// - Throws: ``InputError`` when its id is not the one that the vocabulary gives it.
    mutating func add(_ token: AddedToken, id: Int?, place: String) throws {
        var token = token
        if let index = added.firstIndex(where: { $0.text == token.text }) {
            token.id = added[index].id
            added[index] = token
            return
        }
        if beyond.contains(where: { $0.text == token.text }) { return }
        let stored = known.find(token.text).map { knownIDs[$0] }
        let number = stored ?? id ?? next
        guard let small = Int32(exactly: number), id == nil || id == number else {
            throw InputError(
                "the added token \"\(String(decoding: token.text, as: UTF8.self))\" has the id \(id ?? number), and in the "
                    + "vocabulary \(number)", at: place, remedy: "give the model's own files")
        }
        token.id = small
        next = max(next, number + 1)
        if stored == nil {
            guard number < rows else { return beyond.append(token) }
            onlyAdded.insert(small)
            entries.append((String(decoding: token.text, as: UTF8.self), number))
        }
        added.append(token)
    }
}
