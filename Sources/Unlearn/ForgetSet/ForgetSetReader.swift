import FileSupport
import LanguageModel
import Records

/// Reads a forget file: which rows, which words of them, which tokens.
public struct ForgetSetReader: Sendable {
    /// CSV, TSV or JSON lines, by its ending.
    public var path: String
    /// The domain that its rows are about; nil where none is named.
    public var domain: String?
    /// The column with the text.
    public var textColumn: String
    /// The column with row ids; without one the record's number is the id.
    public var idColumn: String?
    /// Which rows are wanted.
    public var filter: ForgetFilter
    /// Which rows are dropped for naming another domain.
    public var exclusion: DomainExclusion?
    /// Where harmful words come from.
    public var harmful: any HarmfulWordSelection

    /// Makes a reader.
    public init(
        path: String, domain: String? = nil, textColumn: String = "text", idColumn: String? = nil,
        filter: ForgetFilter = ForgetFilter(),
        exclusion: DomainExclusion? = nil, harmful: any HarmfulWordSelection
    ) {
        self.path = path
        self.domain = domain
        self.textColumn = textColumn
        self.idColumn = idColumn
        self.filter = filter
        self.exclusion = exclusion
        self.harmful = harmful
    }

    /// Reads, filters and tokenises the file.
    ///
    /// - Parameters:
    ///   - contextLength: the most tokens of a sentence, the begin token included.
    ///   - isMasked: whether the sentences are for a masked model, which is given them between begin and end token.
    ///   - model: the model before, for selections that look at one.
    /// - Throws: `InputError` for a missing file or column, a cell of spans that does not fit its text, no row that
    ///   the filter wants, no row with a harmful word, and a selection without the model that it looks at.
    public func read(
        tokenizer: any Tokenizer, contextLength: Int, isMasked: Bool = false, model: SelectionModel? = nil
    ) throws -> ForgetSet {
        try read(
            try ForgetTable.read(path), tokenizer: tokenizer, contextLength: contextLength, isMasked: isMasked,
            model: model)
    }

    /// Filters and tokenises the rows of a file that is in memory; see ``read(tokenizer:contextLength:isMasked:model:)``.
    package func read(
        _ file: ForgetTable, tokenizer: any Tokenizer, contextLength: Int, isMasked: Bool, model: SelectionModel?
    ) throws -> ForgetSet {
        let table = file.table
        let text = try table.column(textColumn)
        let id = try idColumn.map { try table.column($0) }
        let conditions = try filter.conditions.map { (condition: $0, column: try table.column($0.column)) }
        var excluder = try exclusion.map { try Excluder($0, table: table) }
        var finder = try harmful.finder(
            for: SelectionSource(table, textColumn: text, domain: domain, model: model))
        try finder.requireRows(
            among: Set(
                table.records.enumerated().map { index, record in id.map { record.fields[$0] } ?? String(index + 1) }))
        let builder = SentenceBuilder(tokenizer: tokenizer, contextLength: contextLength, isMasked: isMasked)

        var summary = ForgetSetSummary(
            path: path, bytes: file.bytes, sha256: file.sha256, format: file.format,
            harmfulSource: finder.source, harmfulSHA256: finder.sha256, rowsRead: table.records.count)
        summary.domain = domain
        summary.readings = readings(conditions, in: table)
        var sentences: [ForgetSentence] = []
        var texts: Set<String> = []
        for (index, record) in table.records.enumerated() {
            guard conditions.allSatisfy({ $0.condition.holds(for: record.fields[$0.column]) }) else { continue }
            summary.rowsMatching += 1
            let row = index + 1
            let content = record.fields[text]
            guard !ListCell.trim(content).isEmpty else {
                summary.rowsWithoutText += 1
                continue
            }
            let words = TextWords(content)
            if let drops = excluder?.drops(record, words: words), drops {
                summary.rowsExcluded += 1
                continue
            }
            let name = id.map { record.fields[$0] } ?? String(row)
            let digest = SHA256Hex.of(content)
            let ranges = try finder.ranges(
                in: ForgetRow(
                    id: name, text: content, sha256: digest, cells: record.fields,
                    place: "\(path) line \(record.line)", words: words))
            guard !ranges.isEmpty else {
                summary.rowsWithoutHarmfulWord += 1
                continue
            }
            var (sentence, lost) = builder.sentence(row: row, id: name, text: content, sha256: digest, ranges: ranges)
            summary.harmfulWordsOutOfReach += lost
            guard !sentence.harmful.isEmpty else {
                summary.rowsOutOfReach += 1
                continue
            }
            sentence.domain = domain
            if !texts.insert(digest).inserted { summary.repeatedTexts += 1 }
            sentences.append(sentence)
        }
        try tokenizer.requireRows(at: path)
        summary.exclusions = excluder?.counts ?? []
        summary.annotationsWithoutRow = finder.unusedRows
        summary.annotatedWordsNotFound = finder.wordsNotFound
        summary.count(sentences)
        try requireSentences(summary)
        var set = ForgetSet(sentences: sentences, summary: summary)
        set.readingNotes = conditions.flatMap { condition, column in
            condition.notes(table.records.lazy.map { $0.fields[column] })
        }
        let sameID = sentences.count - Set(sentences.map(\.id)).count
        for (what, count) in [
            ("rows that repeat the text of an earlier one", summary.repeatedTexts),
            ("rows that have the id of an earlier one", sameID),
        ] where count > 0 { set.readingNotes.append("\(what), each counted: \(count)") }
        if finder.unusedRows > 0 {
            set.readingNotes.append("annotated rows that the forget set does not take in: \(finder.unusedRows)")
        }
        return set
    }

