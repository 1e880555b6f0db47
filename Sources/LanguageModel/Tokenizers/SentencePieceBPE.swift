import FileSupport

/// A byte-pair tokenizer over characters, as SentencePiece trains them: spaces become `▁`, merges run through the whole
/// text, and what the vocabulary lacks is spelled in bytes. Gives exactly the ids of Hugging Face's `BPE` with byte
/// fallback, as Llama, Mistral and Gemma use it.
///
/// A text is cut at added tokens and normalized (``TextPipeline``); in what lies between, the characters are merged by
/// rank. Encoding from several threads at once is fine.
public struct SentencePieceBPE: Tokenizer {
    /// How a pre-tokenizer treats spaces.
    struct Spaces: Sendable, Equatable {
        var marks = TextNormalizer()
        /// Cuts in front of every mark; merges stay between two cuts.
        var cuts = false
    }

    /// What the families differ in.
    struct Options: Sendable {
        var normalizer = TextNormalizer(steps: [.markSpaces])
        var spaces = Spaces()
        var ignoresMerges = false
        var frame = TextFrame()
        /// The files that it was read from; nil writes them anew.
        var files: TokenizerFiles?
    }

    /// Number of ids.
    public var vocabularySize: Int { pieces.count }
    /// The id of the token that begins a text.
    public var beginToken: Int32? { options.frame.begin }
    /// The id of the token that ends a text.
    public var endToken: Int32? { options.frame.end }
    /// The id of the token for a hidden word.
    public var maskToken: Int32? { options.frame.mask }

    let options: Options
    let pipeline: TextPipeline
    /// The pairs of ids in the order of their ranks.
    let mergeList: [(left: Int32, right: Int32)]

    /// The spellings of all tokens by id, with `▁` for a space.
    private let pieces: ByteStringTable
    private let mergeTable: MergeTable
    /// The id of each byte's own token.
    private let byteIDs: [Int32]
    private let added: Set<Int32>
    private let special: Set<Int32>
    private let cache = WordCache()

    static let space = TextNormalizer.mark

    /// Builds the tokenizer from its tokens, whose ids are their places, and its merges in the order of their ranks.
    ///
    /// - Throws: ``InputError`` when a token stands twice, or a byte has none.
    init(
        tokens: [[UInt8]], merges: [(left: Int32, right: Int32, result: Int32)], added: [AddedToken],
        options: Options, place: String
    ) throws {
        var pieces = ByteStringTable()
        for (id, token) in tokens.enumerated() where !pieces.insert(token) {
            throw InputError(
                "the token \(id), \"\(String(decoding: token, as: UTF8.self))\", has two ids", at: place,
                remedy: "take the tokenizer from the model's own source")
        }
        self.pieces = pieces
        self.options = options
        var table = MergeTable(capacity: merges.count)
        for (rank, merge) in merges.enumerated() {
            // Of equal pairs the first counts, as in the reference.
            _ = table.insert(merge.left, merge.right, MergeTable.Merge(rank: UInt32(rank), result: merge.result))
        }
        mergeTable = table
        mergeList = merges.map { ($0.left, $0.right) }
        byteIDs = try (0..<256).map { byte in
            let hex = String(byte, radix: 16, uppercase: true)
            let key = "<0x\(hex.count == 1 ? "0" : "")\(hex)>"
            guard let id = pieces.find(Array(key.utf8)) else {
                throw InputError(
                    "the byte token \(key) is missing", at: place, remedy: "give a vocabulary with byte fallback")
            }
            return Int32(id)
        }
        pipeline = TextPipeline(normalizer: options.normalizer, added: added.filter { !$0.text.isEmpty })
        self.added = Set(added.map(\.id))
        special = Set(added.lazy.filter(\.isSpecial).map(\.id))
    }

