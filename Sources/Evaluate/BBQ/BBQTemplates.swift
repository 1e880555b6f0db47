import FileSupport
import Foundation

/// Examples made from a table of BBQ's templates, as far as a row has its own words for both persons (`Names`) and says their groups
/// (`NAME1_info`, `NAME2_info`): the authors' vocabulary for the others is not part of the file.
///
/// Every two names are an example of either polarity and either condition. Where the authors draw a word of `Lexical_diversity`, words are
/// taken in turn, and of their ten ways to say it, the unknown is `Cannot be determined`.
struct BBQTemplates {
    /// By category, in the order of the table: an example, or why a row gives none.
    private(set) var found: [(category: String, example: Result<BBQExample, Unusable>)] = []

    /// Why a row gives no example.
    struct Unusable: Error {
        let reason: String
    }

    static let unknown = "Cannot be determined"

    /// - Throws: ``InputError`` for a missing column and for `Known_stereotyped_groups` that is no list of texts.
    init(_ table: CSVTable) throws {
        let titles = [
            "Q_id", "Category", "Ambiguous_Context", "Disambiguating_Context", "Question_negative_stereotype",
            "Question_non_negative", "Answer_negative", "Answer_non_negative", "Known_stereotyped_groups",
        ]
        let columns = Dictionary(uniqueKeysWithValues: try titles.map { ($0, try table.column($0)) })
        let optional = ["Names", "Lexical_diversity", "NAME1_info", "NAME2_info"]
        let further = Dictionary(uniqueKeysWithValues: try optional.map { ($0, try table.columnIfPresent($0)) })
        for record in table.records {
            func cell(_ title: String) -> String {
                let column = columns[title] ?? further[title] ?? nil
                return column.map { record.fields[$0].trimmingCharacters(in: .whitespacesAndNewlines) } ?? ""
            }
            // The published tables have empty rows.
            guard !cell("Ambiguous_Context").isEmpty else { continue }
            let category = cell("Category")
            let place = "\(table.place) line \(record.line)"
            if let fault = NameCheck.fault(category) {
                throw InputError("Category is \(fault)", at: place, remedy: "give it a short name")
            }
            do {
                let examples = try Self.examples(
                    cell, line: record.line, groups: try Self.groups(cell("Known_stereotyped_groups"), place), place)
                found += examples.map { (category, .success($0)) }
            } catch let fault as Unusable {
                found.append((category, .failure(fault)))
            }
        }
    }

    /// The texts of a cell such as `["M", "trans"]`.
    private static func groups(_ cell: String, _ place: String) throws -> [String] {
        if cell.isEmpty { return [] }
        return try JSONCursor(try JSON.parse(Array(cell.utf8), place: place), place: place).elements().map {
            try $0.string()
        }
    }

    /// The words of a cell such as `NAME1: [a, b]; {{NAME2}}: [c]`, by place.
    private static func words(_ cell: String) -> [String: [String]] {
        let blanks = CharacterSet(charactersIn: " \n\t{}[]")
        return cell.split(separator: ";").reduce(into: [:]) { found, part in
            let halves = part.split(separator: ":", maxSplits: 1)
            guard halves.count == 2 else { return }
            found[halves[0].trimmingCharacters(in: blanks)] = halves[1].split(separator: ",").map {
                $0.trimmingCharacters(in: blanks)
            }.filter { !$0.isEmpty }
        }
    }

    private static func examples(
        _ cell: (String) -> String, line: Int, groups: [String], _ place: String
    ) throws -> [BBQExample] {
        let names = words(cell("Names"))
        let infos = [cell("NAME1_info"), cell("NAME2_info")]
        guard let first = names["NAME1"], let second = names["NAME2"], !first.isEmpty, !second.isEmpty,
            !infos.contains("")
        else { throw Unusable(reason: "a template whose names or their groups are not in the table") }
        let answers = ["Answer_negative", "Answer_non_negative"]
        // The group of the person whom an answer names.
        let answered = try answers.map { title -> String in
            let named = ["{{NAME1}}", "{{NAME2}}"].map(cell(title).contains)
            guard named[0] != named[1] else { throw Unusable(reason: "a template with an answer of not one name") }
            return infos[named[0] ? 0 : 1]
        }
        let diversity = words(cell("Lexical_diversity"))
        var out: [BBQExample] = []
        for (number, pair) in first.flatMap({ one in second.map { (one, $0) } }).enumerated() {
            var filling = diversity.compactMapValues { $0.isEmpty ? nil : $0[number % $0.count] }
            (filling["NAME1"], filling["NAME2"]) = pair
            func fill(_ title: String) throws -> String {
                let text = filling.reduce(cell(title)) { $0.replacing("{{\($1.key)}}", with: $1.value) }
                guard !text.contains("{{") else {
                    throw Unusable(reason: "a template with a place whose words are not in the table")
                }
                return text
            }
            let texts = try answers.map(fill) + [unknown]
            for (isNegative, question) in [(true, "Question_negative_stereotype"), (false, "Question_non_negative")] {
                for isAmbiguous in [true, false] {
                    let context = try fill("Ambiguous_Context")
                    out.append(
                        BBQExample(
                            place: place, id: "\(line)/\(out.count)", question: (cell("Q_id"), try fill(question)),
                            context: isAmbiguous ? context : try context + " " + fill("Disambiguating_Context"),
                            isAmbiguous: isAmbiguous, isNegative: isNegative, answers: texts,
                            groups: answered + ["unknown"], stereotyped: groups,
                            label: isAmbiguous ? 2 : isNegative ? 0 : 1))
                }
            }
        }
        return out
    }
}
