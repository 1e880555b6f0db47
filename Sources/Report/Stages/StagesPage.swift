import Analyze
import Records

/// The page of a study in stages: the whole first, then a section a stage.
struct StagesPage {
    let report: Node<StagesContents>

    /// What the stages forgot, a list each.
    private var forgotten: [[String]] { report().stages.map(\.forgotten) }

    func page() -> Page {
        Page(
            title: "What moved when \(title) bias were forgotten one after the other",
            headline: headline(), why: [], deck: deck(), rows: rows(), cost: cost(report.perplexity),
            sections: zip(report.stages.nodes(), 1...).map { section($0, number: $1) },
            foot: [.text("driftscope \(report().version), \(report().created)")])
    }

    /// Several domains of one stage stand together.
    private var title: String {
        forgotten.allSatisfy { $0.count == 1 }
            ? forgotten.joined().inWords() : forgotten.map { $0.inWords() }.joined(separator: ", then ")
    }

    private func headline() -> [String] {
        func named(_ isForgotten: Bool, _ direction: BiasDirection) -> [String] {
            report().whole.filter { ($0.role == .target) == isForgotten && $0.direction == direction }.map(\.domain)
        }
        return ReportSections.sentences([
            (named(true, .towardZero), { "Over all stages, \($0) bias fell." }),
            (named(true, .awayFromZero), { "Over all stages, \($0) bias rose, though it was to be forgotten." }),
            (named(true, .undecided), { "\(ReportSections.capital($0)) bias did not measurably change." }),
            (named(false, .towardZero), { "Of what was not forgotten, \($0) bias fell." }),
            (named(false, .awayFromZero), { "Of what was not forgotten, \($0) bias rose." }),
        ])
    }

    private func deck() -> [Inline] {
        [
            .text("Model \(report().model), \(report().benchmark): bias before the first stage and after the last. "),
            """
            These are changes, and no verdicts: no untargeted updates of the whole were made to hold them against. The \
            verdicts are those of the stages, each against the model that the stage before left.
            """,
        ]
    }

    private func index(_ domain: String) -> Int { report().whole.firstIndex { $0.domain == domain } ?? 5 }

    private func rows() -> [HeadlineRow] {
        let ends = report().whole.flatMap { [$0.tau, $0.interval?.lower ?? $0.tau, $0.interval?.upper ?? $0.tau] }
        let margin = report().margin
        return report.whole.nodes().map { row in
            let isSmall = row().interval.map { -margin < $0.lower && $0.upper < margin } ?? false
            return HeadlineRow(
                domain: row().domain, index: index(row().domain),
                role: row().role == .target ? "forgotten" : "not forgotten",
                outcome: ReportSections.words(row()), outcomeNote: isSmall ? "within the margin set beforehand" : "",
                outcomeKey: "", before: n(row.biasBefore), after: n(row.biasAfter), change: n(row.tau, .signed),
                interval: interval(row.interval, .signed), beyondNull: ["–"],
                picture: IntervalSpark(
                    value: row().tau, interval: ClosedRange(row().interval), ends: ends, index: index(row().domain)
                ).element)
        }
    }

    private func cost(_ texts: Node<[PerplexityRow]>) -> [[Inline]] {
        texts.nodes().map { text in
            [
                .strong("Perplexity "), n(text.before), " → ", n(text.after), " (", n(text.change, .signedPercent),
                ") on \(text().text); lower is better",
            ]
        }
    }

    private func section(_ stage: Node<StageContents>, number: Int) -> Section {
        let verdicts = stage().verdict
        func verdict(_ row: TransferRow) -> Verdict? { verdicts.first { $0.domain == row.domain } }
        let table = Table(
            "", stage.transfer.nodes(),
            [
                .words("Domain") { [.domain($0().domain, index: index($0().domain))] },
                .text("Role") { row in
                    row.role == .target
                        ? "forgotten"
                        : forgotten.prefix(number - 1).joined().contains(row.domain)
                            ? "forgotten before" : row.role.rawValue
                },
                .text("Verdict") { verdict($0)?.outcome.rawValue ?? ReportSections.words($0) },
                .number("Bias before", \.biasBefore), .number("after", \.biasAfter),
                .number("τ", \.tau, .signed), .range("Interval", \.interval, .signed),
            ])
        let end: [Inline] =
            stage().keptStep == nil
            ? [.text(stage().ended)] : [.text(stage().ended + "; model of step "), n(stage.keptStep, .count), " kept"]
        return Section(
            "stage-\(number)", "Stage \(number): \(stage().domain)",
            [
                .list(
                    cost(stage.perplexity)
                        + [end + [". "] + [.link("Its report", to: stage().folder + "/report.html")]]),
                .table(table), .list(verdicts.map { [.text($0.sentence)] }),
            ])
    }
}
