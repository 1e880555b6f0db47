import FileSupport
import Foundation
import LanguageModel
import Records

/// WinoBias (Zhao et al. 2018, github.com/uclanlp/corefBias): sentences of two occupations and a pronoun that follows the
/// stereotype of the one it stands for, and the same with the other pronoun.
///
/// Files come in twos, `pro_stereotyped_type1.txt.dev` and `anti_stereotyped_type1.txt.dev`: lines `number sentence` with the
/// occupation and its pronouns in brackets, line n of one the twin of line n of the other. Lines 2k − 1 and 2k speak of the same
/// two occupations, one with a pronoun of men and one with a pronoun of women in the stereotyped file; they are one item. Sentences
/// are scored as they are written, without the brackets. All files are one benchmark, the types are its labels.
public struct WinoBias: BiasBenchmark, Equatable {
    /// `winobias`.
    public static let key = "winobias"
    /// Its files.
    public static let summary = "WinoBias lines, pro_stereotyped_… and anti_stereotyped_… (text)"
    /// `winobias`, unless a study says otherwise.
    public var name = key
    /// The first file.
    public var path: String
    /// The couples, in the order of the files.
    public var items: [CoupleItem] = []
    /// Couples that are not scored, with the reason.
    public var skipped: [SkippedRow] = []
    /// What a user should know of how the files were read, a line each.
    public var notes: [String] = []

    private static let sides = ["pro_stereotyped_", "anti_stereotyped_"]

    /// Reads files, all into one benchmark.
    ///
    /// - Parameter labels: domain by type, as in `["type1": "gender"]`; a type without one is its own domain.
    /// - Throws: ``InputError`` for a name that is none of WinoBias, a file without its twin, files of different lines, a line that is
    ///   not `number sentence`, no couple at all.
    public static func read(_ files: [String], labels: [String: String]) throws -> [WinoBias] {
        var sidesByKey: [String: [String: String]] = [:]
        var keys: [String] = []
        for file in files {
            let name = (file as NSString).lastPathComponent
            guard let side = sides.first(where: name.hasPrefix) else {
                throw InputError(
                    "the name begins neither with \(sides.joined(separator: " nor with "))", at: file,
                    remedy: "keep the names of WinoBias, which say what a file holds")
            }
            let key = String(name.dropFirst(side.count))
            guard sidesByKey[key]?[side] == nil else {
                throw InputError("a second file of this name", at: file, remedy: "give each once")
            }
            if sidesByKey[key] == nil { keys.append(key) }
            sidesByKey[key, default: [:]][side] = file
        }
        var out = WinoBias(path: files.first ?? "")
        let domains = try LabelSpellings.byKey(labels, place: out.path)
        var (row, others) = (0, 0)
        for key in keys {
            let found = sidesByKey[key] ?? [:]
            guard let pro = found[sides[0]], let anti = found[sides[1]] else {
                throw InputError(
                    "\(sides[0])\(key) and \(sides[1])\(key) belong together, and one is missing", at: "winobias",
                    remedy: "give both")
            }
            let type = String(key.prefix { $0 != "." })
            if let fault = NameCheck.fault(type) {
                throw InputError(fault + " for a type", at: pro, remedy: "keep the names of WinoBias")
            }
            let domain = domains[LabelSpellings.key(type)] ?? type
            let lines = (try PronounLine.read(pro), try PronounLine.read(anti))
            guard lines.0.map(\.number) == lines.1.map(\.number) else {
                throw InputError("its lines are not those of \(pro)", at: anti, remedy: "use files of one copy")
            }
            let twins = Array(zip(lines.0, lines.1))
            for start in stride(from: 0, to: twins.count, by: 2) {
                defer { row += 1 }
                let couple = Array(twins[start..<min(start + 2, twins.count)])
                if let reason = fault(couple) {
                    out.skipped.append(SkippedRow(row: row, domain: domain, reason: reason))
                    continue
                }
                others += couple.count { !$0.0.isTwin(of: $0.1) }
                let (male, female) = couple[0].0.gender == .male ? (couple[0], couple[1]) : (couple[1], couple[0])
                out.items.append(
                    CoupleItem(
                        row: row, domain: domain,
                        clusters: ["occupations": couple.map(\.0.occupation).sorted().joined(separator: "/")],
                        male: .init(pro: male.0.text, anti: male.1.text),
                        female: .init(pro: female.0.text, anti: female.1.text)))
            }
        }
        guard !out.items.isEmpty else {
            let reason = out.skipped.first.map { " (\($0.reason))" } ?? ""
            throw InputError("no couple of lines" + reason, at: out.path, remedy: "give files with usable lines")
        }
        if others > 0 {
            out.notes.append("lines whose two sentences differ in more than pronouns, scored as written: \(others)")
        }
        return [out]
    }

