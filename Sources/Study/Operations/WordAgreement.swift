import BuiltInStudy
import FileSupport
import LanguageModel
import LinearAlgebra
import Report
import Statistics
import Unlearn

/// `driftscope words`: how well two selections of harmful words agree on a table.
package enum WordAgreement {
    /// Marks the words of a table by both and says how they agree; writes nothing.
    ///
    /// - Parameters:
    ///   - conditions: `COLUMN=VALUE`; rows that fulfil all are looked at.
    ///   - harmful: `KIND=VALUE`, as `forget.harmful` of a study has key and value.
    ///   - against: another, by which precision and recall of the first are measured.
    ///   - model: the model that `attribution` asks; loaded only if it does.
    /// - Throws: ``InputError`` for anything wrong in the table, the selections or the model.
    package static func run(
        forget: String, text: String, id: String?, conditions: [String], harmful: String, against: String,
        model: String?
    ) throws -> CommandResult {
        let filter = ForgetFilter(
            try conditions.map { condition in
                let (column, value) = try split(condition, at: "--where", as: "COLUMN=VALUE")
                return ForgetFilter.Condition(column: column, values: [value])
            })
        let found = try SelectionComparison(
            path: forget, textColumn: text, idColumn: id, filter: filter, selection(harmful, at: "--harmful"),
            selection(against, at: "--against"),
            model: model.map { path in
                SelectionModel {
                    let checkpoint = try CheckpointFolder.load(ModelFolder.resolve(path))
                    return (checkpoint.model, checkpoint.tokenizer)
                }
            })
        let first = found.marks.count { $0.first }
        let second = found.marks.count { $0.second }
        let both = found.marks.count { $0.first && $0.second }
        var stream = RandomStream(seed: 1, label: "agreement of selections")
        let kappa = CohensKappa(found.marks, clusters: found.rowOfWord, stream: &stream)
        func share(_ total: Int) -> Double? { total == 0 ? nil : Double(both) / Double(total) }
        func words(_ value: Double?) -> String { value.map { NumberText.text($0) } ?? "not defined" }
        func number(_ value: Double?) -> JSON { value.map { .number($0) } ?? .null }

        let ends = kappa.interval.map { ", 95 % interval \(words($0[0])) to \(words($0[1])), clustered by row" } ?? ""
        let lines = [
            ("harmful", "\(found.sources[0]): \(first) words marked"),
            ("against", "\(found.sources[1]): \(second) words marked"),
            ("both", "\(both) of \(found.marks.count) words in \(found.rows) rows"),
            ("precision", "\(words(share(first))), the share of 'harmful' that 'against' marks too"),
            ("recall", "\(words(share(second))), the share of 'against' that 'harmful' marks too"),
            ("Cohen's κ", words(kappa.value) + ends),
        ]
        let json = JSON.object([
            ("harmful", .string(found.sources[0])), ("against", .string(found.sources[1])),
            ("rows", .integer(found.rows)), ("words", .integer(found.marks.count)),
            ("marked_harmful", .integer(first)), ("marked_against", .integer(second)), ("marked_both", .integer(both)),
            ("precision", number(share(first))), ("recall", number(share(second))), ("kappa", number(kappa.value)),
            ("kappa_interval", kappa.interval.map { .array($0.map { .number($0) }) } ?? .null),
        ])
        return CommandResult(text: TextTable(lines).text, json: json)
    }

    private static func selection(_ text: String, at option: String) throws -> any HarmfulWordSelection {
        let (name, value) = try split(text, at: option, as: "KIND=VALUE, as lexicon=FILE or column=NAME")
        let isBuiltIn = name == LexiconSelection.name && value == "built-in"
        return try HarmfulWordSelections.selection(
            name, isBuiltIn ? BuiltInStudy.path("lexicons/harmful.json") : value, at: option)
    }

    private static func split(_ text: String, at option: String, as form: String) throws -> (String, String) {
        guard let sign = text.firstIndex(of: "="), sign != text.startIndex else {
            throw InputError("'\(text)' has no name before a '='", at: option, remedy: "write \(form)")
        }
        return (String(text[..<sign]), String(text[text.index(after: sign)...]))
    }
}