    /// The merges that a vocabulary without any implies: every way to cut a token into two others, tokens in the order
    /// of their ids or of their scores, the highest first, and of one token's cuts the one with the longest left side
    /// first.
    static func impliedMerges(
        _ tokens: [[UInt8]], scores: [Float]? = nil
    ) -> [(left: Int32, right: Int32, result: Int32)] {
        var table = ByteStringTable()
        // Of tokens spelled alike the last one is meant, as in a dictionary that is filled from front to back.
        var ids: [Int32] = []
        for (id, token) in tokens.enumerated() {
            if table.insert(token) {
                ids.append(Int32(id))
            } else if let number = table.find(token) {
                ids[number] = Int32(id)
            }
        }
        var merges: [(left: Int32, right: Int32, result: Int32)] = []
        for (id, token) in tokens.enumerated() {
            token.withUnsafeBufferPointer { bytes in
                for cut in stride(from: bytes.count - 1, to: 0, by: -1) where bytes[cut] & 0xC0 != 0x80 {
                    guard let left = table.find(UnsafeBufferPointer(rebasing: bytes[..<cut])),
                        let right = table.find(UnsafeBufferPointer(rebasing: bytes[cut...]))
                    else { continue }
                    merges.append((ids[left], ids[right], Int32(id)))
                }
            }
        }
        guard let scores else { return merges }
        // Tokens of one score come in the order that transformers gives them: by the characters of their sides.
        let lengths = tokens.map { $0.reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) } }
        func key(_ merge: (left: Int32, right: Int32, result: Int32)) -> (Float, Int, Int, Int32) {
            (-scores[Int(merge.result)], -lengths[Int(merge.left)], -lengths[Int(merge.right)], merge.result)
        }
        return merges.sorted { key($0) < key($1) }
    }

    /// The byte that a token is spelled for, `<0x0A>`; nil for any other token.
    static func byte(_ token: [UInt8]) -> UInt8? {
        guard token.count == 6, token.starts(with: "<0x".utf8), token[5] == UInt8(ascii: ">") else { return nil }
        return UInt8(String(decoding: token[3..<5], as: UTF8.self), radix: 16)
    }

    /// The ids of a text given as bytes; a byte outside of valid UTF-8 is spelled by its own token.
    public func encode(_ bytes: [UInt8]) -> [Int32] {
        bytes.withUnsafeBufferPointer { encode($0, tracking: false).ids }
    }

    /// The ids of a text, each with the range of UTF-8 bytes that it stands for; a mark that only stands in front of
    /// the text is none of them.
    public func encodeWithOffsets(_ text: String) -> [(token: Int32, bytes: Range<Int>)] {
        var text = text
        return text.withUTF8 { encode($0, tracking: true).ranges(count: $0.count) }
    }

    private func encode(_ text: UnsafeBufferPointer<UInt8>, tracking: Bool) -> TokenRun {
        var out = TokenRun()
        out.ids.reserveCapacity(text.count / 3 + 4)
        cache.use { words in
            var merger = PairMerger()
            pipeline.run(text, tracking: tracking) { token, end in
                out.append(token.id, end: end)
            } stretch: { view in
                options.spaces.marks.apply(view, tracking: tracking) { marked in
                    encode(marked.bytes, &words, &merger, into: &out.ids)
                    if tracking { out.noteEnds(in: marked) { isByte($0) ? 1 : pieces[Int($0)].count } }
                }
            }
        }
        return out
    }

    private func encode(
        _ text: UnsafeBufferPointer<UInt8>, _ words: inout WordCache.Words, _ merger: inout PairMerger,
        into out: inout [Int32]
    ) {
        guard options.spaces.cuts else { return merge(text, &merger, into: &out) }
        var (start, position) = (0, 1)
        while position <= text.count {
            let isMark = position < text.count && text[position...].starts(with: Self.space)
            if isMark || position == text.count {
                let word = UnsafeBufferPointer(rebasing: text[start..<position])
                if !words.append(word, to: &out) {
                    let first = out.count
                    merge(word, &merger, into: &out)
                    if word.count <= 64 { words.insert(word, ids: out[first...]) }
                }
                start = position
            }
            position += 1
        }
    }

    private func merge(_ text: UnsafeBufferPointer<UInt8>, _ merger: inout PairMerger, into out: inout [Int32]) {
        if options.ignoresMerges, let whole = pieces.find(text), !added.contains(Int32(whole)) {
            return out.append(Int32(whole))
        }
        merger.merge(symbols(text), with: mergeTable, into: &out)
    }

    /// The ids of single characters, or of their bytes.
    private func symbols(_ text: UnsafeBufferPointer<UInt8>) -> [Int32] {
        var out: [Int32] = []
        out.reserveCapacity(text.count)
        var position = 0
        while position < text.count {
            let end = ScalarClass.scalar(text, at: position).end
            let character = UnsafeBufferPointer(rebasing: text[position..<end])
            if let id = pieces.find(character) {
                out.append(Int32(id))
            } else {
                out += character.map { byteIDs[Int($0)] }
            }
            position = end
        }
        return out
    }

    private func isByte(_ token: Int32) -> Bool {
        pieces[Int(token)].count == 6 && Self.byte(Array(pieces[Int(token)])) != nil && !added.contains(token)
    }

    /// The bytes that the ids stand for, markers by their text, without the space that was put in front.
    public func decode(_ tokens: [Int32]) -> [UInt8] {
        let out = tokens.flatMap(bytes)
        let prefixes = (options.normalizer.steps + options.spaces.marks.steps).contains {
            if case .prependMark = $0 { true } else { false }
        }
        guard prefixes, out.first == UInt8(ascii: " "), let first = tokens.first, !added.contains(first) else {
            return out
        }
        return Array(out.dropFirst())
    }

    /// The bytes of one token: `▁` is a space.
    public func bytes(of token: Int32) -> [UInt8] {
        let piece = pieces[Int(token)]
        if isByte(token), let byte = Self.byte(Array(piece)) { return [byte] }
        var out: [UInt8] = []
        Self.forEachUnit(of: piece) { out.append($0 ?? UInt8(ascii: " ")) }
        return out
    }

    /// The bytes of a spelling one by one, nil for each `▁`.
    private static func forEachUnit(of piece: ArraySlice<UInt8>, _ body: (UInt8?) -> Void) {
        var i = piece.startIndex
        while i < piece.endIndex {
            let isSpace = piece[i...].starts(with: space)
            body(isSpace ? nil : piece[i])
            i += isSpace ? space.count : 1
        }
    }

    /// The spelling of one token.
    public func key(of token: Int32) -> String { String(decoding: pieces[Int(token)], as: UTF8.self) }

    /// The token with that spelling.
    public func id(ofKey key: String) -> Int32? { pieces.find(Array(key.utf8)).map(Int32.init) }

    /// Whether the token is a marker and not text.
    public func isSpecial(_ token: Int32) -> Bool { special.contains(token) }
}
