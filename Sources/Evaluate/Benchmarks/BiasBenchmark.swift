import FileSupport
import LanguageModel
import LinearAlgebra
import Records

/// One item of a benchmark as its file has it: what a model is asked, before there is a model.
public protocol BenchmarkItem: Sendable {
    /// The item's row in its file, counted from 0; no two items of a benchmark share one.
    var row: Int { get }
    /// By what a list of faults names the item, wherever its file has it: the format's own id, or else a digest of the texts;
    /// see ``ItemFaults``.
    var id: String { get }
    /// The study's name for what the item is about, for example `race`.
    var domain: String { get }
    /// What the item shares with others, by kind (`attribute`, `template` …); intervals are clustered by these.
    var clusters: [String: String] { get }
    /// The two texts whose preference the item's gap measures, the stereotyping one first.
    var contrast: (more: String, less: String) { get }
    /// Every text that is scored; both of ``contrast`` unless there are more.
    var texts: [String] { get }
    /// What the file says of the items, as columns that are stored beside their scores.
    static func columns(_ items: [Self]) -> [ScoreColumn]
}

extension BenchmarkItem {
    /// The first 16 hexadecimal digits of the SHA-256 of ``texts`` with a line feed between them.
    public var id: String { String(SHA256Hex.of(texts.joined(separator: "\n")).prefix(16)) }
    /// None.
    public var clusters: [String: String] { [:] }
    /// Both texts of ``contrast``.
    public var texts: [String] { [contrast.more, contrast.less] }
    /// None.
    public static func columns(_ items: [Self]) -> [ScoreColumn] { [] }
}

/// A row that is not scored, and why.
public struct SkippedRow: Sendable, Equatable {
    /// The row in the file, counted from 0.
    public var row: Int
    /// The domain it would have counted for.
    public var domain: String
    /// Why it is left out.
    public var reason: String

    /// Makes the note.
    public init(row: Int, domain: String, reason: String) {
        self.row = row
        self.domain = domain
        self.reason = reason
    }
}

/// A benchmark of bias: reads its files, and lays its items out for a tokenizer so that models can be scored.
///
/// To add one, write an item (``BenchmarkItem``), what a model's score of it is (``BenchmarkScore``), a scorer
/// (``BenchmarkScorer``) and the reading, and put the type into ``BenchmarkRegistry/standard``. One that is made of sentence
/// pairs conforms to ``PairBenchmark`` and only reads.
public protocol BiasBenchmark: Sendable {
    /// An item.
    associatedtype Item: BenchmarkItem
    /// What scores it.
    associatedtype Scorer: BenchmarkScorer

    /// Its name in study files and options, for example `crows-pairs`.
    static var key: String { get }
    /// What its files are, in a line.
    static var summary: String { get }
    /// The conventions under which it can be scored; the general ones unless it has some of its own.
    static var profiles: [ScoringProfile] { get }
    /// Whether a file looks like one of this benchmark.
    static func recognizes(_ path: String) -> Bool
    /// Reads files: one benchmark each, or one from several, as the format has it.
    ///
    /// - Parameter labels: domain by the benchmark's own label; a label without one is its own domain.
    /// - Throws: `InputError` for a file that is not of the format, or that holds no item.
    static func read(_ files: [String], labels: [String: String]) throws -> [Self]

    /// The name that reports give it; of its file unless the study says otherwise.
    var name: String { get set }
    /// The file or folder that it was read from, for messages.
    var path: String { get }
    /// The items, in the order of the file.
    var items: [Item] { get set }
    /// Rows that are no items, with the reason.
    var skipped: [SkippedRow] { get set }
    /// Those of `profiles` under which these items can be scored; all of them unless a part of the
    /// benchmark takes fewer.
    var fittingProfiles: [ScoringProfile] { get }
    /// What a user should know of how the files were read, a line each: spellings that were joined, repeated items.
    var notes: [String] { get }

    /// Tokenises the items and lays them out; see ``scorer(tokenizer:profile:contextLength:)``, which callers use.
    func makeScorer(tokenizer: any Tokenizer, profile: ScoringProfile, contextLength: Int) throws -> Scorer
}

extension BiasBenchmark {
    /// The general ones.
    public static var profiles: [ScoringProfile] { ScoringProfile.general }
    /// All.
    public var fittingProfiles: [ScoringProfile] { Self.profiles }
    /// None.
    public var notes: [String] { [] }
    /// Never.
    public static func recognizes(_ path: String) -> Bool { false }

    /// The domains, in the order in which the file first names them.
    public var domains: [String] { items.map(\.domain).uniqued() }

    /// Lays the items out for scoring models.
    ///
    /// - Parameter contextLength: the most tokens that the models take; an item with a longer text is skipped with the reason.
    /// - Throws: `InputError` for a profile that the benchmark cannot be scored under, and when no item is left.
    public func scorer(tokenizer: any Tokenizer, profile: ScoringProfile, contextLength: Int) throws -> Scorer {
        guard fittingProfiles.contains(profile) else {
            throw InputError(
                "\(Self.key) is not scored under the profile \(profile)", at: name,
                remedy: "use \(fittingProfiles.map(\.name).joined(separator: " or "))")
        }
        let scorer = try makeScorer(tokenizer: tokenizer, profile: profile, contextLength: contextLength)
        try tokenizer.requireRows(at: name)
        return scorer
    }

    /// Only the items of some domains.
    public func selecting(domains: Set<String>) -> Self {
        var out = self
        out.items = items.filter { domains.contains($0.domain) }
        out.skipped = skipped.filter { domains.contains($0.domain) }
        return out
    }

    /// Only the items of some rows.
    public func selecting(rows: Set<Int>) -> Self {
        var out = self
        out.items = items.filter { rows.contains($0.row) }
        return out
    }

    /// At most `count` items of every domain, chosen by seed and kept in the order of the file; all of them for nil.
    public func sampling(_ count: Int?, seed: UInt64) -> Self {
        guard let count else { return self }
        var chosen: Set<Int> = []
        for domain in domains {
            let members = items.indices.filter { items[$0].domain == domain }
            var stream = RandomStream(seed: seed, label: "pairs/\(name)/\(domain)")
            chosen.formUnion(stream.sample(min(count, members.count), below: members.count).map { members[$0] })
        }
        var out = self
        out.items = chosen.sorted().map { items[$0] }
        return out
    }
}
