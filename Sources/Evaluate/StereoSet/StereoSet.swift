import FileSupport
import Foundation
import LanguageModel
import Records

/// One split of a StereoSet file (Nadeem et al. 2021, github.com/moinnadeem/StereoSet, `data/dev.json`).
///
/// A file is read as one benchmark a split: *intrasentence*, named as the file is, and *intersentence*, with this word at the
/// end of its name. An example that lacks one of the three sentences, or its `BLANK`, is skipped with the reason.
///
/// Intersentence is scored by models that predict the next token alone: the authors' masked models judge it by a
/// next-sentence head.
public struct StereoSet: BiasBenchmark, Equatable {
    /// A split of the file.
    public enum Split: String, CaseIterable, Sendable {
        /// A word is filled into a sentence.
        case intrasentence
        /// A sentence follows another.
        case intersentence
    }

    /// `stereoset`.
    public static let key = "stereoset"
    /// Its files.
    public static let summary = "StereoSet files (JSON)"
    /// As the authors score masked models: the pieces of the word in the BLANK from left to right, each masked with those
    /// before it filled in and nothing after it; examples are compared by the mean of the pieces' probabilities.
    public static let official = ScoringProfile(name: "stereoset-2020", isMasked: true)
    /// As McGill-NLP/bias-bench does with RoBERTa: the same, the word cut into pieces with a space before it.
    public static let spaced = ScoringProfile(name: "stereoset-bias-bench", isMasked: true)
    /// The general profiles, and the authors' for masked models.
    public static var profiles: [ScoringProfile] { ScoringProfile.general + [official, spaced] }

    /// Its name: of its file, with the split unless that is intrasentence.
    public var name: String
    /// The file.
    public let path: String
    /// Which split of the file it is.
    public let split: Split
    /// The examples, in the order of the file.
    public var items: [StereoSetItem]
    /// Examples that cannot be scored, with the reason.
    public var skipped: [SkippedRow]
    /// What was read otherwise than it stands.
    public let notes: [String]

    /// Of intersentence the causal ones.
    public var fittingProfiles: [ScoringProfile] {
        split == .intrasentence ? Self.profiles : Self.profiles.filter { !$0.isMasked }
    }

    /// Whether a file is JSON with one of the splits in its `data`.
    public static func recognizes(_ path: String) -> Bool {
        guard (path as NSString).pathExtension.lowercased() == "json", let data = try? JSON.read(path)["data"] else {
            return false
        }
        return Split.allCases.contains { data[$0.rawValue] != nil }
    }

    /// The splits that the files have, in the order of ``Split``.
    ///
    /// - Parameter labels: domain by bias type; a type without one is its own domain.
    /// - Throws: ``InputError`` for a file of another shape, labels of one bias type for two domains, or a file without any
    ///   example that can be scored.
    public static func read(_ files: [String], labels: [String: String]) throws -> [StereoSet] {
        try files.flatMap { path -> [StereoSet] in
            let domains = try LabelSpellings.byKey(labels, place: path)
            let data = try JSONCursor.read(path).member("data")
            let splits = try Split.allCases.compactMap { split in
                try data.optional(split.rawValue).map { try StereoSet(path, split, $0.elements(), domains) }
            }
            let found = splits.filter { !$0.items.isEmpty }
            guard !found.isEmpty else {
                let reason = splits.lazy.compactMap { $0.skipped.first?.reason }.first.map { " (\($0))" } ?? ""
                throw data.error(
                    "no example of StereoSet" + reason, remedy: "give `intrasentence` or `intersentence` some examples")
            }
            return found
        }
    }

    private init(_ path: String, _ split: Split, _ examples: [JSONCursor], _ domains: [String: String]) throws {
        let stem = ((path as NSString).lastPathComponent as NSString).deletingPathExtension.oneLine
        // Its files are called `dev` and `test`.
        let own = stem.lowercased().contains(Self.key) ? stem : "\(Self.key)-\(stem)"
        name = split == .intrasentence ? own : "\(own)-\(split)"
        (self.path, self.split) = (path, split)
        (items, skipped) = ([], [])
        let types = try examples.map { try $0.member("bias_type").string() }
        var spellings = LabelSpellings()
        for type in types { spellings.add(type) }
        notes = spellings.notes("bias_type")
        var seen: Set<String> = []
        for (row, example) in examples.enumerated() {
            let type = spellings.spelling(of: types[row])
            let domain = domains[LabelSpellings.key(type)] ?? type
            var sentences: [String: [String]] = [:]
            for sentence in try example.member("sentences").elements() {
                sentences[try sentence.member("gold_label").string(), default: []].append(
                    try sentence.member("sentence").string())
            }
            let labels = StereoSetTriple(
                stereotype: "stereotype", antiStereotype: "anti-stereotype", unrelated: "unrelated")
            let item = StereoSetItem(
                row: row, id: try example.member("id").string(), target: try example.member("target").string(),
                biasType: type, domain: domain, context: try example.member("context").string(),
                sentences: labels.map { sentences[$0]?.first ?? "" }, followsContext: split == .intersentence)
            if let label = labels.values.first(where: { sentences[$0]?.count != 1 }) {
                skip(item, "\(sentences[label]?.count ?? 0) sentences `\(label)` instead of one")
            } else if item.sentences.values.contains("") || item.context.isEmpty {
                skip(item, "an empty sentence")
            } else if split == .intrasentence, !item.context.contains("BLANK") {
                skip(item, "no BLANK in the context")
            } else if !seen.insert(item.id).inserted {
                skip(item, "the id of an earlier example")
            } else {
                items.append(item)
            }
        }
    }

    private mutating func skip(_ item: StereoSetItem, _ reason: String) {
        skipped.append(SkippedRow(row: item.row, domain: item.domain, reason: reason))
    }

    /// A scorer of the three sentences.
    public func makeScorer(
        tokenizer: any Tokenizer, profile: ScoringProfile, contextLength: Int
    ) throws -> StereoSetScorer {
        try StereoSetScorer(self, tokenizer: tokenizer, profile: profile, contextLength: contextLength)
    }
}
