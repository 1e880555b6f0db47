import FileSupport

/// Finds the harmful words of one row after another, from whichever source was chosen.
struct HarmfulWordFinder {
    private enum Source {
        case words(WordMatcher)
        case column(Int)
        case annotations(Annotations)
    }

    private var source: Source
    /// The source in words, for the summary.
    let description: String
    /// The digest of the source's file.
    let sha256: String?

    init(_ harmful: HarmfulWords, table: CSVTable) throws {
        switch harmful {
        case .lexicon(let lexicon):
            source = .words(WordMatcher(lexicon.words))
            description = "lexicon \(lexicon.name), \(lexicon.words.count) words"
            sha256 = lexicon.sha256.isEmpty ? nil : lexicon.sha256
        case .column(let name):
            source = .column(try table.column(name))
            description = "column \(name)"
            sha256 = nil
        case .annotations(let path):
            let annotations = try Annotations(path)
            source = .annotations(annotations)
            description = "annotations \(path)"
            sha256 = annotations.sha256
        }
    }

    /// Annotated rows that were not asked for; 0 for other sources.
    var annotationsWithoutRow: Int {
        if case .annotations(let annotations) = source { annotations.unusedRows } else { 0 }
    }

    /// Annotated words that their row does not hold; 0 for other sources.
    var annotatedWordsNotFound: Int {
        if case .annotations(let annotations) = source { annotations.wordsNotFound } else { 0 }
    }

    /// The harmful byte ranges of a row, sorted, without overlap.
    mutating func ranges(id: String, text: String, words: TextWords, sha256: String, record: CSVRecord, place: String)
        throws -> [Range<Int>]
    {
        switch source {
        case .words(let matcher): return matcher.matches(in: words)
        case .column(let index): return try SpanCell.byteRanges(record.fields[index], in: text, place: place)
        case .annotations(var annotations):
            let found = try annotations.ranges(id: id, text: text, sha256: sha256)
            source = .annotations(annotations)
            return disjoint(found)
        }
    }

    /// Overlapping ranges joined, so that no token is counted twice; neighbours stay apart.
    private func disjoint(_ ranges: [Range<Int>]) -> [Range<Int>] {
        var out: [Range<Int>] = []
        for range in ranges.sorted(by: { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) })
        where !range.isEmpty {
            if let last = out.last, range.lowerBound < last.upperBound {
                out[out.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
            } else {
                out.append(range)
            }
        }
        return out
    }
}
