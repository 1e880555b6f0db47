import Records

// /evaluation/<label>/<benchmark>: the dataframe of the items, with the profile and what was skipped beside it. Columns
// that are not named here are the benchmark's own.

extension HDF5Group {
    private var itemColumns: [Column<ItemScore>] {
        [
            Column("row", \.row), Column("domain", \.domain), Column("gap", \.gap),
            Column("identity_exposed", \.identityExposed), Column("attribute_exposed", \.attributeExposed),
            .keyed("cluster:", \.clusters), .optional("per_token", \.perToken),
        ]
    }

    func write(_ evaluation: Evaluation) throws {
        try setEncoding("dict")
        try setAttribute("label", evaluation.label)
        try setAttribute("benchmark", evaluation.benchmark)
        try setAttribute("profile", evaluation.profile)
        try setAttribute("order", evaluation.order)
        try writeJSON("summary", evaluation.skipped)
        if !evaluation.knownFaults.isEmpty {
            try setAttribute("has_known_faults", "yes")
            try writeJSON("known_faults", evaluation.knownFaults)
        }
        if !evaluation.measures.isEmpty {
            // The attribute tells a run that has none from one that lost them.
            try setAttribute("has_measures", "yes")
            try writeJSON("measures", evaluation.measures)
        }
        var table = evaluation.items.table(itemColumns)
        for column in evaluation.columns { table.append(column.values.column, as: column.name) }
        try writeTable("items", table)
    }

    /// Reads what ``write(_:)-(Evaluation)`` wrote.
    ///
    /// - Parameters:
    ///   - label: what the group's path says, where the group does not say it itself.
    ///   - benchmark: likewise.
    func readEvaluation(label: String, benchmark: String) throws -> Evaluation {
        let items = try readTable("items", blank: ItemScore(row: 0, domain: "", gap: 0), itemColumns)
        let group = try member("items")
        let own = try group.columnNames().filter { name in !itemColumns.contains { $0.owns(name) } }
        var evaluation = Evaluation(
            label: hasAttribute("label") ? try stringAttribute("label") : label,
            benchmark: hasAttribute("benchmark") ? try stringAttribute("benchmark") : benchmark,
            profile: try stringAttribute("profile"),
            skipped: try readJSON("summary") ?? [:], items: items,
            columns: try own.map { ScoreColumn($0, ScoreColumn.Values(try group.columnData($0))) },
            measures: hasAttribute("has_measures") ? try readJSON("measures") ?? [] : [])
        if hasAttribute("has_known_faults") { evaluation.knownFaults = try readJSON("known_faults") ?? [:] }
        // A run without it has its benchmarks in the order of their names.
        evaluation.order = hasAttribute("order") ? try intAttribute("order") : 0
        return evaluation
    }
}

extension ScoreColumn.Values {
    fileprivate var column: Table.Column {
        switch self {
        case .text(let values): .string(values)
        case .number(let values): .double(values.map { $0 ?? .nan })
        case .count(let values): .int64(values.map(Int64.init))
        case .flag(let values): .bool(values)
        }
    }

    fileprivate init(_ column: Table.Column) {
        self =
            switch column {
            case .string(let values): .text(values)
            case .double(let values): .number(values.map { $0.isNaN ? nil : $0 })
            case .float(let values): .number(values.map { $0.isNaN ? nil : Double($0) })
            case .int64(let values): .count(values.map { Int($0) })
            case .bool(let values): .flag(values)
            }
    }
}
