import Records

// /evaluation/<label>/<benchmark>: the dataframe of the items, with the profile and what was skipped beside it.

extension HDF5Group {
    private var itemColumns: [Column<ItemScore>] {
        [
            Column("row", \.row), Column("domain", \.domain), Column("bias_type", \.biasType),
            Column("direction", \.direction), Column("gap", \.gap), Column("more_mean", \.moreMean),
            Column("less_mean", \.lessMean), Column("gap_changed", \.gapChanged), Column("gap_shared", \.gapShared),
            Column("tokens_more", \.tokensMore), Column("tokens_less", \.tokensLess),
            Column("identity_exposed", \.identityExposed), Column("attribute_exposed", \.attributeExposed),
            .keyed("cluster:", \.clusters), .optional("per_token", \.perToken),
        ]
    }

    /// Writes the scores of one benchmark.
    func write(_ evaluation: Evaluation) throws {
        try setEncoding("dict", "0.1.0")
        try setAttribute("profile", evaluation.profile)
        try writeScalar("summary", try StoredJSON.text(evaluation.skipped))
        try writeTable("items", evaluation.items, itemColumns)
    }

    /// Reads what ``write(_:)-(Evaluation)`` wrote; the group's path tells label and benchmark.
    func readEvaluation(label: String, benchmark: String) throws -> Evaluation {
        Evaluation(
            label: label, benchmark: benchmark, profile: try stringAttribute("profile"),
            skipped: try readJSON("summary") ?? [:],
            items: try readTable("items", blank: ItemScore(row: 0, domain: "", gap: 0), itemColumns))
    }
}