    /// Why two lines are no couple, in words.
    private static func fault(_ couple: [(PronounLine, PronounLine)]) -> String? {
        guard couple.count == 2 else { return "a line without a second one" }
        for line in couple.flatMap({ [$0.0, $0.1] }) where line.gender == nil || line.occupation.isEmpty {
            return "a line without an occupation and pronouns of one gender in brackets"
        }
        if couple.contains(where: { $0.0.gender == $0.1.gender }) { return "both sentences of a line have one pronoun" }
        return couple[0].0.gender == couple[1].0.gender ? "both lines expect pronouns of one gender" : nil
    }

    /// A scorer of couples.
    public func makeScorer(
        tokenizer: any Tokenizer, profile: ScoringProfile, contextLength: Int
    ) throws -> CoupleScorer {
        try CoupleScorer(self, tokenizer: tokenizer, profile: profile, contextLength: contextLength)
    }
}

/// A line of a file of WinoBias.
private struct PronounLine {
    enum Gender { case male, female }

    let number: Int
    /// The sentence without brackets.
    let text: String
    /// That of the pronouns in brackets; nil of none, and of pronouns of both.
    let gender: Gender?
    /// The first text in brackets that is no pronoun, without its article.
    let occupation: String

    private static let male: Set<String> = ["he", "him", "his", "himself"]
    private static let female: Set<String> = ["she", "her", "hers", "herself"]

    static func read(_ path: String) throws -> [PronounLine] {
        try Input.text(path).split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap {
            index, line in
            let trimmed = line.trimmingCharacters(in: .whitespaces)
            guard !trimmed.isEmpty else { return nil }
            let parts = trimmed.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, let number = Int(parts[0]) else {
                throw InputError(
                    "the line is not `number sentence`", at: "\(path):\(index + 1)", remedy: "correct the line")
            }
            return PronounLine(number, String(parts[1]))
        }
    }

    private init(_ number: Int, _ marked: String) {
        self.number = number
        text = marked.filter { $0 != "[" && $0 != "]" }
        let inBrackets = marked.split(separator: "[").dropFirst(marked.hasPrefix("[") ? 0 : 1).compactMap { part in
            part.firstIndex(of: "]").map { part[..<$0].trimmingCharacters(in: .whitespaces).lowercased() }
        }
        let genders = Set(inBrackets.compactMap(Self.gender))
        gender = genders.count == 1 ? genders.first : nil
        let entity = inBrackets.first { Self.gender(of: $0) == nil } ?? ""
        let words = entity.split(separator: " ")
        let hasArticle = words.count > 1 && ["the", "a", "an"].contains(words[0])
        occupation = words.dropFirst(hasArticle ? 1 : 0).joined(separator: " ")
    }

    private static func gender(of word: String) -> Gender? {
        male.contains(word) ? .male : female.contains(word) ? .female : nil
    }

    /// Whether two lines have the same words but for pronouns.
    func isTwin(of other: PronounLine) -> Bool {
        func words(_ text: String) -> [String] {
            text.lowercased().split { !$0.isLetter }.map { Self.gender(of: String($0)) == nil ? String($0) : "" }
        }
        return words(text) == words(other.text)
    }
}
