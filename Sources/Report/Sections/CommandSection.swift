import Analyze

extension CommandChange: ReportRow {
    static var layout: ReportKeys<Self> {
        [\.name: .hidden, \.change: "change.value", \.interval: .ends("change")]
    }
    var reportNames: [String] { [name] }
}

extension ReportSections {
    /// What the study's own commands score before and after; nil where it has none.
    func commandSection() -> Section? {
        let rows = report.custom.nodes()
        guard !rows.isEmpty else { return nil }
        let table = Table(
            "Scores of commands", rows,
            [
                .text("Command", \.name), .text("Better is") { $0.lowerIsBetter ? "lower" : "higher" },
                .number("Before", \.before), .number("After", \.after), .number("Change", \.change, .signed),
                .range("Interval", \.interval, .signed), .number("Items", \.items, .count),
            ])
        let text: Inline = """
            Programs that the study names took these numbers; what they mean, the study's authors know. The interval of a change is paired \
            over the items that a command prints, where its score is their mean.
            """
        return Section("custom", "Measures of the study's own", [.paragraph([text]), .table(table)])
    }
}
