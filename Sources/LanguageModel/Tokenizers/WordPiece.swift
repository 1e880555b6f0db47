import FileSupport

/// The tokenizer of BERT: words are cut into the longest pieces that the vocabulary holds, from left to right. Gives
/// exactly the ids of Hugging Face's `WordPiece` with BERT's normalizer and pre-tokenizer.
///
/// A word that cannot be spelled so, or is too long, is one unknown token. Encoding from several threads at once is
/// fine.
public struct WordPiece: Tokenizer {
    /// What the models differ in.
    struct Options: Sendable {
        var normalizer = TextNormalizer(steps: [.cleaned, .ideographsApart, .withoutAccents, .lowercase])
        /// In front of a piece that goes on with a word.
        var prefix = "##"
        var longestWord = 100
        var frame = TextFrame()
        /// The files that it was read from; nil writes them anew.
        var files: TokenizerFiles?
    }

    /// Number of ids.
    public var vocabularySize: Int { keys.count }
    /// The id of the token that begins a text, `[CLS]`.
    public var beginToken: Int32? { options.frame.begin }
    /// The id of the token that ends a text, `[SEP]`.
    public var endToken: Int32? { options.frame.end }
    /// The id of the token for a hidden word, `[MASK]`.
    public var maskToken: Int32? { options.frame.mask }

    let options: Options
    let pipeline: TextPipeline

    /// The spellings of all tokens by id.
    private let keys: ByteStringTable
    /// The pieces that go on with a word, without their prefix, and their ids.
    private let inner: (table: ByteStringTable, ids: [Int32])
    /// Characters of the longest piece, which bounds the search.
    private let longestPiece: Int
    private let added: Set<Int32>
    private let special: Set<Int32>
    let unknown: Int32
    private let cache = WordCache()

    /// Builds the tokenizer from its tokens, whose ids are their places.
    ///
    /// - Throws: ``InputError`` when a token stands twice or the unknown token is missing.
    init(
        tokens: [String], unknown: String = "[UNK]", added: [AddedToken], options: Options = Options(), place: String
    ) throws {
        var keys = ByteStringTable()
        var inner: (table: ByteStringTable, ids: [Int32]) = (ByteStringTable(), [])
        let addedIDs = Set(added.map(\.id))
        for (id, token) in tokens.enumerated() {
            guard keys.insert(Array(token.utf8)) else {
                throw InputError("the token \"\(token)\" has two ids", at: place, remedy: "remove one of them")
            }
            let prefix = options.prefix.utf8
            if token.utf8.starts(with: prefix), !addedIDs.contains(Int32(id)),
                inner.table.insert(Array(token.utf8.dropFirst(prefix.count)))
            {
                inner.ids.append(Int32(id))
            }
        }
        guard let found = keys.find(Array(unknown.utf8)) else {
            throw InputError(
                "the unknown token \(unknown) is missing", at: place, remedy: "give the model's own vocabulary")
        }
        self.keys = keys
        self.inner = inner
        self.options = options
        self.unknown = Int32(found)
        longestPiece = tokens.lazy.map(\.utf8.count).max() ?? 0
        self.added = addedIDs
        special = Set(added.lazy.filter(\.isSpecial).map(\.id))
        pipeline = TextPipeline(normalizer: options.normalizer, added: added.filter { !$0.text.isEmpty })
    }

    /// The ids of a text given as bytes; a byte outside of valid UTF-8 counts as a letter that no vocabulary holds.
    public func encode(_ bytes: [UInt8]) -> [Int32] {
        bytes.withUnsafeBufferPointer { encode($0, tracking: false).ids }
    }

    /// The ids of a text, each with the range of UTF-8 bytes that it stands for; white space belongs to the token
    /// after it.
    public func encodeWithOffsets(_ text: String) -> [(token: Int32, bytes: Range<Int>)] {
        var text = text
        return text.withUTF8 { encode($0, tracking: true).ranges(count: $0.count) }
    }

    private func encode(_ text: UnsafeBufferPointer<UInt8>, tracking: Bool) -> TokenRun {
        var out = TokenRun()
        out.ids.reserveCapacity(text.count / 4 + 4)
        cache.use { words in
            pipeline.run(text, tracking: tracking) { token, end in
                out.append(token.id, end: end)
            } stretch: { view in
                WordSplitter.forEachWord(in: view.bytes) { range in
                    if tracking {
                        pieces(of: view[range]) { out.append($0, end: $1) }
                        return
                    }
                    let word = view[range]
                    if words.append(word.bytes, to: &out.ids) { return }
                    let first = out.ids.count
                    pieces(of: word) { id, _ in out.ids.append(id) }
                    if range.count <= 64 { words.insert(word.bytes, ids: out.ids[first...]) }
                }
            }
        }
        return out
    }

    /// The pieces of a word, each with its end in the text.
    private func pieces(of word: TextView, _ body: (Int32, Int) -> Void) {
        let text = word.bytes
        var found: [(id: Int32, end: Int)] = []
        let length = text.count <= options.longestWord ? 0 : characterCount(text)
        if length <= options.longestWord {
            var start = 0
            while start < text.count, let piece = longestPiece(text, from: start) {
                found.append(piece)
                start = piece.end
            }
        }
        if found.last?.end == text.count {
            for piece in found { body(piece.id, word.end(piece.end)) }
        } else {
            body(unknown, word.end(text.count))
        }
    }

    private func longestPiece(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> (id: Int32, end: Int)? {
        var end = min(text.count, start + longestPiece)
        while end > start {
            // A cut inside of a scalar finds nothing, since no token holds a part of one.
            let piece = UnsafeBufferPointer(rebasing: text[start..<end])
            if start == 0 {
                if let number = keys.find(piece) { return (Int32(number), end) }
            } else if let number = inner.table.find(piece) {
                return (inner.ids[number], end)
            }
            end -= 1
        }
        return nil
    }

    private func characterCount(_ text: UnsafeBufferPointer<UInt8>) -> Int {
        text.reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) }
    }

    /// The text of the ids: pieces joined to words, words apart by a space.
    public func decode(_ tokens: [Int32]) -> [UInt8] {
        var out: [UInt8] = []
        for token in tokens {
            if !out.isEmpty, !isInner(token) { out.append(UInt8(ascii: " ")) }
            out += bytes(of: token)
        }
        return out
    }

    /// The bytes of one token, without the prefix of a piece that goes on with a word.
    public func bytes(of token: Int32) -> [UInt8] {
        Array(isInner(token) ? keys[Int(token)].dropFirst(options.prefix.utf8.count) : keys[Int(token)])
    }

    private func isInner(_ token: Int32) -> Bool {
        !added.contains(token) && keys[Int(token)].starts(with: options.prefix.utf8)
    }

    /// The spelling of one token.
    public func key(of token: Int32) -> String { String(decoding: keys[Int(token)], as: UTF8.self) }

    /// The token with that spelling.
    public func id(ofKey key: String) -> Int32? { keys.find(Array(key.utf8)).map(Int32.init) }

    /// Whether the token is a marker and not text.
    public func isSpecial(_ token: Int32) -> Bool { special.contains(token) }
}
