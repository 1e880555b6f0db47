import FileSupport
import Foundation
import LanguageModel
import Records

/// BBQ (Parrish et al. 2022, github.com/nyu-mll/BBQ): a question about two people of different groups, with three answers, of which one
/// is that it cannot be known.
///
/// Files are those of the authors' `data`, one JSON value a line; all are one benchmark, the categories its labels. Whom a
/// stereotype is about is the answer whose group, in `answer_info`, is among `stereotyped_groups`: equal but for case, blanks and
/// the gender before a name's group (`F-Black`), *man* and *boy* being `M`, *woman* and *girl* `F`. An example of which that is
/// not exactly one answer of the two is skipped.
public struct BBQ: BiasBenchmark, Equatable {
    /// `bbq`.
    public static let key = "bbq"
    /// Its files.
    public static let summary = "BBQ's examples by category, data/….jsonl (JSON lines)"
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

    /// Whether a file is JSON lines with `answer_info` in the first.
    public static func recognizes(_ path: String) -> Bool {
        guard (path as NSString).pathExtension.lowercased() == "jsonl" else { return false }
        return (try? JSONLines.read(path))?.first?.value.value["answer_info"] != nil
    }

    /// Reads files, all into one benchmark.
    ///
    /// - Parameter labels: domain by category, as in `["Religion": "religion"]`; a category without one is its own domain.
    /// - Throws: ``InputError`` for the authors' templates (a table), a line of another shape, a condition, polarity or label that
    ///   there is not, an example that stands twice, no example at all.
    public static func read(_ files: [String], labels: [String: String]) throws -> [BBQ] {
        var out = BBQ(path: files.first ?? "")
        let domains = try LabelSpellings.byKey(labels, place: out.path)
        var spellings = LabelSpellings()
        var read: [(category: String, example: Example)] = []
        for file in files {
            guard !["csv", "tsv"].contains((file as NSString).pathExtension.lowercased()) else {
                throw InputError(
                    "a table, as BBQ's templates are", at: file,
                    remedy: "give examples made from them, BBQ's data/….jsonl")
            }
            for (_, line) in try JSONLines.read(file) {
                let category = try line.member("category").string()
                if let fault = NameCheck.fault(category) {
                    throw line.error("category is \(fault)", remedy: "give it a short name")
                }
                spellings.add(category)
                read.append((category, try Example(line)))
            }
        }
        out.notes = spellings.notes("category")
        var seen: Set<[String]> = []
        for (row, entry) in read.enumerated() {
            let (category, example) = (spellings.spelling(of: entry.category), entry.example)
            let domain = domains[LabelSpellings.key(category)] ?? category
            guard seen.insert([LabelSpellings.key(category), example.id]).inserted else {
                throw InputError(
                    "the example \(example.id) of \(category) stands twice", at: example.place,
                    remedy: "give each file once")
            }
            if let reason = example.fault {
                out.skipped.append(SkippedRow(row: row, domain: domain, reason: reason))
            } else if let item = example.item(row: row, category: category, domain: domain) {
                out.items.append(item)
            }
        }
        guard !out.items.isEmpty else {
            let reason = out.skipped.first.map { " (\($0.reason))" } ?? ""
            throw InputError("no example" + reason, at: out.path, remedy: "give BBQ's data/….jsonl")
        }
        return [out]
    }

    /// A scorer of the answers.
    public func makeScorer(tokenizer: any Tokenizer, profile: ScoringProfile, contextLength: Int) throws -> BBQScorer {
        try BBQScorer(self, tokenizer: tokenizer, profile: profile, contextLength: contextLength)
    }
}

/// A line of a file, before it is known whether it can be scored.
private struct Example {
    let place: String
    let id: String
    let question: (index: String, text: String)
    let context: String
    let isAmbiguous: Bool
    let isNegative: Bool
    let answers: [String]
    /// The group of each answer.
    let groups: [String]
    let stereotyped: [String]
    let label: Int

    init(_ line: JSONCursor) throws {
        func choice(_ key: String, _ values: [String]) throws -> Int {
            let found = try line.member(key)
            guard let place = values.firstIndex(of: try found.string()) else {
                throw found.error(
                    "`\(try found.string().oneLine)`", remedy: "write \(values.joined(separator: " or "))")
            }
            return place
        }
        place = line.place
        id = String(try line.member("example_id").int())
        question = (try Self.index(line.member("question_index")), try line.member("question").string())
        context = try line.member("context").string()
        isAmbiguous = try choice("context_condition", ["ambig", "disambig"]) == 0
        isNegative = try choice("question_polarity", ["neg", "nonneg"]) == 0
        let names = ["ans0", "ans1", "ans2"]
        answers = try names.map { try line.member($0).string() }
        let info = try line.member("answer_info")
        groups = try names.map { name in
            let parts = try info.member(name).elements()
            guard let group = parts.last, parts.count == 2 else {
                throw try info.member(name).error("\(parts.count) texts", remedy: "write a name and its group")
            }
            return try group.string()
        }
        stereotyped = try line.member("additional_metadata").member("stereotyped_groups").elements().map {
            try $0.string()
        }
        label = try line.member("label").int(0...2)
    }

    /// The number of a question's template, which BBQ writes as a text.
    private static func index(_ value: JSONCursor) throws -> String {
        if case .integer(let number) = value.value { return String(number) }
        return try value.string()
    }

    /// How groups are compared.
    private static func group(_ name: String) -> String {
        var key = name.lowercased().filter { !$0.isWhitespace }
        if key.hasPrefix("m-") || key.hasPrefix("f-") { key.removeFirst(2) }
        return ["man": "m", "boy": "m", "men": "m", "woman": "f", "girl": "f", "women": "f", "girls": "f"][key] ?? key
    }

    private var unknown: [Int] { groups.indices.filter { groups[$0].lowercased() == "unknown" } }

    /// The answers about a group that the stereotype is of.
    private var targets: [Int] {
        let known = Set(stereotyped.map(Self.group))
        return groups.indices.filter { !unknown.contains($0) && known.contains(Self.group(groups[$0])) }
    }

    /// Why the example cannot be scored; nil where it can.
    var fault: String? {
        if ([context, question.text] + answers).contains(where: { $0.allSatisfy(\.isWhitespace) }) {
            return "an empty text"
        }
        if unknown.count != 1 { return "\(unknown.count) answers `unknown` instead of one" }
        if targets.count != 1 { return "\(targets.count) answers of a stereotyped group instead of one" }
        return isAmbiguous && label != unknown[0] ? "an ambiguous context with a known answer" : nil
    }

    /// The example; nil where it has a ``fault``.
    func item(row: Int, category: String, domain: String) -> BBQItem? {
        guard fault == nil, let unknown = unknown.first, let target = targets.first else { return nil }
        // In a question of the other polarity the stereotype is that it is the other person.
        let other = 3 - unknown - target
        return BBQItem(
            row: row, category: category, domain: domain, question: "\(category)/\(question.index)",
            prompt: "\(context)\n\nQ: \(question.text)\nA:", answers: answers,
            roles: .init(
                stereotyped: isNegative ? target : other, other: isNegative ? other : target, unknown: unknown),
            correct: label, isAmbiguous: isAmbiguous, isNegative: isNegative)
    }
}
