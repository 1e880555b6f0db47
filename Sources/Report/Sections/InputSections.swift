import Analyze
import Records

extension ReportSections {
    /// What was forgotten, and that nothing reported was trained on.
    func forgetSection() -> Section {
        var blocks: [Block] = []
        for facts in report.forget.nodes() {
            let (link, forgotten): (String, [Inline]) =
                switch facts().counts.instead {
                case nil: (" tokens, of which ", [" are forgotten"])
                case .allTokens: (" tokens, all of which are forgotten; ", [" are harmful"])
                case .pairs:
                    (
                        " tokens, of which ",
                        [
                            " are harmful; in their place ", n(facts.counts.takenPairs, .count),
                            " pairs of sentences are forgotten",
                        ]
                    )
                case .learnedPairs:
                    (
                        " tokens, of which ",
                        [
                            " are harmful; in their place ", n(facts.counts.takenPairs, .count),
                            " pairs of sentences are learned: sentences with their counterfactuals, nothing is forgotten",
                        ]
                    )
                }
            blocks.append(
                .paragraph(
                    [
                        name(facts().domain),
                        .text(": \(facts().counts.source). Harmful words from \(facts().counts.harmfulSource). "),
                        n(facts.counts.rowsRead, .count), " rows read, ", n(facts.counts.rowsMatching, .count),
                        " selected; ", n(facts.counts.sentences, .count), " sentences with ",
                        n(facts.counts.tokens, .count), .text(link), n(facts.counts.harmfulTokens, .count),
                    ] + forgotten + [
                        " (", n(facts.counts.distinctHarmfulWords, .count), " different words). ",
                        n(facts.counts.rowsWithoutHarmfulWord, .count), " selected rows hold no harmful word.",
                    ]))
            if !facts().counts.excluded.isEmpty {
                blocks.append(
                    .table(
                        "Rows left out", facts.counts.excluded.nodes(),
                        [.text("Reason", \.reason), .number("Rows", \.rows, .count)]))
            }
        }
        if blocks.isEmpty { blocks.append(missing("Forget set")) }
        if !report().examples.isEmpty {
            let isRedacted = report().textPolicy == .redacted
            let note = isRedacted ? " (text redacted: row, first letter, start of SHA-256)" : ""
            blocks.append(
                .table(
                    "Rows that moved the scores most" + note, report.examples.nodes(),
                    [.text("What", \.label), .text("Row", \.text), .number("Value", \.value, .signed)]))
        }
        let disjointness = Table(
            "Inputs that must not overlap", report.disjointness.nodes(),
            [
                .text("Inputs") { $0.left + " and " + $0.right }, .number("Shared", \.shared, .count),
                .number("Of", \.total, .count), .words("Status") { [$0().passes ? "pass" : .strong("shared")] },
                .text("Note") { $0.note ?? "" },
            ])
        blocks.append(.heading("Disjointness"))
        blocks.append(disjointness.rows.isEmpty ? missing("Disjointness") : .table(disjointness))
        return Section("forget", "Forget set and disjointness", blocks)
    }

    /// Which concept words take part.
    func coverageSection() -> Section {
        let rows = report.coverage.nodes()
        guard !rows.isEmpty else { return Section("coverage", "Concept coverage", [missing("Coverage")]) }
        let studied = rows.filter { isStudied($0().domain) }
        let controls = rows.filter { !isStudied($0().domain) }
        let dropped = report().coverage.filter { !$0.dropped.isEmpty }.map { row -> [Inline] in
            [name(row.domain), .text(" · \(row.group): " + row.dropped.joined(separator: ", "))]
        }
        return Section(
            "coverage", "Concept coverage",
            (studied.isEmpty ? [] : [.table(coverageTable("Concept words and their tokens", studied))])
                + fold("Control sets", coverageTable("Control words and their tokens", controls))
                + [.details("Dropped words", [.list(dropped)])])
    }

    private func coverageTable(_ caption: String, _ rows: [Node<CoverageRow>]) -> Table {
        Table(
            caption, rows,
            [
                clusters("Cluster", \.domain, \.group), .number("Words", \.words, .count),
                .number("Single token", \.single, .count), .number("Several tokens", \.multi, .count),
                .number("Used", \.used, .count), .number("Unexposed", \.unexposed, .count),
                .number("Dropped", \.droppedCount, .count),
            ])
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
        let files = Table(
            "Input files", report.provenance.nodes(),
            [.text("File", \.name), .number("Bytes", \.bytes, .count), .words("SHA-256") { [.code($0().sha256)] }])
        let facts: [[Inline]] =
            [
                ["Run ", .code(run.id), .text(", driftscope \(run.version)")], ["Command ", .code(run.command)],
                modelLine(),
                ["Seeds "] + seeds() + [", threads ", n(report.run.threads, .count)]
                    + (report.run().kernels.map { [.text(", products by \($0)")] } ?? []),
            ] + auditLine()
        return Section(
            "provenance", "Provenance",
            (texts.isEmpty ? [] : [.table(perplexityTable(texts))]) + [.list(facts)]
                + (files.rows.isEmpty ? [] : [.table(files)])
                + (report().study.isEmpty ? [] : [.details("The study, resolved", [.verbatim(report().study)])]))
    }

    private func auditLine() -> [[Inline]] {
        guard let audit = report.run.auditLog.unwrapped() else { return [] }
        return [["Audit log: this analysis is its line ", n(audit.lines, .count), ", SHA-256 ", .code(audit().head)]]
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
        report.run.seeds.nodes().map { [n($0, .count)] }.joined(by: ", ")
    }

    private func perplexityTable(_ texts: [Node<PerplexityRow>]) -> Table {
        Table(
            Self.capital(perplexityName) + " and its conventions", texts,
            [
                .text("Text", \.text), .number("Before", \.before), .number("After", \.after),
                .number("Change", \.change, .signedPercent), .number("Tokens", \.conventions.scoredTokens, .count),
                .number("Window", \.conventions.window, .count), .number("Stride", \.conventions.stride, .count),
                .text("Beginning token") { $0.conventions.beginToken ? "yes" : "no" },
                .text("Per", \.conventions.normaliserName),
            ])
    }
}
