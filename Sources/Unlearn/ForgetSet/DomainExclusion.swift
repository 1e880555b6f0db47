import FileSupport

/// Drops rows that name another domain, so that what moves there was not trained directly.
///
/// A row names a domain *by label* when its label column lists a code of that domain, and *by word* when its text
/// holds one of the domain's words. Both are counted; a row that does both is dropped once.
public struct DomainExclusion: Equatable, Sendable {
    /// The domains whose rows are dropped.
    public var domains: [String]
    /// The column that lists label codes; `nil` looks at words only.
    public var labelColumn: String?
    /// Label code → domain. A code is looked up whole (`other.religion`), then by its dotted parts (`bla.wom`), without
    /// regard to case.
    public var labels: [String: String]
    /// Domain → words and phrases that name it, matched whole and without regard to case.
    public var words: [String: [String]]

    /// Makes an exclusion.
    public init(
        domains: [String], labelColumn: String? = nil, labels: [String: String] = Self.dghsLabels,
        words: [String: [String]] = [:]
    ) {
        self.domains = domains
        self.labelColumn = labelColumn
        self.labels = labels
        self.words = words
    }

    /// The target codes of the Dynamically Generated Hate Speech data set (v0.2.2, and the undotted spellings of v0.1).
    public static let dghsLabels: [String: String] = {
        let codes: [String: [String]] = [
            "gender": ["wom", "man", "gendermin"],
            "race": [
                "bla", "asi", "hispanic", "arab", "african", "indig", "non.white", "mixed.race", "ethnic.minority",
                "trav", "blawom", "blaman", "asiwom", "asiman", "indigwom", "asisouth", "asieast", "asichin", "asipak",
            ],
            "religion": ["mus", "jew", "hin", "other.religion", "muswom"],
            "sexual-orientation": ["gay", "bis", "lgbtq", "gaywom", "gayman"],
            "gender-identity": ["trans"],
            "nationality": ["immig", "ref", "for", "asylum", "eastern.europe", "russian", "pol", "other.national"],
            "disability": ["dis"],
            "age": ["old.people"],
            "socioeconomic": ["wc"],
        ]
        var labels: [String: String] = [:]
        for (domain, names) in codes { for name in names { labels[name] = domain } }
        return labels
    }()
}

/// The domains that label codes stand for, whatever the case of a code.
struct LabelCodes {
    private let domains: [String: String]

    /// - Throws: `InputError` when two spellings of one code stand for two domains.
    init(_ exclusion: DomainExclusion, place: String) throws {
        domains = try LabelSpellings.byKey(exclusion.labels, place: place)
    }

    /// The domains that a cell's codes name.
    func domains(in cell: String) -> Set<String> {
        var found: Set<String> = []
        for name in ListCell.names(cell) {
            if let domain = domains[LabelSpellings.key(name)] {
                found.insert(domain)
            } else {
                found.formUnion(ListCell.parts(name).compactMap { domains[LabelSpellings.key($0)] })
            }
        }
        return found
    }
}
