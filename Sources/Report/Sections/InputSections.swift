import Analyze
import Records

extension ReportSections {
    /// What was forgotten, and that nothing reported was trained on.
    func forgetSection() -> Section {
        var blocks: [Block] = []
        for facts in report.forget.nodes() {
            blocks.append(
                .paragraph([
                    name(facts().domain),
                    .text(": \(facts().counts.source). Harmful words from \(facts().counts.harmfulSource). "),
                    n(facts.counts.rowsRead, .count), " rows read, ", n(facts.counts.rowsMatching, .count),
                    " selected; ",
                    n(facts.counts.sentences, .count), " sentences with ", n(facts.counts.tokens, .count),
                    " tokens, of which ",
                    n(facts.counts.harmfulTokens, .count), " are forgotten (",
                    n(facts.counts.distinctHarmfulWords, .count),
                    " different words). ", n(facts.counts.rowsWithoutHarmfulWord, .count),
                    " selected rows hold no harmful word.",
                ]))
            if !facts().counts.excluded.isEmpty {
                blocks.append(
                    .table(
                        Table(
                            "Rows left out", [.init("Reason", numeric: false), .init("Rows")],
                            facts.counts.excluded.nodes().map { item in
                                [[.text(item().reason)], [n(item.rows, .count)]]
                            })))
            }
        }
        if blocks.isEmpty { blocks.append(.paragraph([.text("Forget set: \(Self.notComputed).")])) }
        if !report().examples.isEmpty { blocks.append(.table(exampleTable())) }
        blocks.append(.heading("Disjointness"))
        if report().disjointness.isEmpty {
            blocks.append(.paragraph([.text("Disjointness: \(Self.notComputed).")]))
        } else {
            blocks.append(
                .table(
                    Table(
                        "Inputs that must not overlap",
                        [
                            .init("Inputs", numeric: false), .init("Shared"), .init("Of"),
                            .init("Status", numeric: false),
                            .init("Note", numeric: false),
                        ],
                        report.disjointness.nodes().map { item in
                            [
                                [.text(item().left + " and " + item().right)], [n(item.shared, .count)],
                                [n(item.total, .count)],
                                [item().passes ? "pass" : .strong("shared")], [.text(item().note ?? "")],
                            ]
                        })))
        }
        return Section("forget", "Forget set and disjointness", blocks)
    }

    private func exampleTable() -> Table {
        Table(
            report().textPolicy == .redacted
                ? "Rows that moved the scores most (text redacted: row, first letter, start of SHA-256)"
                : "Rows that moved the scores most",
            [.init("What", numeric: false), .init("Row", numeric: false), .init("Value")],
            report.examples.nodes().map { row in
                [
                    [.text(row().label)], [.text(row().text)], [n(row.value, .signed)],
                ]
            })
    }

    /// Which concept words take part.
    func coverageSection() -> Section {
        let rows = report.coverage.nodes()
        guard !rows.isEmpty else {
            return Section("coverage", "Concept coverage", [.paragraph([.text("Coverage: \(Self.notComputed).")])])
        }
        let studied = rows.filter { isStudied($0().domain) }
        let controls = rows.filter { !isStudied($0().domain) }
        var blocks: [Block] = []
        if !studied.isEmpty { blocks.append(.table(coverageTable("Concept words and their tokens", studied))) }
        if !controls.isEmpty {
            blocks.append(.details("Control sets", [.table(coverageTable("Control words and their tokens", controls))]))
        }
        let dropped = report().coverage.filter { !$0.dropped.isEmpty }
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

    private func coverageTable(_ caption: String, _ rows: [Node<CoverageRow>]) -> Table {
        Table(
            caption,
            [
                .init("Cluster", numeric: false), .init("Words"), .init("Single token"), .init("Several tokens"),
                .init("Used"), .init("Unexposed"), .init("Dropped"),
            ],
            rows.map { row in
                [
                    [name(row().domain), .text(" · " + row().group)], [n(row.words, .count)],
                    [n(row.single, .count)], [n(row.multi, .count)], [n(row.used, .count)],
                    [n(row.unexposed, .count)], [n(row.droppedCount, .count)],
                ]
            })
    }

    /// What could not be computed, with reasons; nil when there is nothing.
    func missingSection() -> Section? {
        let all = LayerRange.gathered(report().notComputed + report().drift.flatMap(\.notComputed))
        guard !all.isEmpty else { return nil }
        return Section("missing", "Not computed", [.list(all.map { [.strong($0.what), .text(": " + $0.reason)] })])
    }

    /// Where everything came from.
    func provenanceSection() -> Section {
        let texts = report.quality.texts.nodes()
        var blocks: [Block] = texts.isEmpty ? [] : [.table(perplexityTable(texts))]
        blocks.append(
            .list([
                ["Run ", .code(run.id), .text(", driftscope \(run.version)")],
                ["Command ", .code(run.command)],
                modelLine(),
                ["Seeds "] + seeds() + [", threads ", n(report.run.threads, .count)],
            ]))
        if !report().provenance.isEmpty {
            blocks.append(
                .table(
                    Table(
                        "Input files",
                        [.init("File", numeric: false), .init("Bytes"), .init("SHA-256", numeric: false)],
                        report.provenance.nodes().map { row in
                            [[.text(row().name)], [n(row.bytes, .count)], [.code(row().sha256)]]
                        })))
        }
        if !report().study.isEmpty {
            blocks.append(.details("The study, resolved", [.verbatim(report().study)]))
        }
        return Section("provenance", "Provenance", blocks)
    }

    private func modelLine() -> [Inline] {
        guard let model = report.model.unwrapped() else { return [.text("Model: \(Self.notComputed)")] }
        return [
            "Model ", .code(model().name), .text(" (\(model().family)): "), n(model.layers, .count), " layers, width ",
            n(model.hiddenSize, .count), ", vocabulary ", n(model.vocabulary, .count), ", ", n(model.context, .count),
            .text(" positions, \(model().tiedEmbeddings ? "tied" : "untied") embeddings"),
        ]
    }

    private func seeds() -> [Inline] {
        Array(report.run.seeds.nodes().map { [n($0, .count)] }.joined(separator: [", "]))
    }

    private func perplexityTable(_ texts: [Node<PerplexityRow>]) -> Table {
        Table(
            "Perplexity and its conventions",
            [
                .init("Text", numeric: false), .init("Before"), .init("After"), .init("Change"), .init("Tokens"),
                .init("Window"), .init("Stride"), .init("Beginning token", numeric: false),
                .init("Per", numeric: false),
            ],
            texts.map { row in
                [
                    [.text(row().text)], [n(row.before)], [n(row.after)],
                    [n(row.change, .signedPercent)], [n(row.conventions.scoredTokens, .count)],
                    [n(row.conventions.window, .count)], [n(row.conventions.stride, .count)],
                    [row().conventions.beginToken ? "yes" : "no"], [.text(row().conventions.normaliserName)],
                ]
            })
    }
}
