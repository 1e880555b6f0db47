import Files

/// The byte-level byte-pair tokenizer of GPT-2; gives exactly the ids of Hugging Face's.
///
/// A text is cut at special tokens, then into pieces (``GPT2Splitter``), and the bytes of each piece are merged by rank.
/// Copies share a cache of words; encoding from several threads at once is fine.
public struct ByteLevelBPE: Tokenizer {
    /// The spellings of all tokens by id; special tokens as they are, others in the byte alphabet.
    let keys: ByteStringTable
    /// The pairs of ids in the order of their ranks.
    let mergeList: [(left: Int32, right: Int32)]
    /// Special and other added tokens, longest text first.
    let addedTokens: [AddedToken]

    private let tokenBytes: [[UInt8]]
    private let mergeTable: MergeTable
    /// The id of each byte.
    private let byteIDs: [Int32]
    private let special: Set<Int32>
    private let cache = WordCache()

    /// A token that is found in the text before anything else.
    struct AddedToken: Sendable {
        var id: Int32
        var text: [UInt8]
        var isSpecial: Bool
    }

    /// The text of GPT-2's only special token.
    public static let endOfText = "<|endoftext|>"

    /// Number of ids.
    public var vocabularySize: Int { keys.count }
    /// The id of `<|endoftext|>`.
    public let beginToken: Int32?

    /// Builds the tokenizer from its vocabulary by id, its merges as spelled pairs, and its added tokens.
    ///
    /// - Throws: ``InputError`` when a byte has no token, a spelling is not in the byte alphabet, or a merge names
    ///   tokens that are not there.
    init(
        vocabulary: [String], merges spelled: [(left: String, right: String)], added: [(id: Int, isSpecial: Bool)],
        place: String
    ) throws {
        var keys = ByteStringTable()
        for key in vocabulary where !keys.insert(Array(key.utf8)) {
            throw InputError("the token \"\(key)\" has two ids", at: place, remedy: "remove one of them")
        }
        self.keys = keys
        let addedIDs = Set(added.map(\.id))
        tokenBytes = try vocabulary.enumerated().map { id, key in
            if addedIDs.contains(id) { return Array(key.utf8) }
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
        let tokens = added.map { added in
            AddedToken(id: Int32(added.id), text: Array(vocabulary[added.id].utf8), isSpecial: added.isSpecial)
        }
        addedTokens = tokens.filter { !$0.text.isEmpty }.sorted {
            ($1.text.count, $0.id) < ($0.text.count, $1.id)
        }
        special = Set(tokens.filter(\.isSpecial).map(\.id))
        beginToken = keys.find(Array(Self.endOfText.utf8)).map(Int32.init)
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

    /// The ids of a text.
    public func encode(_ text: String) -> [Int32] {
        var text = text
        return text.withUTF8(encode)
    }

    /// The ids of a text given as bytes; a byte outside of valid UTF-8 counts as a symbol.
    public func encode(_ bytes: [UInt8]) -> [Int32] { bytes.withUnsafeBufferPointer(encode) }

    /// The ids of a text, each with the range of UTF-8 bytes that it stands for.
    public func encodeWithOffsets(_ text: String) -> [(token: Int32, bytes: Range<Int>)] {
        var position = 0
        return encode(text).map { token in
            let start = position
            position += tokenBytes[Int(token)].count
            return (token, start..<position)
        }
    }

    /// The bytes that the ids stand for, special tokens by their text.
    public func decode(_ tokens: [Int32]) -> [UInt8] {
        var out: [UInt8] = []
        for token in tokens { out += tokenBytes[Int(token)] }
        return out
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

    private func encode(_ text: UnsafeBufferPointer<UInt8>) -> [Int32] {
        var out: [Int32] = []
        out.reserveCapacity(text.count / 3 + 4)
        cache.use { words in
            var merger = PairMerger()
            var start = 0
            var position = 0
            while position < text.count {
                guard let token = addedToken(text, at: position) else {
                    position += 1
                    continue
                }
                encode(text, start..<position, &words, &merger, into: &out)
                out.append(token.id)
                position += token.text.count
                start = position
            }
            encode(text, start..<text.count, &words, &merger, into: &out)
        }
        return out
    }

    /// Encodes a stretch without added tokens.
    private func encode(
        _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ words: inout WordCache.Words,
        _ merger: inout PairMerger, into out: inout [Int32]
    ) {
        let stretch = UnsafeBufferPointer(rebasing: text[range])
        GPT2Splitter.forEachPiece(in: stretch) { piece in
            let word = UnsafeBufferPointer(rebasing: stretch[piece])
            if words.append(word, to: &out) { return }
            let first = out.count
            merger.merge(word.lazy.map { byteIDs[Int($0)] }, with: mergeTable, into: &out)
            // Long pieces are rare and would fill the cache.
            if word.count <= 64 { words.insert(word, ids: out[first...]) }
        }
    }

    private func addedToken(_ text: UnsafeBufferPointer<UInt8>, at position: Int) -> AddedToken? {
        addedTokens.first { token in
            token.text[0] == text[position] && position + token.text.count <= text.count
                && token.text.elementsEqual(text[position..<position + token.text.count])
        }
    }
}
