import LanguageModel
import Records

extension ForgetSet {
    /// The harmful words of the set with the number of their tokens, by ``WordFinder/folded(_:)`` spelling.
    public var tokensByWord: [String: Int] {
        var counts: [String: Int] = [:]
        for sentence in sentences {
            for word in sentence.harmful { counts[WordFinder.folded(word.text), default: 0] += word.positions.count }
        }
        return counts
    }

    /// The set with some words no longer harmful: they stay in the sentences as context, and a sentence that is left
    /// without a harmful word is dropped. In contexts that are without earlier harmful words they stay replaced.
    ///
    /// - Parameter words: as ``WordFinder/folded(_:)`` spells them.
    public func sparing(_ words: Set<String>) -> ForgetSet {
        var kept: [ForgetSentence] = []
        for var sentence in sentences {
            sentence.harmful.removeAll { words.contains(WordFinder.folded($0.text)) }
            if !sentence.harmful.isEmpty { kept.append(sentence) }
        }
        var summary = summary
        summary.count(kept)
        return ForgetSet(
            sentences: kept, pairs: pairs, pairsAreCounterfactual: pairsAreCounterfactual, summary: summary)
    }

    /// A set made in memory: texts in which words are marked; a text without one, or out of reach, is left out.
    ///
    /// - Parameters:
    ///   - name: stands for the file in the summary.
    ///   - contextLength: the most tokens of a sentence, the begin token included.
    ///   - isMasked: whether the sentences are for a masked model, which is given them between begin and end token.
    public init(
        texts: [String], words: [String], name: String, tokenizer: any Tokenizer, contextLength: Int,
        isMasked: Bool = false
    ) {
        let matcher = WordMatcher(words)
        let builder = SentenceBuilder(tokenizer: tokenizer, contextLength: contextLength, isMasked: isMasked)
        var summary = ForgetSetSummary(
            path: name, bytes: texts.reduce(0) { $0 + $1.utf8.count }, sha256: "", format: "memory",
            harmfulSource: "\(words.count) words", rowsRead: texts.count)
        var sentences: [ForgetSentence] = []
        for (index, text) in texts.enumerated() {
            let ranges = matcher.matches(in: TextWords(text))
            guard !ranges.isEmpty else {
                summary.rowsWithoutHarmfulWord += 1
                continue
            }
            let (sentence, lost) = builder.sentence(
                row: index + 1, id: String(index + 1), text: text, sha256: "", ranges: ranges)
            summary.harmfulWordsOutOfReach += lost
            if sentence.harmful.isEmpty { summary.rowsOutOfReach += 1 } else { sentences.append(sentence) }
        }
        summary.rowsMatching = texts.count
        summary.count(sentences)
        self.init(sentences: sentences, summary: summary)
    }
}

extension ForgetSetReader {
    /// Which of some words stand in rows of the file that are labelled for a domain, by domain.
    ///
    /// A row counts when it fulfils every condition of the filter but those on the label column: with
    /// `where: {label: hate, target: {part: wom}}` all rows of hate, whoever their target is. A row that is labelled for
    /// a forgotten domain too is left out: whom its words are used against, nobody can tell.
    ///
    /// - Parameters:
    ///   - words: in any spelling; the result has ``WordFinder/folded(_:)``.
    ///   - forgotten: the domains whose rows are forgotten.
    ///   - exclusion: gives the label column and the meaning of its codes.
    /// - Returns: an empty answer without a label column.
    /// - Throws: `InputError` for a missing file or column.
    public func wordsByLabel(
        _ words: some Sequence<String>, forgotten: [String], exclusion: DomainExclusion
    ) throws -> [String: Set<String>] {
        guard exclusion.labelColumn != nil else { return [:] }
        return try wordsByLabel(words, in: try ForgetTable.read(path), forgotten: forgotten, exclusion: exclusion)
    }

    /// The same of a file that is in memory.
    package func wordsByLabel(
        _ words: some Sequence<String>, in file: ForgetTable, forgotten: [String], exclusion: DomainExclusion
    ) throws -> [String: Set<String>] {
        guard let labelColumn = exclusion.labelColumn else { return [:] }
        let table = file.table
        let (label, text) = (try table.column(labelColumn), try table.column(textColumn))
        let conditions = try filter.conditions.filter { $0.column != labelColumn }
            .map { (condition: $0, column: try table.column($0.column)) }
        let (finder, codes) = (WordFinder(words), try LabelCodes(exclusion, place: path))
        var found: [String: Set<String>] = [:]
        for record in table.records where conditions.allSatisfy({ $0.condition.holds(for: record.fields[$0.column]) }) {
            let domains = codes.domains(in: record.fields[label])
            guard !domains.isEmpty, domains.isDisjoint(with: forgotten) else { continue }
            let inRow = finder.words(in: record.fields[text])
            for domain in domains { found[domain, default: []].formUnion(inRow) }
        }
        return found
    }
}
