import FileSupport

/// The tokenizer of BERT: words are cut into the longest pieces that the vocabulary holds, from left to right. Gives
/// exactly the ids of Hugging Face's `WordPiece` with BERT's normalizer and pre-tokenizer.
///
/// A word that cannot be spelled so, or is too long, is one unknown token. Encoding from several threads at once is
/// fine.
public struct WordPiece: StoredTokenizer {
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

    /// The pieces by id, markers and files.
    public let core: TokenizerCore
    let options: Options

    /// The pieces that go on with a word, without their prefix, and their ids.
    private let inner: (table: ByteStringTable, ids: [Int32])
    /// Characters of the longest piece, which bounds the search.
    private let longestPiece: Int
    let unknown: Int32

    private var keys: ByteStringTable { core.keys }

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
        core = TokenizerCore(
            keys: keys, normalizer: options.normalizer, added: added, frame: options.frame, files: options.files)
        self.inner = inner
        self.options = options
        self.unknown = Int32(found)
        longestPiece = tokens.lazy.map(\.utf8.count).max() ?? 0
    }

    /// Cuts the words of the stretch into pieces.
    public func encode(_ pass: inout TokenizerPass) {
        let (view, tracking) = (pass.view, pass.tracking)
        WordSplitter.forEachWord(in: view.bytes) { range in
            let word = view[range]
            if tracking {
                pieces(of: word) { pass.out.append($0, end: $1) }
            } else {
                pass.append(word.bytes) { pass in pieces(of: word) { id, _ in pass.out.ids.append(id) } }
            }
        }
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
        !core.added.contains(token) && keys[Int(token)].starts(with: options.prefix.utf8)
    }
}
