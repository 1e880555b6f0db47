import Analyze
import FileSupport
import Foundation
import Report
import Testing

@Suite("The glossary")
struct GlossaryTests {
    private static let entries = Glossary.groups.flatMap(\.entries)
    /// The terms one by one, in lower case.
    private static let terms = entries.flatMap {
        $0.term.lowercased().replacing(" (", with: ", ").replacing(")", with: "").components(separatedBy: ", ")
    }

    /// Heads of columns in plain English, or made of the study's own names.
    private static let plain: Set<String> = [
        "after", "against", "age", "at the start", "before", "better is", "bytes", "command", "condition", "domains",
        "dropped",
        "explanation", "file", "for", "forget sentences", "forgotten", "from", "gained", "groups", "harmful tokens",
        "holds", "inputs", "letters", "lost", "measure", "measured", "metric", "model", "neutral removed", "not finite",
        "note", "of",
        "of tokens", "on the front", "open", "per", "race", "reading", "reads as", "reason", "religion", "row",
        "rows", "rule", "same sign", "scored exactly", "sentence", "sentences", "several tokens", "sha-256",
        "shared", "shared harmful tokens", "single token", "status", "step", "steps", "support", "sweep", "text",
        "to", "tokens", "unmatched", "used", "used against", "uses", "value", "verdict", "what", "word", "words",
        "‖δ‖/‖e0‖",
    ]

    /// Words one by one, singular and plural alike, between spaces.
    private static func words(_ text: String) -> String {
        let bare = String(text.lowercased().map { ",:;|'".contains($0) ? " " : $0 })
        return " "
            + bare.split(separator: " ").map { $0.count > 3 && $0.hasSuffix("s") ? $0.dropLast() : $0 }
            .joined(separator: " ") + " "
    }

    @Test("docs/glossary.md is the page that `driftscope glossary` prints; if not, write it anew with that command")
    func page() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
        #expect(try Input.text(root + "/docs/glossary.md") == Glossary.page)
    }

    @Test("every term has a meaning and is defined once")
    func complete() {
        for entry in Self.entries { #expect(entry.meaning.hasSuffix("."), "\(entry.term)") }
        #expect(Set(Self.terms).count == Self.terms.count)
    }

    @Test("the outcomes of verdicts, rival explanations and gates are defined")
    func outcomes() {
        for outcome in VerdictOutcome.allCases { #expect(Self.terms.contains(outcome.rawValue), "\(outcome)") }
        func meaning(_ term: String) -> String { Self.entries.first { $0.term == term }?.meaning ?? "" }
        for level in SupportLevel.allCases { #expect(meaning("Rival explanation").contains(level.rawValue)) }
        for status in GateStatus.allCases { #expect(meaning("Gate").contains(status.rawValue)) }
    }

    @Test("every head of a column of the report is plain English or a term of the glossary")
    func columns() throws {
        let report = try Report(Sample.input(), gates: [try Gate(parsing: "transfer.race.tau.value < -0.05")])
        let heads = report.html.components(separatedBy: "<th scope=\"col\"").dropFirst().map { piece -> String in
            let text = piece.components(separatedBy: "</th>")[0]
            return Scan.visible("<th" + text).replacing("\n", with: "").lowercased()
        }
        #expect(Set(heads).count > 60)
        for head in Set(heads).sorted() where !Self.plain.contains(head) {
            let head = Self.words(head)
            let isDefined = Self.terms.map(Self.words).contains { head.contains($0) || $0.contains(head) }
            #expect(isDefined, "\(head)")
        }
    }
}
