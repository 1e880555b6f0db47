import FileSupport

/// Words and phrases of a lexicon, wherever they stand as whole words.
public struct LexiconSelection: HarmfulWordSelection {
    /// `lexicon`.
    public static let name = "lexicon"
    /// What it does.
    public static let summary = "words and phrases of a lexicon file"
    /// A file.
    public static let argument = HarmfulWordSelections.Argument.file

    private let lexicon: WordLexicon

    /// - Parameter path: the path of a lexicon file.
    public init(_ path: String) throws { lexicon = try WordLexicon.read(path) }

    /// A lexicon in memory.
    public init(_ lexicon: WordLexicon) { self.lexicon = lexicon }

    /// Makes ready for the rows of a table.
    public func finder(for source: SelectionSource) -> any HarmfulWordFinder {
        Finder(lexicon)
    }

    private struct Finder: HarmfulWordFinder {
        let source: String
        let sha256: String?
        private let matcher: WordMatcher

        init(_ lexicon: WordLexicon) {
            matcher = WordMatcher(lexicon.words)
            let distinct = Set(lexicon.words.map { $0.lowercased() }).count
            let repeats = lexicon.words.count - distinct
            source =
                "lexicon \(lexicon.name), \(distinct) words" + (repeats > 0 ? ", \(repeats) more listed again" : "")
            sha256 = lexicon.sha256.isEmpty ? nil : lexicon.sha256
        }

        func ranges(in row: ForgetRow) -> [Range<Int>] { matcher.matches(in: row.words) }
    }
}

extension HarmfulWordSelection where Self == LexiconSelection {
    /// Words and phrases of a lexicon in memory.
    public static func lexicon(_ lexicon: WordLexicon) -> LexiconSelection { LexiconSelection(lexicon) }
}
