import Analyze

extension Context {
    /// What was forgotten, and that nothing reported was trained on.
    func forgetSection() -> Section {
        var blocks: [Block] = []
        for (i, facts) in input.forget.enumerated() {
            let path = "forget.\(i)"
            blocks.append(
                .paragraph([
                    name(facts.domain), .text(": \(facts.source). Harmful words from \(facts.harmfulSource). "),
                    n(path + ".rows_read", .count), " rows read, ", n(path + ".rows_selected", .count), " selected; ",
                    n(path + ".sentences", .count), " sentences with ", n(path + ".tokens", .count),
                    " tokens, of which ",
                    n(path + ".harmful_tokens", .count), " are forgotten (", n(path + ".harmful_words", .count),
                    " different words). ", n(path + ".rows_without_harmful_word", .count),
                    " selected rows hold no harmful word.",
                ]))
            if !facts.excluded.isEmpty {
                blocks.append(
                    .table(
                        Table(
                            "Rows left out", [.init("Reason", numeric: false), .init("Rows")],
                            facts.excluded.enumerated().map { j, item in
                                [[.text(item.reason)], [n(path + ".excluded.\(j).rows", .count)]]
                            })))
            }
        }
        if blocks.isEmpty { blocks.append(.paragraph([.text("Forget set: \(Ledger.notComputed).")])) }
        if !input.examples.isEmpty { blocks.append(.table(exampleTable())) }
        blocks.append(.heading("Disjointness"))
        if analysis.disjointness.isEmpty {
            blocks.append(.paragraph([.text("Disjointness: \(Ledger.notComputed).")]))
        } else {
            blocks.append(
                .table(
                    Table(
                        "Inputs that must share nothing",
                        [
                            .init("Inputs", numeric: false), .init("Shared"), .init("Of"),
                            .init("Status", numeric: false),
                            .init("Note", numeric: false),
                        ],
                        analysis.disjointness.enumerated().map { i, item in
                            [
                                [.text(item.left + " and " + item.right)], [n("disjointness.\(i).shared", .count)],
                                [n("disjointness.\(i).total", .count)],
                                [item.passes ? "pass" : .strong("shared")], [.text(item.note ?? "")],
                            ]
                        })))
        }
        return Section("forget", "Forget set and disjointness", blocks)
    }

    private func exampleTable() -> Table {
        Table(
            input.textPolicy == .redacted
                ? "Rows that moved the scores most (text redacted: row, first letter, start of SHA-256)"
                : "Rows that moved the scores most",
            [.init("What", numeric: false), .init("Row", numeric: false), .init("Value")],
            input.examples.enumerated().map { i, row in
                [
                    [.text(row.label)], [.text(Redaction.text(row.text, row: row.row, policy: input.textPolicy))],
                    [n("examples.\(i).value", .signed)],
                ]
            })
    }

    /// Which concept words take part.
    func coverageSection() -> Section {
        guard !input.coverage.isEmpty else {
            return Section("coverage", "Concept coverage", [.paragraph([.text("Coverage: \(Ledger.notComputed).")])])
        }
        let rows = Array(input.coverage.enumerated())
        let studied = rows.filter { isStudied($0.element.domain) }
        let controls = rows.filter { !isStudied($0.element.domain) }
        var blocks: [Block] = []
        if !studied.isEmpty { blocks.append(.table(coverageTable("Concept words and their tokens", studied))) }
        if !controls.isEmpty {
            blocks.append(.details("Control sets", [.table(coverageTable("Control words and their tokens", controls))]))
        }
        let dropped = input.coverage.filter { !$0.dropped.isEmpty }
        if !dropped.isEmpty {
            blocks.append(
                .details(
                    "Dropped words",
                    [
                        .list(
                            dropped.map {
                                [name($0.domain), .text(" · \($0.group): " + $0.dropped.joined(separator: ", "))]
                            })
                    ]))
        }
        return Section("coverage", "Concept coverage", blocks)
    }

    private func coverageTable(_ caption: String, _ rows: [(offset: Int, element: CoverageRow)]) -> Table {
        Table(
            caption,
            [
                .init("Cluster", numeric: false), .init("Words"), .init("Single token"), .init("Several tokens"),
                .init("Used"), .init("Unexposed"), .init("Dropped"),
            ],
            rows.map { i, row in
                let path = "coverage.\(i)"
                return [
                    [name(row.domain), .text(" · " + row.group)], [n(path + ".words", .count)],
                    [n(path + ".single", .count)], [n(path + ".multi", .count)], [n(path + ".used", .count)],
                    [n(path + ".unexposed", .count)], [n(path + ".dropped_count", .count)],
                ]
            })
    }

    /// What could not be computed, with reasons; nil when there is nothing.
    func missingSection() -> Section? {
        let all = LayerRange.gathered(analysis.notComputed + analysis.drift.flatMap(\.notComputed))
        guard !all.isEmpty else { return nil }
        return Section("missing", "Not computed", [.list(all.map { [.strong($0.what), .text(": " + $0.reason)] })])
    }

    /// Where everything came from.
    func provenanceSection() -> Section {
        let budget = input.perplexity.isEmpty ? [] : [perplexityTable()]
        var blocks: [Block] = budget.map { .table($0) }
        blocks.append(
            .list([
                ["Run ", .code(input.run.id), .text(", driftscope \(input.run.version)")],
                ["Command ", .code(input.run.command)],
                [
                    "Model ", .code(input.model.name), .text(" (\(input.model.family)): "), n("model.layers", .count),
                    " layers, width ",
                    n("model.hidden_size", .count), ", vocabulary ", n("model.vocabulary", .count), ", ",
                    n("model.context", .count),
                    .text(" positions, \(input.model.tiedEmbeddings ? "tied" : "untied") embeddings"),
                ],
                ["Seeds "] + seeds() + [", threads ", n("run.threads", .count)],
            ]))
        if !input.provenance.isEmpty {
            blocks.append(
                .table(
                    Table(
                        "Input files",
                        [.init("File", numeric: false), .init("Bytes"), .init("SHA-256", numeric: false)],
                        input.provenance.enumerated().map { i, row in
                            [[.text(row.name)], [n("provenance.\(i).bytes", .count)], [.code(row.sha256)]]
                        })))
        }
        if !input.study.isEmpty { blocks.append(.details("The study, resolved", [.verbatim(input.study)])) }
        return Section("provenance", "Provenance", blocks)
    }

    private func seeds() -> [Inline] {
        Array(input.run.seeds.indices.map { [n("run.seeds.\($0)", .count)] }.joined(separator: [", "]))
    }

    private func perplexityTable() -> Table {
        Table(
            "Perplexity and its conventions",
            [
                .init("Text", numeric: false), .init("Before"), .init("After"), .init("Change"), .init("Tokens"),
                .init("Window"), .init("Stride"), .init("Beginning token", numeric: false),
                .init("Per", numeric: false),
            ],
            zip(input.perplexity, Slug.unique(input.perplexity.map(\.text))).map { text, key in
                let path = "quality.texts." + key
                return [
                    [.text(text.text)], [n(path + ".before")], [n(path + ".after")],
                    [n(path + ".change", .signedPercent)], [n(path + ".tokens", .count)], [n(path + ".window", .count)],
                    [n(path + ".stride", .count)], [text.beginToken ? "yes" : "no"], [.text(text.normaliser)],
                ]
            })
    }
}
