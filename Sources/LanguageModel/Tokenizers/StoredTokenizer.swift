import FileSupport
import Synchronization

/// A tokenizer that a checkpoint folder can hold. Only this package has some.
public protocol StoredTokenizer: Tokenizer {
    /// What all of them hold.
    var core: TokenizerCore { get }
    /// Appends the ids of a stretch without added tokens.
    func encode(_ pass: inout TokenizerPass)
    /// `tokenizer.json` without vocabulary and merges, of a tokenizer that was not read from one.
    var json: JSON { get }
    /// `tokenizer_config.json` of a tokenizer that was not read with one.
    var settings: JSON { get }
    /// The merges as `tokenizer.json` has them; nil where there are none.
    var mergesJSON: JSON? { get }
    /// Writes its files as transformers reads them.
    ///
    /// - Throws: ``UnfinishedError`` when the disk refuses.
    func write(to folder: String, contextLength: Int) throws
}

/// The tokens of a tokenizer by their spellings, its markers and files, and what happens to a text before its model.
public struct TokenizerCore: Sendable {
    /// The spellings of all tokens by id.
    let keys: ByteStringTable
    let pipeline: TextPipeline
    let added: Set<Int32>
    let frame: TextFrame
    /// The files that it was read from; nil writes them anew.
    let files: TokenizerFiles?
    fileprivate let special: Set<Int32>
    fileprivate let cache = WordCache()
    /// Tokens that a text must not hold.
    private let beyond: AddedTokens
    /// The first of them that a text held.
    private let met = MetToken()

    init(
        keys: ByteStringTable, normalizer: TextNormalizer, added: [AddedToken], frame: TextFrame,
        files: TokenizerFiles?
    ) {
        self.keys = keys
        pipeline = TextPipeline(normalizer: normalizer, added: added.filter { !$0.text.isEmpty })
        self.added = Set(added.map(\.id))
        special = Set(added.lazy.filter(\.isSpecial).map(\.id))
        self.frame = frame
        self.files = files
        beyond = AddedTokens(files?.beyond.map(\.found) ?? [])
    }

    /// Notes the first token in a text that has no row.
    fileprivate func note(_ text: UnsafeBufferPointer<UInt8>) {
        guard !beyond.isEmpty(normalized: false) else { return }
        beyond.forEachPart(of: text, normalized: false) { _, token in
            if let token { met.token.withLock { if $0 == nil { $0 = token } } }
        }
    }

    fileprivate func requireRows(at place: String) throws {
        guard let token = met.token.withLock({ $0.take() }) else { return }
        throw InputError(
            "a text holds the token \(String(decoding: token.text, as: UTF8.self)), whose id \(token.id) is beyond the "
                + "\(files?.rows ?? 0) rows of the model's embedding", at: place,
            remedy: "take it out of the text, or give a model that has a row for it")
    }

    /// The members of `tokenizer.json` that all kinds write alike.
    var json: JSON {
        [
            "version": "1.0", "truncation": nil, "padding": nil,
            "added_tokens": .array(pipeline.added.all.map(\.json)),
        ]
    }
}

/// A token that was met, shared by all copies of a tokenizer.
private final class MetToken: Sendable {
    let token = Mutex(AddedToken?.none)
}

extension AddedToken {
    /// The same token wherever its text stands.
    fileprivate var found: AddedToken { AddedToken(id: id, text: text, isSpecial: isSpecial) }
}

/// A stretch of text on its way through a tokenizer.
public struct TokenizerPass {
    var view: TextView
    /// Whether ends are wanted.
    let tracking: Bool
    var out = TokenRun()
    fileprivate var words = WordCache.Words()
    var merger = PairMerger()

    /// Appends the ids of a word: those kept from before, else what `body` appends.
    mutating func append(_ word: UnsafeBufferPointer<UInt8>, _ body: (inout TokenizerPass) -> Void) {
        if words.append(word, to: &out.ids) { return }
        let first = out.ids.count
        body(&self)
        // Long pieces are rare and would fill the cache.
        if word.count <= 64 { words.insert(word, ids: out.ids[first...]) }
    }
}

extension StoredTokenizer {
    /// Number of ids.
    public var vocabularySize: Int { core.keys.count }
    /// The id of the token that begins a text: `<|endoftext|>` in GPT-2, `[CLS]` in BERT.
    public var beginToken: Int32? { core.frame.begin }
    /// Whether the files put the begin token before every text.
    public var addsBeginToken: Bool { core.frame.isTemplate && core.frame.begin != nil }
    /// The id of the token that ends a text: `</s>` in RoBERTa, `[SEP]` in BERT.
    public var endToken: Int32? { core.frame.end }
    /// The id of the token for a hidden word: `<mask>` in RoBERTa, `[MASK]` in BERT.
    public var maskToken: Int32? { core.frame.mask }

    /// The ids of a text given as bytes; a byte outside of valid UTF-8 counts as a symbol, or is spelled by its own
    /// token.
    public func encode(_ bytes: [UInt8]) -> [Int32] {
        bytes.withUnsafeBufferPointer { run($0, tracking: false).ids }
    }

    /// The ids of a text, each with the range of UTF-8 bytes that it stands for; a mark that only stands in front of
    /// the text is none of them, and white space that is dropped belongs to the token after it.
    public func encodeWithOffsets(_ text: String) -> [(token: Int32, bytes: Range<Int>)] {
        var text = text
        return text.withUTF8 { run($0, tracking: true).ranges(count: $0.count) }
    }

    /// The spelling of one token.
    public func key(of token: Int32) -> String { String(decoding: core.keys[Int(token)], as: UTF8.self) }

    /// The token with that spelling.
    public func id(ofKey key: String) -> Int32? { core.keys.find(Array(key.utf8)).map(Int32.init) }

    /// Whether the token is a marker and not text.
    public func isSpecial(_ token: Int32) -> Bool { core.special.contains(token) }

    /// Writes `tokenizer.json` and `tokenizer_config.json` as transformers reads them.
    ///
    /// - Throws: ``UnfinishedError`` when the disk refuses.
    public func write(to folder: String, contextLength: Int) throws { try writeJSON(to: folder, contextLength) }

    func writeJSON(to folder: String, _ contextLength: Int) throws {
        var files = core.files ?? TokenizerFiles()
        if files.json == nil { files.json = json }
        if files.settings == nil { files.settings = settings }
        try files.write(
            to: folder, contextLength: contextLength, count: vocabularySize, key: key, merges: mergesJSON)
    }

    /// A token's spelling as JSON, null where there is none.
    func keyJSON(_ token: Int32?) -> JSON { token.map { .string(key(of: $0)) } ?? .null }

    /// Refuses texts that held a token without a row.
    public func requireRows(at place: String) throws { try core.requireRows(at: place) }

    private func run(_ text: UnsafeBufferPointer<UInt8>, tracking: Bool) -> TokenRun {
        core.note(text)
        var pass = TokenizerPass(view: TextView(bytes: text, start: 0), tracking: tracking)
        pass.out.ids.reserveCapacity(text.count / 3 + 4)
        core.cache.use { words in
            // Moved and not copied: the cache is large.
            swap(&pass.words, &words)
            core.pipeline.run(text, tracking: tracking) { token, end in
                pass.out.append(token.id, end: end)
            } stretch: { view in
                pass.view = view
                encode(&pass)
            }
            swap(&pass.words, &words)
        }
        return pass.out
    }
}
