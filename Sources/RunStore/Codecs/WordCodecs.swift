import LinearAlgebra
import Records

extension ConceptStatus: ColumnValue {}
extension WordExposure: ColumnValue {}

extension HDF5Group {
    // MARK: /tokens

    /// Tokens: a dataframe by key, and `raw`, the bytes of all tokens with `V + 1` offsets.
    func write(_ tokens: TokenTable) throws {
        let columns: [(String, Table.Column)] = [
            ("text", .string(tokens.texts)), ("is_special", .bool(tokens.isSpecial)),
            ("is_pad_row", .bool(tokens.isPadRow)), ("valid_utf8", .bool(tokens.isValidUTF8)),
            ("forget_count", .int64(tokens.forgetCount)), ("forget_masked_count", .int64(tokens.forgetMaskedCount)),
            ("corpus_count", .int64(tokens.corpusCount)),
        ]
        try setEncoding("dataframe")
        try setAttribute("_index", "key")
        try setAttribute("column-order", columns.map(\.0))
        try writeStrings("key", tokens.keys)
        for (name, column) in columns { try writeColumn(name, column) }
        try writeRagged("raw", "bytes", tokens.bytes)
    }

    func readTokens() throws -> TokenTable {
        let keys: [String] = try column("key")
        func read<Value: ColumnValue>(_ name: String) throws -> [Value] { try column(name, rows: keys.count) }
        return TokenTable(
            keys: keys, texts: try read("text"), bytes: try readRagged("raw", "bytes", rows: keys.count),
            isSpecial: try read("is_special"), isPadRow: try read("is_pad_row"), isValidUTF8: try read("valid_utf8"),
            forgetCount: try read("forget_count"), forgetMaskedCount: try read("forget_masked_count"),
            corpusCount: try read("corpus_count"))
    }

    // MARK: /concepts

    private var conceptColumns: [Column<ConceptRow>] {
        [
            Column("domain", \.domain), Column("group", \.group), Column("word", \.word), Column("variant", \.variant),
            Column("lexicon", \.lexicon), Column("pair", \.pair), Column("is_control", \.isControl),
            Column("status", \.status), Column("exposure", \.exposure), Column("in_two_concepts", \.inTwoConcepts),
            .derived("subtokens", \.tokens.count),
        ]
    }

    /// Concepts: a dataframe, a row a spelling, and `token_ids`, all tokens with offsets.
    func write(_ concepts: ConceptTable) throws {
        try writeTable(".", concepts.rows, conceptColumns)
        try writeRagged("token_ids", "ids", concepts.rows.map(\.tokens))
    }

    func readConcepts() throws -> ConceptTable {
        let blank = ConceptRow(
            domain: "", group: "", word: "", variant: "", lexicon: "", pair: nil, isControl: false, tokens: [],
            status: .missing, exposure: .unexposed, inTwoConcepts: false)
        var rows = try readTable(".", blank: blank, conceptColumns)
        let tokens: [[Int32]] = try readRagged("token_ids", "ids", rows: rows.count)
        for (row, tokens) in tokens.enumerated() { rows[row].tokens = tokens }
        return ConceptTable(rows: rows)
    }

    // MARK: /contextual/<step>

    private typealias ContextRow = (domain: String, group: String, word: String, contexts: Int)
    private var contextColumns: [Column<ContextRow>] {
        [Column("domain", \.domain), Column("group", \.group), Column("word", \.word), Column("contexts", \.contexts)]
    }

    /// Contextual vectors: `mean` and `spread` `(L + 1, C, D)`, the words, the number of contexts.
    func write(_ contextual: ContextualTable) throws {
        try setEncoding("dict")
        try setAttribute("pooling", "mean")
        try setAttribute("template_set", contextual.templateSet.name)
        try setAttribute("template_set_sha256", contextual.templateSet.sha256)
        let shape = [contextual.mean.count, contextual.words.count, contextual.mean.first?.columns ?? 0]
        try writeArray("mean", contextual.mean.flatMap(\.elements), shape: shape)
        try writeArray("spread", contextual.spread.flatMap(\.elements), shape: shape)
        let rows = zip(contextual.words, contextual.contexts).map { ($0.domain, $0.group, $0.word, Int($1)) }
        try writeTable("words", rows, contextColumns)
    }

    func readContextual() throws -> ContextualTable {
        let rows = try readTable("words", blank: ("", "", "", 0), contextColumns)
        let mean = try readLayers("mean", rows: rows.count)
        let spread = try readLayers("spread", rows: rows.count)
        guard mean.count == spread.count else { throw damaged("`spread` of \(path) has other layers than `mean`") }
        return ContextualTable(
            words: rows.map { ($0.domain, $0.group, $0.word) }, mean: mean, spread: spread,
            contexts: rows.map { Int32(clamping: $0.contexts) },
            templateSet: (try stringAttribute("template_set"), try stringAttribute("template_set_sha256")))
    }

    private func readLayers(_ name: String, rows: Int) throws -> [Matrix<Float>] {
        let dataset = try array(name)
        guard dataset.shape.count == 3, dataset.shape[1] == rows else {
            throw damaged("`\(name)` of \(path) is not (L + 1, C, D)")
        }
        let values = try dataset.read(Float.self)
        let size = dataset.shape[1] * dataset.shape[2]
        return (0..<dataset.shape[0]).map { layer in
            Matrix(rows: rows, columns: dataset.shape[2], elements: Array(values[layer * size..<(layer + 1) * size]))
        }
    }

    // MARK: Lists of different lengths

    /// Lists one after another with `count + 1` offsets.
    private func writeRagged<Element: HDF5Element>(_ name: String, _ values: String, _ lists: [[Element]]) throws {
        let group = try createDict(name)
        var offsets: [Int64] = [0]
        for list in lists { offsets.append(offsets[offsets.count - 1] + Int64(list.count)) }
        try group.writeArray(values, lists.flatMap { $0 })
        try group.writeArray("offsets", offsets)
    }

    private func readRagged<Element: HDF5Element>(_ name: String, _ values: String, rows: Int) throws -> [[Element]] {
        let group = try member(name)
        let all = try group.array(values).read(Element.self)
        let offsets = try group.array("offsets").read(Int64.self).map(Int.init)
        guard offsets.count == rows + 1, offsets.first == 0, offsets.last == all.count,
            zip(offsets, offsets.dropFirst()).allSatisfy({ $0 <= $1 })
        else { throw damaged("`offsets` of \(group.path) do not fit `\(values)`") }
        return zip(offsets, offsets.dropFirst()).map { Array(all[$0..<$1]) }
    }
}
