import FileSupport
import Foundation

/// Words that hateful rows use more than harmless ones do, by their log-odds with an informative Dirichlet prior (Monroe,
/// Colaresi and Quinn 2008, "Fightin' Words", equations 15 to 22).
///
/// With y_w times the word w among the n words of the hateful rows, y'_w among n' of the harmless ones, and the prior
/// α_w = y_w + y'_w, α₀ = n + n' (their counts in both together):
///
///     δ_w = ln((y_w + α_w) / (n + α₀ − y_w − α_w)) − ln((y'_w + α_w) / (n' + α₀ − y'_w − α_w))
///     z_w = δ_w / √(1 / (y_w + α_w) + 1 / (y'_w + α_w))
///
/// A word is harmful where z_w is above the bound. The odds go by use alone: the names of the groups that hate is about
/// stand out as its insults do.
public struct OddsSelection: HarmfulWordSelection {
    /// `odds`.
    public static let name = "odds"
    /// What it does.
    public static let summary = "words that rows of a label use more than all other rows do"
    /// A column and a value of it.
    public static let argument = HarmfulWordSelections.Argument.rows

    /// The bound where none is given: the 97.5 % quantile of the normal distribution, as in the paper.
    public static let defaultBound = 1.96

    private let hateful: ForgetFilter.Condition
    private let bound: Double

    /// - Parameter value: `COLUMN=VALUE` or `COLUMN=VALUE,z=BOUND`; hateful rows are those with the value in the column,
    ///   harmless ones all others of the table that have a text.
    /// - Throws: `InputError` for another form.
    public init(_ value: String) throws {
        func wrong(_ what: String) -> InputError {
            InputError(
                what, at: "harmful.odds", remedy: "write COLUMN=VALUE or COLUMN=VALUE,z=BOUND, as label=hate,z=3")
        }
        var rows = Substring(value)
        var bound = Self.defaultBound
        if let end = value.range(of: ",z=", options: .backwards) {
            let text = value[end.upperBound...]
            guard let number = Double(text), number.isFinite, number >= 0 else {
                throw wrong("the bound '\(text)' is not a number from 0")
            }
            (rows, bound) = (value[..<end.lowerBound], number)
        }
        guard let sign = rows.firstIndex(of: "="), sign != rows.startIndex else {
            throw wrong("'\(value)' does not say which rows are hateful")
        }
        hateful = ForgetFilter.Condition(
            column: String(rows[..<sign]), values: [String(rows[rows.index(after: sign)...])])
        self.bound = bound
    }

    /// Counts the words of both kinds of rows.
    ///
    /// - Throws: `InputError` for a missing column, no row of a kind, and no word above the bound.
    public func finder(for source: SelectionSource) throws -> any HarmfulWordFinder {
        let table = source.table
        let column = try table.column(hateful.column)
        // Hateful, harmless.
        var counts: [[String: Int]] = [[:], [:]]
        for record in table.records {
            let kind = hateful.holds(for: record.fields[column]) ? 0 : 1
            for word in TextWords(record.fields[source.textColumn]).words { counts[kind][word.folded, default: 0] += 1 }
        }
        for (kind, name) in ["", "other than "].enumerated() where counts[kind].isEmpty {
            throw InputError(
                "no text in a row with \(hateful.column) \(name)\(hateful.values[0])", at: table.place,
                remedy: "name a value that some rows have and others have not")
        }
        let scores = Self.scores(hateful: counts[0], harmless: counts[1])
        let words = Set(scores.filter { $0.value > bound }.keys)
        guard !words.isEmpty else {
            throw InputError(
                "no word has log-odds of z above \(bound) in rows with \(hateful.column) \(hateful.values[0])",
                at: table.place, remedy: "give a lower bound, more rows, or another source of harmful words")
        }
        let found =
            "odds \(hateful.column)=\(hateful.values[0]), z above \(bound), \(words.count) of \(scores.count) words"
        return Finder(source: found, harmful: words)
    }

    /// z_w of every word that is counted.
    ///
    /// - Parameters:
    ///   - hateful: y, times a word is used in hateful rows.
    ///   - harmless: y', times in harmless rows.
    public static func scores(hateful: [String: Int], harmless: [String: Int]) -> [String: Double] {
        let totals = [hateful, harmless].map { Double($0.values.reduce(0, +)) }
        let priorTotal = totals[0] + totals[1]
        let words = Set(hateful.keys).union(harmless.keys)
        return Dictionary(
            uniqueKeysWithValues: words.map { word in
                let uses = [hateful, harmless].map { Double($0[word] ?? 0) }
                let prior = uses[0] + uses[1]
                let with = uses.map { $0 + prior }
                func odds(_ kind: Int) -> Double { log(with[kind] / (totals[kind] + priorTotal - with[kind])) }
                return (word, (odds(0) - odds(1)) / (1 / with[0] + 1 / with[1]).squareRoot())
            })
    }

    private struct Finder: HarmfulWordFinder {
        let source: String
        let harmful: Set<String>

        func ranges(in row: ForgetRow) -> [Range<Int>] {
            row.words.words.filter { harmful.contains($0.folded) }.map(\.bytes)
        }
    }
}
