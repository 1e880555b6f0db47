import FileSupport
import LinearAlgebra

// How each record lies in its group; one pair of functions a record, writing and reading.

extension HDF5Group {
    /// Provenance: a dict of scalars, and the dataframe `inputs`.
    func write(_ provenance: Provenance) throws {
        try setEncoding("dict", "0.1.0")
        for (name, value) in provenance.facts.sorted(by: { $0.key < $1.key }) {
            switch value {
            case .string(let text): try writeScalar(RunPaths.safe(name), text)
            case .int(let number): try writeScalar(RunPaths.safe(name), number)
            case .double(let number): try writeScalar(RunPaths.safe(name), number)
            }
        }
        try writeTable("inputs", provenance.inputs)
    }

    /// Reads what ``write(_:)-(Provenance)`` wrote.
    func readProvenance() throws -> Provenance {
        var facts: [String: Provenance.Value] = [:]
        for name in try children() where name != "inputs" {
            let dataset = try dataset(name)
            switch try dataset.kind() {
            case .string: facts[name] = .string(try dataset.readStrings().first ?? "")
            case .int32, .int64, .bytes: facts[name] = .int(try dataset.read(Int64.self).first ?? 0)
            case .float, .double: facts[name] = .double(try dataset.read(Double.self).first ?? .nan)
            case .bool, .other: continue
            }
        }
        return Provenance(facts: facts, inputs: try readTable("inputs"))
    }

    /// Tokens: a dataframe by key, and `raw`, the bytes of all tokens with `V + 1` offsets.
    func write(_ tokens: TokenTable) throws {
        try setEncoding("dataframe", "0.2.0")
        try setAttribute("_index", "key")
        let columns: [(String, Table.Column)] = [
            ("text", .string(tokens.texts)), ("is_special", .bool(tokens.isSpecial)),
            ("is_pad_row", .bool(tokens.isPadRow)), ("valid_utf8", .bool(tokens.isValidUTF8)),
            ("forget_count", .int64(tokens.forgetCount)), ("forget_masked_count", .int64(tokens.forgetMaskedCount)),
            ("corpus_count", .int64(tokens.corpusCount)),
        ]
        try setAttribute("column-order", columns.map(\.0))
        try writeStrings("key", tokens.keys)
        for (name, column) in columns {
            switch column {
            case .string(let values): try writeStrings(name, values)
            case .bool(let values): try writeBools(name, values)
            case .int64(let values): try writeArray(name, values)
            default: break
            }
        }
        let raw = try createDict("raw")
        var offsets: [Int64] = [0]
        for bytes in tokens.bytes { offsets.append((offsets.last ?? 0) + Int64(bytes.count)) }
        try raw.writeArray("bytes", tokens.bytes.flatMap { $0 })
        try raw.writeArray("offsets", offsets)
    }

    /// Reads what ``write(_:)-(TokenTable)`` wrote.
    func readTokens() throws -> TokenTable {
        let keys = try dataset("key").readStrings()
        let raw = try group("raw")
        let bytes = try raw.readArray("bytes", UInt8.self)
        let offsets = try raw.readArray("offsets", Int64.self).map(Int.init)
        guard offsets.count == keys.count + 1, offsets.first == 0, offsets.last == bytes.count,
            zip(offsets, offsets.dropFirst()).allSatisfy({ $0 <= $1 })
        else { throw raw.damaged("offsets", "does not fit the bytes") }
        return TokenTable(
            keys: keys, texts: try dataset("text").readStrings(),
            bytes: zip(offsets, offsets.dropFirst()).map { Array(bytes[$0..<$1]) },
            flags: try ["is_special", "is_pad_row", "valid_utf8"].map { try dataset($0).readBools() },
            counts: try ["forget_count", "forget_masked_count", "corpus_count"].map { try readArray($0, Int64.self) })
    }

    /// Concepts: a dataframe, a row a spelling, and `token_ids`, all tokens with offsets.
    func write(_ concepts: ConceptTable) throws {
        let rows = concepts.rows
        try writeTable(
            ".",
            [
                "domain": .string(rows.map(\.domain)), "group": .string(rows.map(\.group)),
                "word": .string(rows.map(\.word)), "variant": .string(rows.map(\.variant)),
                "lexicon": .string(rows.map(\.lexicon)), "pair": .int64(rows.map { Int64($0.pair ?? -1) }),
                "is_control": .bool(rows.map(\.isControl)),
                "status": .string(rows.map(\.status.rawValue)), "exposure": .string(rows.map(\.exposure.rawValue)),
                "in_two_concepts": .bool(rows.map(\.inTwoConcepts)),
                "subtokens": .int64(rows.map { Int64($0.tokens.count) }),
            ])
        let tokens = try createDict("token_ids")
        var offsets: [Int64] = [0]
        for row in rows { offsets.append((offsets.last ?? 0) + Int64(row.tokens.count)) }
        try tokens.writeArray("ids", rows.flatMap(\.tokens))
        try tokens.writeArray("offsets", offsets)
    }

