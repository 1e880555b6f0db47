import FileSupport

/// A list of words and phrases from a lexicon file.
///
/// The file is JSON: `{"format": "driftscope-words", "version": 1, "name": …, "note": …,
/// "groups": [{"name": …, "words": [word or phrase, …]}, …]}`. A word is listed in every form that is to be found,
/// since nothing is stemmed.
public struct WordLexicon: Equatable, Sendable {
    /// The value of the file's `format`.
    public static let format = "driftscope-words"

    /// Words that belong together.
    public struct Group: Equatable, Sendable {
        /// What they have in common.
        public var name: String
        /// The words and phrases.
        public var words: [String]
    }

    /// The lexicon's name.
    public var name: String
    /// The groups, in the order of the file.
    public var groups: [Group]
    /// The digest of the file; empty for a lexicon made in memory.
    public var sha256: String

    /// All words and phrases.
    public var words: [String] { groups.flatMap(\.words) }

    /// A lexicon made in memory, in one group.
    public init(name: String, words: [String]) {
        self.name = name
        groups = [Group(name: name, words: words)]
        sha256 = ""
    }

    /// Reads a lexicon file.
    ///
    /// - Throws: `InputError` when it is missing, has another format or holds no word.
    public static func read(_ path: String) throws -> WordLexicon {
        let bytes = try Input.bytes(path)
        return try parse(bytes, place: path)
    }

    /// Reads the bytes of a lexicon file.
    public static func parse(_ bytes: [UInt8], place: String) throws -> WordLexicon {
        let root = JSONCursor(try JSON.parse(bytes, place: place), place: place)
        let format = try root.member("format")
        guard try format.string() == Self.format else {
            throw format.error("not a word lexicon", remedy: "give a file whose format is \"\(Self.format)\"")
        }
        let version = try root.member("version")
        guard try version.int() == 1 else {
            throw version.error("lexicon version \(try version.int()), known is 1", remedy: "use a newer driftscope")
        }
        var lexicon = WordLexicon(name: try root.member("name").string(), words: [])
        lexicon.sha256 = SHA256Hex.of(bytes)
        lexicon.groups = try root.member("groups").elements().map { group in
            let words = try group.member("words").elements().map { word in
                let text = try word.string()
                guard !TextWords(text).words.isEmpty else {
                    throw word.error("a word without a letter or digit", remedy: "remove it")
                }
                return text
            }
            return Group(name: try group.member("name").string(), words: words)
        }
        guard !lexicon.words.isEmpty else {
            throw InputError("no word in the lexicon", at: place, remedy: "list words under \"groups\"")
        }
        return lexicon
    }
}
