import FileSupport

/// The byte-level byte-pair tokenizers: GPT-2's, and those of OPT, RoBERTa, GPT-NeoX, Llama 3 and Qwen; gives exactly
/// the ids of Hugging Face's.
///
/// A text is cut at added tokens and normalized (``TextPipeline``), then cut into pieces (``ByteSplitter``), and the
/// bytes of each piece are merged by rank. Copies share a cache of words; encoding from several threads at once is
/// fine.
public struct ByteLevelBPE: Tokenizer {
    /// What the families differ in.
    struct Options: Sendable {
        var splitter = ByteSplitter.gpt2
        var normalizer = TextNormalizer()
        /// A piece that is a token stays whole, whatever the merges would make of it.
        var ignoresMerges = false
        var frame = TextFrame()
        /// The files that it was read from; nil writes those of GPT-2.
        var files: TokenizerFiles?
    }

    /// The spellings of all tokens by id; special tokens as they are, others in the byte alphabet.
    let keys: ByteStringTable
    /// The pairs of ids in the order of their ranks.
    let mergeList: [(left: Int32, right: Int32)]
    let options: Options
    let pipeline: TextPipeline

    private let tokenBytes: [[UInt8]]
    private let mergeTable: MergeTable
    /// The id of each byte.
    private let byteIDs: [Int32]
    private let special: Set<Int32>
    /// The ids of whole pieces by their bytes, when they count before the merges.
    private let wholes: (table: ByteStringTable, ids: [Int32])?
    private let cache: WordCache

    /// The text of GPT-2's only special token.
    public static let endOfText = "<|endoftext|>"

    /// Number of ids.
    public var vocabularySize: Int { keys.count }
    /// The id of the token that begins a text, `<|endoftext|>` in GPT-2.
    public var beginToken: Int32? { options.frame.begin }
    /// The id of the token that ends a text, `</s>` in RoBERTa.
    public var endToken: Int32? { options.frame.end }
    /// The id of the token for a hidden word, `<mask>` in RoBERTa.
    public var maskToken: Int32? { options.frame.mask }

    /// Builds the tokenizer from its vocabulary by id, its merges as spelled pairs, and its added tokens.
    ///
    /// - Throws: ``InputError`` when a byte has no token, a spelling is not in the byte alphabet, or a merge names
    ///   tokens that are not there.
    init(
        vocabulary: [String], merges spelled: [(left: String, right: String)], added: [AddedToken],
        options: Options = Options(), place: String
    ) throws {
        var keys = ByteStringTable()
        for key in vocabulary where !keys.insert(Array(key.utf8)) {
            throw InputError("the token \"\(key)\" has two ids", at: place, remedy: "remove one of them")
        }
        self.keys = keys
        self.options = options
        cache = WordCache()
        let addedIDs = Set(added.map(\.id))
        tokenBytes = try vocabulary.enumerated().map { id, key in
            if addedIDs.contains(Int32(id)) { return Array(key.utf8) }
            guard let bytes = ByteAlphabet.bytes(ofSpelling: key) else {
                throw InputError(
                    "the token \"\(key)\" is not spelled in GPT-2's byte alphabet", at: place,
                    remedy: "give the files of a byte-level BPE tokenizer")
            }
            return bytes
        }
        byteIDs = try (0..<256).map { byte in
            let key = String(ByteAlphabet.scalars[byte])
            guard let id = keys.find(Array(key.utf8)) else {
                throw InputError(
                    "the byte \(byte), spelled \"\(key)\", has no token", at: place,
                    remedy: "give a vocabulary that holds all 256 bytes")
            }
            return Int32(id)
        }
        (mergeList, mergeTable) = try Self.resolve(spelled, keys: keys, place: place)
        pipeline = TextPipeline(normalizer: options.normalizer, added: added.filter { !$0.text.isEmpty })
        special = Set(added.lazy.filter(\.isSpecial).map(\.id))
        wholes = options.ignoresMerges ? Self.wholes(tokenBytes, without: addedIDs) : nil
    }

