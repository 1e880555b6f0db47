import FileSupport

/// A byte-pair tokenizer over characters, as SentencePiece trains them: spaces become `▁`, merges run through the whole
/// text, and what the vocabulary lacks is spelled in bytes. Gives exactly the ids of Hugging Face's `BPE` with byte
/// fallback, as Llama, Mistral and Gemma use it.
///
/// A text is cut at added tokens and normalized (``TextPipeline``); in what lies between, the characters are merged by
/// rank. Encoding from several threads at once is fine.
public struct SentencePieceBPE: StoredTokenizer {
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

    /// The spellings have `▁` for a space.
    public let core: TokenizerCore
    let options: Options
    /// The pairs of ids in the order of their ranks.
    let mergeList: [(left: Int32, right: Int32)]

    private let mergeTable: MergeTable
    /// The id of each byte's own token.
    private let byteIDs: [Int32]

    private var pieces: ByteStringTable { core.keys }

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
        self.options = options
        core = TokenizerCore(
            keys: pieces, normalizer: options.normalizer, added: added, frame: options.frame, files: options.files)
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

    /// Merges the characters of the stretch, between its cuts where there are some.
    public func encode(_ pass: inout TokenizerPass) {
        options.spaces.marks.apply(pass.view, tracking: pass.tracking) { marked in
            if options.spaces.cuts {
                forEachWord(of: marked.bytes) { word in pass.append(word) { merge(word, &$0) } }
            } else {
                merge(marked.bytes, &pass)
            }
            if pass.tracking { pass.out.noteEnds(in: marked) { isByte($0) ? 1 : pieces[Int($0)].count } }
        }
    }

    /// What lies between two cuts.
    private func forEachWord(
        of text: UnsafeBufferPointer<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) -> Void
    ) {
        var start = 0
        for position in stride(from: 1, through: text.count, by: 1)
        where position == text.count || text[position...].starts(with: Self.space) {
            body(UnsafeBufferPointer(rebasing: text[start..<position]))
            start = position
        }
    }

    private func merge(_ text: UnsafeBufferPointer<UInt8>, _ pass: inout TokenizerPass) {
        if options.ignoresMerges, let whole = pieces.find(text), !core.added.contains(Int32(whole)) {
            pass.out.ids.append(Int32(whole))
        } else {
            pass.merger.merge(symbols(text), with: mergeTable, into: &pass.out.ids)
        }
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
        pieces[Int(token)].count == 6 && Self.byte(Array(pieces[Int(token)])) != nil && !core.added.contains(token)
    }

    /// The bytes that the ids stand for, markers by their text, without the space that was put in front.
    public func decode(_ tokens: [Int32]) -> [UInt8] {
        let out = tokens.flatMap(bytes)
        let prefixes = (options.normalizer.steps + options.spaces.marks.steps).contains {
            if case .prependMark = $0 { true } else { false }
        }
        guard prefixes, out.first == UInt8(ascii: " "), let first = tokens.first, !core.added.contains(first) else {
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
}