    /// Reads what ``write(_:)-(ConceptTable)`` wrote.
    func readConcepts() throws -> ConceptTable {
        let table = try readTable(".")
        let lists = try group("token_ids")
        let ids = try lists.readArray("ids", Int32.self)
        let offsets = try lists.readArray("offsets", Int64.self).map(Int.init)
        guard let domain = table.string("domain"), let group = table.string("group"), let word = table.string("word"),
            let variant = table.string("variant"), let lexicon = table.string("lexicon"),
            let pair = table.int64("pair"),
            let isControl = table.bool("is_control"), let status = table.string("status"),
            let exposure = table.string("exposure"), let inTwo = table.bool("in_two_concepts"),
            offsets.count == table.rowCount + 1, offsets.last == ids.count,
            zip(offsets, offsets.dropFirst()).allSatisfy({ $0 <= $1 })
        else { throw damaged("token_ids", "or a column beside it is not as the schema says") }
        return ConceptTable(
            rows: try (0..<table.rowCount).map { row in
                guard let status = ConceptStatus(rawValue: status[row]),
                    let exposure = ExposureLevel(rawValue: exposure[row])
                else { throw damaged("status", "holds an unknown word") }
                return ConceptRow(
                    domain: domain[row], group: group[row], word: word[row], variant: variant[row],
                    lexicon: lexicon[row], pair: pair[row] < 0 ? nil : Int(pair[row]), isControl: isControl[row],
                    tokens: Array(ids[offsets[row]..<offsets[row + 1]]), status: status, exposure: exposure,
                    inTwoConcepts: inTwo[row])
            })
    }

    /// Contextual vectors: `mean` and `spread` `(L + 1, C, D)`, the words, the number of contexts.
    func write(_ contextual: ContextualTable) throws {
        try setEncoding("dict", "0.1.0")
        try setAttribute("pooling", contextual.pooling)
        try setAttribute("template_set", contextual.templateSet.name)
        try setAttribute("template_set_sha256", contextual.templateSet.sha256)
        let shape = [contextual.mean.count, contextual.words.count, contextual.mean.first?.columns ?? 0]
        try writeArray("mean", contextual.mean.flatMap(\.elements), shape: shape)
        try writeArray("spread", contextual.spread.flatMap(\.elements), shape: shape)
        try writeTable(
            "words",
            [
                "domain": .string(contextual.words.map(\.domain)), "group": .string(contextual.words.map(\.group)),
                "word": .string(contextual.words.map(\.word)),
                "contexts": .int64(contextual.contexts.map(Int64.init)),
            ])
    }

    /// Reads what ``write(_:)-(ContextualTable)`` wrote.
    func readContextual() throws -> ContextualTable {
        let table = try readTable("words")
        let mean = try readLayers("mean", rows: table.rowCount)
        let spread = try readLayers("spread", rows: table.rowCount)
        guard let domain = table.string("domain"), let group = table.string("group"), let word = table.string("word"),
            let contexts = table.int64("contexts"), mean.count == spread.count
        else { throw damaged("words", "is not as the schema says") }
        return ContextualTable(
            words: (0..<table.rowCount).map { (domain[$0], group[$0], word[$0]) }, mean: mean, spread: spread,
            contexts: contexts.map { Int32(clamping: $0) },
            templateSet: (try stringAttribute("template_set"), try stringAttribute("template_set_sha256")))
    }

    private func readLayers(_ name: String, rows: Int) throws -> [Matrix<Float>] {
        let dataset = try dataset(name)
        guard dataset.shape.count == 3, dataset.shape[1] == rows else { throw damaged(name, "is not (L + 1, C, D)") }
        let values = try dataset.read(Float.self)
        let size = dataset.shape[1] * dataset.shape[2]
        return (0..<dataset.shape[0]).map { layer in
            Matrix(rows: rows, columns: dataset.shape[2], elements: Array(values[layer * size..<(layer + 1) * size]))
        }
    }

    /// An evaluation: the dataframe of its items, with the profile and the summary beside it.
    func write(_ evaluation: Evaluation) throws {
        try setEncoding("dict", "0.1.0")
        try setAttribute("profile", evaluation.profile)
        try writeScalar("summary", evaluation.summary)
        try writeTable("items", evaluation.items)
    }

    /// Reads what ``write(_:)-(Evaluation)`` wrote.
    func readEvaluation() throws -> Evaluation {
        Evaluation(
            profile: try stringAttribute("profile"), summary: try dataset("summary").readStrings().first ?? "",
            items: try readTable("items"))
    }

    /// Interventions: the dataframe `models`, and `gaps` with a matrix `(rows, items)` a domain.
    func write(_ table: InterventionTable) throws {
        try setEncoding("dict", "0.1.0")
        try writeTable("models", table.rows)
        let gaps = try createDict("gaps")
        for (domain, matrix) in table.gaps.sorted(by: { $0.key < $1.key }) {
            try gaps.writeMatrix(RunPaths.safe(domain), matrix)
        }
    }

    /// Reads what ``write(_:)-(InterventionTable)`` wrote.
    func readInterventions() throws -> InterventionTable {
        let rows = try readTable("models")
        let gaps = try group("gaps")
        var matrices: [String: Matrix<Float>] = [:]
        for domain in try gaps.children() {
            let matrix = try gaps.readMatrix(domain)
            guard matrix.rows == rows.rowCount else { throw gaps.damaged(domain, "has another number of rows") }
            matrices[domain] = matrix
        }
        return InterventionTable(rows: rows, gaps: matrices)
    }
}