    private static func wholes(
        _ tokens: [[UInt8]], without added: Set<Int32>
    ) -> (table: ByteStringTable, ids: [Int32]) {
        var table = ByteStringTable()
        var ids: [Int32] = []
        for (id, bytes) in tokens.enumerated() where !added.contains(Int32(id)) && table.insert(bytes) {
            ids.append(Int32(id))
        }
        return (table, ids)
    }

    private static func resolve(
        _ spelled: [(left: String, right: String)], keys: ByteStringTable, place: String
    ) throws -> ([(left: Int32, right: Int32)], MergeTable) {
        var table = MergeTable(capacity: spelled.count)
        var list: [(left: Int32, right: Int32)] = []
        list.reserveCapacity(spelled.count)
        for (rank, pair) in spelled.enumerated() {
            func id(_ key: String) throws -> Int32 {
                guard let id = keys.find(Array(key.utf8)) else {
                    throw InputError(
                        "merge \(rank + 1), \"\(pair.left) \(pair.right)\", needs the token \"\(key)\", which is not "
                            + "in the vocabulary", at: place, remedy: "take vocabulary and merges from one model")
                }
                return Int32(id)
            }
            let (left, right) = (try id(pair.left), try id(pair.right))
            let merge = MergeTable.Merge(rank: UInt32(rank), result: try id(pair.left + pair.right))
            guard table.insert(left, right, merge) else {
                throw InputError(
                    "merge \(rank + 1), \"\(pair.left) \(pair.right)\", stands twice", at: place,
                    remedy: "remove one of them")
            }
            list.append((left, right))
        }
        return (list, table)
    }

    /// The ids of a text given as bytes; a byte outside of valid UTF-8 counts as a symbol.
    public func encode(_ bytes: [UInt8]) -> [Int32] {
        bytes.withUnsafeBufferPointer { encode($0, tracking: false).ids }
    }

    /// The ids of a text, each with the range of UTF-8 bytes that it stands for.
    public func encodeWithOffsets(_ text: String) -> [(token: Int32, bytes: Range<Int>)] {
        var text = text
        return text.withUTF8 { encode($0, tracking: true).ranges(count: $0.count) }
    }

    /// The bytes of one token.
    public func bytes(of token: Int32) -> [UInt8] { tokenBytes[Int(token)] }

    /// The spelling of one token.
    public func key(of token: Int32) -> String { String(decoding: keys[Int(token)], as: UTF8.self) }

    /// The token with that spelling.
    public func id(ofKey key: String) -> Int32? { keys.find(Array(key.utf8)).map(Int32.init) }

    /// Whether the token is a marker and not text.
    public func isSpecial(_ token: Int32) -> Bool { special.contains(token) }

    /// The merges in the order of their ranks, each as two keys with a space between.
    public var merges: [String] { mergeList.map { "\(key(of: $0.left)) \(key(of: $0.right))" } }

    private func encode(_ text: UnsafeBufferPointer<UInt8>, tracking: Bool) -> TokenRun {
        var out = TokenRun()
        out.ids.reserveCapacity(text.count / 3 + 4)
        cache.use { words in
            var merger = PairMerger()
            pipeline.run(text, tracking: tracking) { token, end in
                out.append(token.id, end: end)
            } stretch: { view in
                encode(view.bytes, &words, &merger, into: &out.ids)
                if tracking { out.noteEnds(in: view) { tokenBytes[Int($0)].count } }
            }
        }
        return out
    }

    /// Encodes a stretch without added tokens.
    private func encode(
        _ stretch: UnsafeBufferPointer<UInt8>, _ words: inout WordCache.Words, _ merger: inout PairMerger,
        into out: inout [Int32]
    ) {
        options.splitter.forEachPiece(in: stretch) { piece in
            let word = UnsafeBufferPointer(rebasing: stretch[piece])
            if words.append(word, to: &out) { return }
            let first = out.count
            if let wholes, let number = wholes.table.find(word) {
                out.append(wholes.ids[number])
            } else {
                merger.merge(word.lazy.map { byteIDs[Int($0)] }, with: mergeTable, into: &out)
            }
            // Long pieces are rare and would fill the cache.
            if word.count <= 64 { words.insert(word, ids: out[first...]) }
        }
    }
}
