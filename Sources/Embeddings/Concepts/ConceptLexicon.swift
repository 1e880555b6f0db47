import FileSupport
import Foundation

/// The words of one domain, in groups, as a JSON file lists them.
///
/// The file (`data/files/concepts/README.md` tells the whole form):
/// `` ``
/// Words are surface forms: a proper noun is written with its capital and is never lower-cased.
public struct ConceptLexicon: Sendable, Equatable {
    /// What a lexicon is for.
    public enum Role: String, Sendable {
        /// A domain whose movement is measured.
        case concept
        /// Words that stand for none of the domains, held against them.
        case control
    }

    /// One word.
    public struct Word: Sendable, Equatable {
        /// The surface form.
        public var text: String
        /// Its group within the domain.
        public var group: String
        /// The number of its definitional pair, equal for both sides, or nil.
        public var pair: Int?
        /// Other domains that the word also speaks of; such a word is no evidence for either.
        public var also: [String] = []
        /// Keys of the published lists that hold the word too.
        public var lists: [String] = []
    }

    /// The name, the file's without `.json`.
    public var name: String
    /// The domain: `gender`, `race`, … For a control its name.
    public var domain: String
    /// What it is for.
    public var role: Role
    /// The words in file order, groups first, then pairs.
    public var words: [Word]
    /// Published lists by key, as references.
    public var citations: [String: String]
    /// SHA-256 of the file.
    public var sha256: String

    /// Words that their group lists more than once, but for their case, a line each: they share tokens, and each counts.
    package var notes: [String] {
        Dictionary(grouping: words) { [$0.group, $0.text.lowercased()] }.filter { $0.value.count > 1 }
            .sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { key, words in
                "words of the group \(key[0]) that are one but for case, each counted: "
                    + words.map { "`\($0.text)`" }.joined(separator: ", ")
            }
    }

    /// Reads one lexicon.
    ///
    /// - Throws: `InputError` naming the file and the key: unknown key, word given twice in a group, a pair of other
    ///   than two words, a list that is not among the citations.
    public static func read(_ path: String) throws -> ConceptLexicon {
        let bytes = try Input.bytes(path)
        let root = JSONCursor(try JSON.parse(bytes, place: path), place: path)
        var reader = LexiconReader(path: path)
        return try reader.lexicon(root, sha256: SHA256Hex.of(bytes))
    }

    /// Reads every `*.json` of a folder, in order of name.
    ///
    /// - Throws: `InputError` also when the folder holds none.
    public static func readFolder(_ folder: String) throws -> [ConceptLexicon] {
        try Input.requireFolder(folder, remedy: "name a folder of lexicons, or write `built-in`")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".json") }
            .sorted()
        guard !names.isEmpty else {
            throw InputError(
                "no lexicon (*.json) in the folder", at: folder, remedy: "see data/files/concepts/README.md")
        }
        return try names.map { try read(folder + "/" + $0) }
    }
}

/// Turns the JSON of a lexicon into its value, strictly.
private struct LexiconReader {
    let path: String
    /// Published lists by key.
    var citations: [String: String] = [:]

    mutating func lexicon(_ root: JSONCursor, sha256: String) throws -> ConceptLexicon {
        try root.onlyKeys(
            ["format", "version", "domain", "role", "language", "licence", "note", "citations", "groups", "pairs"])
        guard try root.member("format").string() == "driftscope-lexicon", try root.member("version").int() == 1 else {
            throw InputError(
                "not a lexicon of version 1", at: path,
                remedy: "begin with \"format\": \"driftscope-lexicon\", \"version\": 1")
        }
        let roleText = try root.optional("role")?.string() ?? "concept"
        guard let role = ConceptLexicon.Role(rawValue: roleText) else {
            throw InputError("role: \"\(roleText)\" is unknown", at: path, remedy: "write concept or control")
        }
        for (key, value) in try root.optional("citations")?.members() ?? [] { citations[key] = try value.string() }
        let words = try groups(root) + pairs(root)
        guard !words.isEmpty else {
            throw InputError("the lexicon has no words", at: path, remedy: "add groups or pairs")
        }
        var seen: Set<[String]> = []
        for word in words where !seen.insert([word.group, word.text]).inserted && word.pair == nil {
            throw InputError(
                "\"\(word.text)\" stands twice in the group \(word.group)", at: path, remedy: "delete one of them")
        }
        let domain = try root.member("domain")
        try requireName(try domain.string(), domain)
        return ConceptLexicon(
            name: ((path as NSString).lastPathComponent as NSString).deletingPathExtension,
            domain: try domain.string(), role: role, words: words, citations: citations, sha256: sha256)
    }

    private func groups(_ root: JSONCursor) throws -> [ConceptLexicon.Word] {
        try (root.optional("groups")?.elements() ?? []).flatMap { group in
            try group.onlyKeys(["name", "words"])
            let name = try group.member("name").string()
            return try group.member("words").elements().map { entry in
                if case .string(let text) = entry.value { return try word(text, entry, group: name) }
                try entry.onlyKeys(["word", "also", "lists"])
                var word = try word(try entry.member("word").string(), entry, group: name)
                (word.also, word.lists) = (try strings(entry, "also"), try lists(entry))
                return word
            }
        }
    }

    private func pairs(_ root: JSONCursor) throws -> [ConceptLexicon.Word] {
        guard let pairs = try root.optional("pairs") else { return [] }
        try pairs.onlyKeys(["groups", "items"])
        let names = try pairs.member("groups")
        let groups = try names.elements().map { try $0.string() }
        guard groups.count == 2 else { throw names.error("\(groups.count) groups", remedy: "name two, one a side") }
        var words: [ConceptLexicon.Word] = []
        for (number, item) in try pairs.member("items").elements().enumerated() {
            try item.onlyKeys(["words", "lists"])
            let sides = try item.member("words")
            let texts = try sides.elements().map { try $0.string() }
            guard texts.count == 2 else { throw sides.error("\(texts.count) words in a pair", remedy: "give two") }
            let lists = try lists(item)
            for (text, group) in zip(texts, groups) {
                var word = try word(text, item, group: group)
                (word.pair, word.lists) = (number, lists)
                words.append(word)
            }
        }
        return words
    }

    private func word(_ text: String, _ entry: JSONCursor, group: String) throws -> ConceptLexicon.Word {
        guard !text.isEmpty, !text.contains(where: \.isWhitespace) else {
            throw entry.error("\"\(text)\" is not one word", remedy: "give a single word without blanks")
        }
        for name in [text, group] { try requireName(name, entry) }
        return ConceptLexicon.Word(text: text, group: group)
    }

    private func requireName(_ name: String, _ entry: JSONCursor) throws {
        if let fault = NameCheck.fault(name) {
            throw entry.error(fault, remedy: "give it a short name of plain characters")
        }
    }

    private func strings(_ entry: JSONCursor, _ key: String) throws -> [String] {
        try entry.optional(key)?.elements().map { try $0.string() } ?? []
    }

    private func lists(_ entry: JSONCursor) throws -> [String] {
        let keys = try strings(entry, "lists")
        for key in keys where citations[key] == nil {
            throw entry.error("the list \"\(key)\" is not among the citations", remedy: "add it there")
        }
        return keys
    }
}
