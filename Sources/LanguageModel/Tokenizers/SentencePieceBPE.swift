import Files

/// A byte-pair tokenizer over characters, as SentencePiece trains them: spaces become `▁`, merges run through the whole text,
/// and what the vocabulary lacks is spelled in bytes. Gives exactly the ids of Hugging Face's `BPE` with byte fallback.
///
/// A text is cut at added tokens; in what lies between, the characters are merged by rank. Encoding from several threads at
/// once is fine.
public struct SentencePieceBPE: Tokenizer {
    /// How SentencePiece and GGUF type a token.
    public enum Kind: Int64, Sendable {
        case normal = 1
        case unknown = 2
        /// A marker, such as the one that begins a text.
        case control = 3
        /// Found whole in the text before anything else.
        case userDefined = 4
        case unused = 5
        /// One byte, spelled `<0x0A>`.
        case byte = 6
    }

    /// Number of ids.
    public var vocabularySize: Int { pieces.count }
    /// The id of the token that begins a text.
    public let beginToken: Int32?

    /// The spellings of all tokens by id, with `▁` for a space.
    private let pieces: ByteStringTable
    private let kinds: [Kind]
    /// The pairs of ids in the order of their ranks.
    let mergeList: [(left: Int32, right: Int32)]
    private let mergeTable: MergeTable
    /// The id of each byte's own token.
    private let byteIDs: [Int32]
    /// Added tokens by their first byte, the longest first.
    private let added: [[(id: Int32, text: [UInt8])]]

    static let space: [UInt8] = Array("▁".utf8)

    /// Builds the tokenizer from its tokens, whose ids are their places, and its merges in the order of their ranks.
    ///
    /// - Throws: ``InputError`` when a token stands twice, a byte has none, or a merge names tokens that are not there.
    init(
        tokens: [[UInt8]], kinds: [Kind], merges: [(left: Int32, right: Int32, result: Int32)], begin: Int32?,
        place: String
    ) throws {
        precondition(tokens.count == kinds.count)
        var pieces = ByteStringTable()
        for (id, token) in tokens.enumerated() where !pieces.insert(token) {
            throw InputError(
                "the token \(id), \"\(String(decoding: token, as: UTF8.self))\", has two ids", at: place,
                remedy: "take the tokenizer from the model's own source")
        }
        self.pieces = pieces
        self.kinds = kinds
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
        var added = [[(id: Int32, text: [UInt8])]](repeating: [], count: 256)
        for (id, kind) in kinds.enumerated() where kind == .control || kind == .userDefined {
            guard let first = tokens[id].first else { continue }
            added[Int(first)].append((Int32(id), tokens[id]))
        }
        self.added = added.map { $0.sorted { ($1.text.count, $0.id) < ($0.text.count, $1.id) } }
        beginToken = begin
    }

    /// The merges that a vocabulary without any implies: every way to cut a token into two others, tokens in the order of
    /// their ids, and of one token's cuts the one with the longest left side first.
    static func impliedMerges(_ tokens: [[UInt8]]) -> [(left: Int32, right: Int32, result: Int32)] {
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
        return merges
    }

    /// The byte that a token is spelled for, `<0x0A>`; nil for any other token.
    static func byte(_ token: [UInt8]) -> UInt8? {
        guard token.count == 6, token.starts(with: "<0x".utf8), token[5] == UInt8(ascii: ">") else { return nil }
        return UInt8(String(decoding: token[3..<5], as: UTF8.self), radix: 16)
    }

    /// Whether a token is found in the text before anything else.
    func isAdded(_ token: Int32) -> Bool { kinds[Int(token)] == .control || kinds[Int(token)] == .userDefined }

    /// The ids of a text.
    public func encode(_ text: String) -> [Int32] { encode(Array(text.utf8)) }

    /// The ids of a text given as bytes; a byte outside of valid UTF-8 is spelled by its own token.
    public func encode(_ bytes: [UInt8]) -> [Int32] {
        bytes.withUnsafeBufferPointer { text in
            var out: [Int32] = []
            out.reserveCapacity(text.count / 3 + 4)
            var merger = PairMerger()
            var (start, position) = (0, 0)
            while position < text.count {
                guard let token = addedToken(text, at: position) else {
                    position += 1
                    continue
                }
                merger.merge(symbols(text[start..<position]), with: mergeTable, into: &out)
                out.append(token.id)
                position += token.text.count
                start = position
            }
            merger.merge(symbols(text[start...]), with: mergeTable, into: &out)
            return out
        }
    }

    /// The ids of single characters, or of their bytes.
    private func symbols(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> [Int32] {
        var out: [Int32] = []
        out.reserveCapacity(text.count)
        var position = text.startIndex
        while position < text.endIndex {
            let length = min(Self.characterLength(text[position]), text.endIndex - position)
            let character = UnsafeBufferPointer(rebasing: text[position..<position + length])
            let isSpace = character.count == 1 && character[0] == UInt8(ascii: " ")
            if let id = isSpace ? pieces.find(Self.space) : pieces.find(character) {
                out.append(Int32(id))
            } else {
                out += character.map { byteIDs[Int($0)] }
            }
            position += length
        }
        return out
    }

    private static func characterLength(_ lead: UInt8) -> Int {
        lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
    }

    private func addedToken(_ text: UnsafeBufferPointer<UInt8>, at position: Int) -> (id: Int32, text: [UInt8])? {
        added[Int(text[position])].first { token in
            position + token.text.count <= text.count
                && token.text.elementsEqual(text[position..<position + token.text.count])
        }
    }

    /// The ids of a text, each with the range of UTF-8 bytes that it stands for.
    public func encodeWithOffsets(_ text: String) -> [(token: Int32, bytes: Range<Int>)] {
        let whole = Array(text.utf8)
        var position = 0
        return encode(whole).map { token in
            let start = position
            if kinds[Int(token)] == .byte {
                position += 1
            } else {
                // A ▁ of the token is a space of the text, or a ▁ that stood there.
                Self.forEachUnit(of: pieces[Int(token)]) { unit in
                    position += unit == nil && whole[position] != UInt8(ascii: " ") ? Self.space.count : 1
                }
            }
            return (token, start..<position)
        }
    }

    /// The bytes that the ids stand for, markers by their text.
    public func decode(_ tokens: [Int32]) -> [UInt8] { tokens.flatMap(bytes) }

    /// The bytes of one token: `▁` is a space.
    public func bytes(of token: Int32) -> [UInt8] {
        let piece = pieces[Int(token)]
        if kinds[Int(token)] == .byte, let byte = Self.byte(Array(piece)) { return [byte] }
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
    public func isSpecial(_ token: Int32) -> Bool { kinds[Int(token)] == .control }
}
