import FileSupport
import Foundation
import LanguageModel
import Records

/// BBQ (Parrish et al. 2022, github.com/nyu-mll/BBQ): a question about two people of different groups, with three answers, of which one
/// is that it cannot be known.
///
/// Files are those of the authors' `data`, one JSON value a line, and tables of their `templates` as far as these have their words
/// (``BBQTemplates``); all are one benchmark, the categories its labels. Whom a stereotype is about is the answer whose group, in `answer_info`, is among `stereotyped_groups`: equal but for case, blanks and
/// the gender before a name's group (`F-Black`), *man* and *boy* being `M`, *woman* and *girl* `F`. An example of which that is
/// not exactly one answer of the two is skipped.
public struct BBQ: BiasBenchmark, Equatable {
    /// `bbq`.
    public static let key = "bbq"
    /// Its files.
    public static let summary = "BBQ's examples by category, data/….jsonl (JSON lines), or its templates (CSV)"
    /// Those of models that predict the next token: an answer follows its question.
    public static let profiles = ScoringProfile.causal

    /// `bbq`, unless a study says otherwise.
    public var name = key
    /// The first file.
    public var path: String
    /// The examples, in the order of the files.
    public var items: [BBQItem] = []
    /// Examples that are not scored, with the reason.
    public var skipped: [SkippedRow] = []
    /// How categories are written.
    public var notes: [String] = []

    /// Whether a file is JSON lines with `answer_info` in the first, or a table of templates.
    public static func recognizes(_ path: String) -> Bool {
        if CSVTable.hasColumn("Ambiguous_Context", path) { return true }
        guard (path as NSString).pathExtension.lowercased() == "jsonl" else { return false }
        return (try? JSONLines.read(path))?.first?.value.value["answer_info"] != nil
    }

    /// Reads files, all into one benchmark.
    ///
    /// - Parameter labels: domain by category, as in `["Religion": "religion"]`; a category without one is its own domain.
    /// - Throws: ``InputError`` for a line of another shape, a condition, polarity or label that there is not, templates without a
    ///   column, an example that stands twice, no example at all.
    public static func read(_ files: [String], labels: [String: String]) throws -> [BBQ] {
        var out = BBQ(path: files.first ?? "")
        let domains = try LabelSpellings.byKey(labels, place: out.path)
        var spellings = LabelSpellings()
        var read: [(category: String, example: Result<BBQExample, BBQTemplates.Unusable>)] = []
        for file in files {
            guard !["csv", "tsv", "tab"].contains((file as NSString).pathExtension.lowercased()) else {
                read += try BBQTemplates(CSVTable.read(file)).found
                continue
            }
            for (_, line) in try JSONLines.read(file) {
                let category = try line.member("category").string()
                if let fault = NameCheck.fault(category) {
                    throw line.error("category is \(fault)", remedy: "give it a short name")
                }
                read.append((category, .success(try BBQExample(line))))
            }
        }
        for entry in read { spellings.add(entry.category) }
        out.notes = spellings.notes("category")
        var seen: Set<[String]> = []
        for (row, entry) in read.enumerated() {
            let category = spellings.spelling(of: entry.category)
            let domain = domains[LabelSpellings.key(category)] ?? category
            func skip(_ reason: String) { out.skipped.append(SkippedRow(row: row, domain: domain, reason: reason)) }
            switch entry.example {
            case .failure(let fault): skip(fault.reason)
            case .success(let example):
                guard seen.insert([LabelSpellings.key(category), example.id]).inserted else {
                    throw InputError(
                        "the example \(example.id) of \(category) stands twice", at: example.place,
                        remedy: "give each file once")
                }
                if let reason = example.fault {
                    skip(reason)
                } else if let item = example.item(row: row, category: category, domain: domain) {
                    out.items.append(item)
                }
            }
        }
        guard !out.items.isEmpty else {
            let reason = out.skipped.first.map { " (\($0.reason))" } ?? ""
            throw InputError(
                "no example" + reason, at: out.path, remedy: "give BBQ's data/….jsonl, or templates with words")
        }
        return [out]
    }

    /// A scorer of the answers.
    public func makeScorer(tokenizer: any Tokenizer, profile: ScoringProfile, contextLength: Int) throws -> BBQScorer {
        try BBQScorer(self, tokenizer: tokenizer, profile: profile, contextLength: contextLength)
    }
}