    /// Counts every list-valued condition under each reading. A condition counts as list-valued when its reading
    /// is not `equals`, or its column holds a cell that lists several names.
    private func readings(
        _ conditions: [(condition: ForgetFilter.Condition, column: Int)], in table: CSVTable
    ) -> [ForgetSetSummary.ReadingCount] {
        conditions.indices.compactMap { index in
            let (condition, column) = conditions[index]
            let listed =
                condition.reading != .equals
                || table.records.contains { record in
                    let cell = record.fields[column]
                    return cell.utf8.contains { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "[") }
                        && ListCell.names(cell).count > 1
                }
            guard listed else { return nil }
            var counts = ForgetSetSummary.ReadingCount(
                column: condition.column, values: condition.values, used: condition.reading)
            for record in table.records {
                let others = conditions.indices.allSatisfy {
                    $0 == index || conditions[$0].condition.holds(for: record.fields[conditions[$0].column])
                }
                guard others else { continue }
                let cell = record.fields[column]
                if condition.holds(for: cell, reading: .equals) { counts.equals += 1 }
                if condition.holds(for: cell, reading: .member) { counts.member += 1 }
                if condition.holds(for: cell, reading: .part) { counts.part += 1 }
            }
            return counts
        }
    }

    private func requireSentences(_ summary: ForgetSetSummary) throws {
        if summary.sentences > 0 { return }
        if summary.rowsMatching == 0 {
            let wanted = filter.conditions.map { condition in
                "\(condition.column) \(condition.reading.rawValue) \(condition.values.joined(separator: " or "))"
            }
            throw InputError(
                "none of \(summary.rowsRead) rows fulfils \(wanted.joined(separator: " and "))", at: path,
                remedy: "check the values, or read a list column by member or part")
        }
        if summary.rowsMatching == summary.rowsWithoutText + summary.rowsExcluded {
            throw InputError(
                "an empty forget set: of \(summary.rowsMatching) matching rows \(summary.rowsExcluded) name an excluded "
                    + "domain and \(summary.rowsWithoutText) have no text", at: path,
                remedy: "exclude fewer domains or give more rows")
        }
        throw InputError(
            "no harmful word found within reach in \(summary.rowsMatching - summary.rowsExcluded) rows "
                + "(\(summary.harmfulSource))", at: path,
            remedy: "give another lexicon, a column of spans or annotations")
    }
}
