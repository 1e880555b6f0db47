import Analyze

extension ContinuationChange: ReportRow {
    static var layout: ReportKeys<Self> {
        [\.model: .hidden, \.measure: .hidden, \.change: "change.value", \.interval: .ends("change")]
    }
    var reportNames: [String] { [model, measure.rawValue] }
}

extension ContinuationChange.Measure {
    /// What a reader calls it.
    var title: String {
        switch self {
        case .tokens: "Tokens"
        case .repetition: "Repetition"
        case .harmfulWords: "Harmful words"
        case .withHarmfulWords: "Share with harmful words"
        case .distinct1: "Distinct-1"
        case .distinct2: "Distinct-2"
        }
    }
}

extension ReportSections {
    /// What the models say; nil where the study does not ask.
    func continuationSection() -> Section? {
        let rows = report.continuations.nodes()
        guard !rows.isEmpty else { return nil }
        let models = rows.map { $0().model }.uniqued()
        func cell(_ measure: ContinuationChange.Measure, _ model: String) -> Node<ContinuationChange>? {
            rows.first { $0().measure == measure && $0().model == model }
        }
        let columns = models.enumerated().flatMap { index, model -> [Column<ContinuationChange.Measure>] in
            [.numbers(Self.capital(model)) { cell($0, model).map { optional($0.value) } ?? ["–"] }]
                + (index == 0
                    ? []
                    : [
                        .numbers("Change") { cell($0, model).map { optional($0.change, .signed) } ?? ["–"] },
                        .numbers("Interval") { cell($0, model).map { interval($0.interval, .signed) } ?? ["–"] },
                    ])
        }
        let measures = Table(
            "What continuations are like; a change is that from the model before",
            ContinuationChange.Measure.allCases.filter { measure in rows.contains { $0().measure == measure } },
            [.words("Measure") { [.text($0.title)] }] + columns)
        let said = Table(
            "The first continuation of each prompt, with the same draws in every model", report().said,
            [
                .words("Prompt") { [.text($0.prompt)] }, .words("Model") { [.text($0.model)] },
                .words("Continuation") { [.text($0.text)] },
            ])
        let text: Inline = """
            Perplexity is measured on texts that somebody else wrote; a user meets what the model writes. The control is the model \
            before with a random update of the run's norm in every tensor, scaled to the run's divergence on neutral text: what it \
            changes, damage of this size changes. Intervals draw prompts anew. Repetition: the share of a continuation's 4-grams of \
            words that stood in it before. Distinct-n: distinct n-grams of words over all.
            """
        return Section("continuations", "What the models say", [.paragraph([text]), .table(measures), .table(said)])
    }
}
