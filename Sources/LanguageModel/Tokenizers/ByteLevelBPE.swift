import FileSupport

/// The byte-level byte-pair tokenizers: GPT-2's, and those of OPT, RoBERTa, GPT-NeoX, Llama 3 and Qwen; gives exactly
/// the ids of Hugging Face's.
///
/// A text is cut at added tokens and normalized (``TextPipeline``), then cut into pieces (``ByteSplitter``), and the
/// bytes of each piece are merged by rank. Copies share a cache of words; encoding from several threads at once is
/// fine.
public struct ByteLevelBPE: StoredTokenizer {
    /// What the families differ in.
    struct Options: Sendable {
        var splitter = ByteSplitter.gpt2
        /// Whether a space is put in front of a stretch that does not begin with one.
        var spaceInFront = false
        var normalizer = TextNormalizer()
        /// A piece that is a token stays whole, whatever the merges would make of it.
        var ignoresMerges = false
        var frame = TextFrame()
        /// The files that it was read from; nil writes those of GPT-2.
        var files: TokenizerFiles?
    }

    /// The spellings are special tokens as they are, others in the byte alphabet.
    public let core: TokenizerCore
    /// The pairs of ids in the order of their ranks.
    let mergeList: [(left: Int32, right: Int32)]
    let options: Options

    private let tokenBytes: [[UInt8]]
    private let mergeTable: MergeTable
    /// The id of each byte.
    private let byteIDs: [Int32]
    /// The ids of whole pieces by their bytes, when they count before the merges.
    private let wholes: (table: ByteStringTable, ids: [Int32])?

    /// The text of GPT-2's only special token.
    public static let endOfText = "<|endoftext|>"

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
        self.options = options
        core = TokenizerCore(
            keys: keys, normalizer: options.normalizer, added: added, frame: options.frame, files: options.files)
        let addedIDs = core.added
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

    /// The bytes of one token.
    public func bytes(of token: Int32) -> [UInt8] { tokenBytes[Int(token)] }

    /// The merges in the order of their ranks, each as two keys with a space between.
    public var merges: [String] { mergeList.map { "\(key(of: $0.left)) \(key(of: $0.right))" } }

    /// Merges the bytes of the stretch, piece by piece.
    public func encode(_ pass: inout TokenizerPass) {
        guard options.spaceInFront else { return encode(pass.view, &pass) }
        TextNormalizer(steps: [.prependSpace]).apply(pass.view, tracking: pass.tracking) { encode($0, &pass) }
    }

    private func encode(_ view: TextView, _ pass: inout TokenizerPass) {
        options.splitter.forEachPiece(in: view.bytes) { piece in
            let word = UnsafeBufferPointer(rebasing: view.bytes[piece])
            pass.append(word) { pass in
                if let wholes, let number = wholes.table.find(word) {
                    pass.out.ids.append(wholes.ids[number])
                } else {
                    pass.merger.merge(word.lazy.map { byteIDs[Int($0)] }, with: mergeTable, into: &pass.out.ids)
                }
            }
        }
        if pass.tracking { pass.out.noteEnds(in: view) { tokenBytes[Int($0)].count } }
    }
}
