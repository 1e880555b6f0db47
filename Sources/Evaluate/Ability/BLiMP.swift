import FileSupport
import Foundation
import LanguageModel
import Records

/// BLiMP (Warstadt et al. 2020, github.com/alexwarstadt/blimp), and any minimal pairs in its fields: of two sentences grammar allows
/// one, which a model that knows the language finds the likelier.
///
/// Its JSON lines: `sentence_good`, `sentence_bad`, `field` (the label), `UID` (the paradigm); `linguistics_term` and `pairID` or
/// `pair_id` where they are there. All files are one benchmark. It is a measure of ability, not of bias, so it is among
/// ``BenchmarkRegistry/all`` and not in a study.
public struct BLiMP: BiasBenchmark, Equatable {
    /// `blimp`.
    public static let key = "blimp"
    /// Its files.
    public static let summary = "BLiMP's minimal pairs, data/….jsonl (JSON lines)"
    /// Those that give every token of a sentence a probability in one context, and lm-evaluation-harness's.
    public static let profiles: [ScoringProfile] = [.driftscope, .lmEval, .pseudoLogLikelihood]

    /// `blimp`.
    public var name = key
    /// The first file.
    public var path: String
    /// The pairs, in the order of the files; the good sentence is ``PairItem/more``.
    public var items: [PairItem] = []
    /// Lines that are not scored, with the reason.
    public var skipped: [SkippedRow] = []
    /// How fields are written.
    public var notes: [String] = []

    /// Whether a file is JSON lines with `sentence_good` in the first.
    public static func recognizes(_ path: String) -> Bool {
        guard (path as NSString).pathExtension.lowercased() == "jsonl" else { return false }
        return (try? JSONLines.read(path))?.first?.value.value["sentence_good"] != nil
    }

    /// Reads files, all into one benchmark.
    ///
    /// - Parameter labels: domain by field, as in `["syntax": "grammar"]`; a field without one is its own domain.
    /// - Throws: ``InputError`` for a line of another shape, a pair that stands twice, no pair at all.
    public static func read(_ files: [String], labels: [String: String]) throws -> [BLiMP] {
        var out = BLiMP(path: files.first ?? "")
        let domains = try LabelSpellings.byKey(labels, place: out.path)
        let lines = try files.flatMap { try JSONLines.read($0) }.map(\.value)
        var spellings = LabelSpellings()
        for line in lines { spellings.add(try name("field", of: line)) }
        out.notes = spellings.notes("field")
        var seen: Set<[String]> = []
        for (row, line) in lines.enumerated() {
            let field = spellings.spelling(of: try name("field", of: line))
            let domain = domains[LabelSpellings.key(field)] ?? field
            let texts = try ["sentence_good", "sentence_bad"].map { try line.member($0).string() }
            var clusters = ["UID": try name("UID", of: line)]
            if line.value["linguistics_term"] != nil { clusters["term"] = try name("linguistics_term", of: line) }
            if let number = line.value["pairID"] ?? line.value["pair_id"],
                !seen.insert([clusters["UID"] ?? "", number.compact]).inserted
            {
                throw line.error("the pair \(number.compact) of its UID stands twice", remedy: "give each file once")
            }
            guard !texts.contains("") else {
                out.skipped.append(SkippedRow(row: row, domain: domain, reason: "an empty sentence"))
                continue
            }
            out.items.append(
                PairItem(
                    row: row, more: texts[0], less: texts[1], biasType: field, domain: domain, clusters: clusters))
        }
        guard !out.items.isEmpty else {
            let reason = out.skipped.first.map { " (\($0.reason))" } ?? ""
            throw InputError("no pair" + reason, at: out.path, remedy: "give BLiMP's data/….jsonl")
        }
        return [out]
    }

    private static func name(_ key: String, of line: JSONCursor) throws -> String {
        let name = try line.member(key).string()
        if let fault = NameCheck.fault(name) { throw line.error("\(key) is \(fault)", remedy: "give it a short name") }
        return name
    }

    /// A scorer of the pairs.
    ///
    /// In the profile `lm-eval` a space stands before every sentence, as the task of lm-evaluation-harness has it.
    public func makeScorer(
        tokenizer: any Tokenizer, profile: ScoringProfile, contextLength: Int
    ) throws -> DerivedPairScorer<BLiMPScore> {
        let front = profile == .lmEval ? " " : ""
        let asked = items.map { item in
            var item = item
            (item.more, item.less) = (front + item.more, front + item.less)
            return item
        }
        return DerivedPairScorer(
            pairs: try PairScorer(
                pairs: PairSet(name: name, path: path, items: asked, skipped: skipped), tokenizer: tokenizer,
                profile: profile, contextLength: contextLength, adds: true))
    }
}
