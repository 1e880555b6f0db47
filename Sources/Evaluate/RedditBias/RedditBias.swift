import FileSupport
import Foundation
import LanguageModel
import Records

/// RedditBias (Barikeri et al. 2021, github.com/umanlp/RedditBias): comments that speak ill of a group, and the same of another group.
///
/// Files come in twos, `reddit_comments_DEMOGRAPHIC_GROUP_biased_test_reduced.csv` for two groups of one demographic: row n of one is
/// the twin of row n of the other. The file of the second group is the one with a column `replaced_demo`; its column `comments`
/// repeats the first group's sentence. The first group's sentence is ``PairItem/more``. The label is the demographic:
/// `gender`, `race`, `religion1`, `religion2`, `orientation`. All files are one benchmark.
public struct RedditBias: BiasBenchmark, Equatable {
    /// `redditbias`.
    public static let key = "redditbias"
    /// Its files.
    public static let summary = "RedditBias's reddit_comments_…_reduced.csv, both groups of a demographic (CSV)"
    /// As the authors' `perplexity_score` does: without a begin token, and so without the first token's probability.
    public static let official = ScoringProfile(name: "redditbias-2021")
    /// The general profiles, and the authors'.
    public static var profiles: [ScoringProfile] { ScoringProfile.general + [official] }

    /// `redditbias`, unless a study says otherwise.
    public var name = key
    /// The first file.
    public var path: String
    /// The pairs, in the order of the files.
    public var items: [PairItem] = []
    /// Rows that are not scored, with the reason.
    public var skipped: [SkippedRow] = []

    private static let prefix = "reddit_comments_"

    /// A demographic's file of both groups.
    private struct Files {
        var first: CSVTable?
        var second: CSVTable?
    }

    /// Reads files, all into one benchmark.
    ///
    /// - Parameter labels: domain by demographic, as in `["religion1": "religion"]`; one without a domain is its own.
    /// - Throws: ``InputError`` for a name that is none of RedditBias, a file without its twin, a missing column, files whose
    ///   rows are no twins, no pair at all.
    public static func read(_ files: [String], labels: [String: String]) throws -> [RedditBias] {
        var out = RedditBias(path: files.first ?? "")
        let domains = try LabelSpellings.byKey(labels, place: out.path)
        var (found, keys): ([[String]: Files], [[String]]) = ([:], [])
        for file in files {
            let key = try parts(of: file)
            let table = try CSVTable.read(file)
            if found[key] == nil { keys.append(key) }
            let side = table.header.contains("replaced_demo") ? \Files.second : \Files.first
            guard found[key]?[keyPath: side] == nil else {
                throw InputError(
                    "a second file of one side of \(key.joined(separator: "_"))", at: file,
                    remedy: "give two files a demographic, one of them with a column replaced_demo")
            }
            found[key, default: Files()][keyPath: side] = table
        }
        var row = 0
        for key in keys {
            guard let first = found[key]?.first, let second = found[key]?.second else {
                throw InputError(
                    "\(prefix)\(key[0])_…_\(key[1]) are two files, and one is missing",
                    at: (found[key]?.first ?? found[key]?.second)?.place ?? key[0],
                    remedy: "give both groups' files; the second group's has a column replaced_demo")
            }
            try out.add(first, second, label: key[0], domain: domains[LabelSpellings.key(key[0])], from: &row)
        }
        guard !out.items.isEmpty else {
            let reason = out.skipped.first.map { " (\($0.reason))" } ?? ""
            throw InputError("no pair" + reason, at: out.path, remedy: "give files with usable rows")
        }
        return [out]
    }

    /// Demographic and what stands behind the group in a file's name.
    private static func parts(of file: String) throws -> [String] {
        let name = (file as NSString).lastPathComponent
        let parts = name.dropFirst(prefix.count).split(separator: "_", maxSplits: 2).map(String.init)
        guard name.hasPrefix(prefix), parts.count == 3 else {
            throw InputError(
                "the name is not \(prefix)DEMOGRAPHIC_GROUP_…", at: file,
                remedy: "keep the names of RedditBias, which say what a file holds")
        }
        if let fault = NameCheck.fault(parts[0]) {
            throw InputError(fault + " for a demographic", at: file, remedy: "keep the names of RedditBias")
        }
        return [parts[0], parts[2]]
    }

    /// - Parameter row: the number of the first pair; afterwards that of the next one.
    private mutating func add(
        _ first: CSVTable, _ second: CSVTable, label: String, domain: String?, from row: inout Int
    ) throws {
        let (more, less) = (try first.column("comments_processed"), try second.column("comments_processed"))
        let (origin, words) = (try second.column("comments"), try second.column("initial_demo"))
        guard first.records.count == second.records.count else {
            throw InputError(
                "\(second.records.count) rows, and \(first.place) has \(first.records.count)", at: second.place,
                remedy: "use files of one copy")
        }
        for (one, other) in zip(first.records, second.records) {
            defer { row += 1 }
            let (text, twin) = (one.fields[more], other.fields[less])
            guard text == other.fields[origin] else {
                throw InputError(
                    "`comments` is not the sentence of \(first.place) line \(one.line)",
                    at: "\(second.place) line \(other.line)", remedy: "use files of one copy")
            }
            guard !text.isEmpty, !twin.isEmpty else {
                skipped.append(SkippedRow(row: row, domain: domain ?? label, reason: "an empty sentence"))
                continue
            }
            items.append(
                PairItem(
                    row: row, more: text, less: twin, biasType: label, domain: domain,
                    clusters: ["words": Self.words(other.fields[words])]))
        }
    }

    /// The words that were replaced, from a cell such as `['mom', ' she ']`.
    private static func words(_ cell: String) -> String {
        cell.split(separator: ",").map { $0.trimmingCharacters(in: CharacterSet(charactersIn: "[]'\" ")) }
            .joined(separator: "/")
    }

    /// A scorer of the pairs.
    public func makeScorer(
        tokenizer: any Tokenizer, profile: ScoringProfile, contextLength: Int
    ) throws -> DerivedPairScorer<RedditBiasScore> {
        DerivedPairScorer(
            pairs: try PairScorer(
                pairs: PairSet(name: name, path: path, items: items, skipped: skipped), tokenizer: tokenizer,
                profile: profile, contextLength: contextLength, usesBegin: profile != Self.official))
    }
}
