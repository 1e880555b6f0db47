import Analyze

extension AssociationChange: ReportRow {
    static var layout: ReportKeys<Self> {
        [\.test: .hidden, \.space: .hidden, \.change: "change.value", \.interval: .ends("change"), \.isExact: "exact"]
    }
    var reportNames: [String] { [test, space] }
}

extension ReportSections {
    /// WEAT and SEAT before and after; nil where the study names no test.
    func associationSection() -> Section? {
        let rows = report.associations.nodes()
        guard !rows.isEmpty else { return nil }
        let table = Table(
            "WEAT effect size d; above 0 the first targets go with the first attributes", rows,
            [
                .text("Test", \.test), .text("Space", \.space),
                .numbers("Words") { [n($0.firstCount, .count), " and ", n($0.secondCount, .count)] },
                .orDash("Before", \.before, .signed), .orDash("After", \.after, .signed),
                .orDash("Change", \.change, .signed), .range("Interval", \.interval, .signed),
                .p("p before", \.pBefore), .p("p after", \.pAfter),
            ])
        let text: Inline = """
            p is one-sided, over all partitions of the targets where they are at most 40, else over random ones. The interval of the \
            change draws targets anew; it says nothing about other words.
            """
        return Section("associations", "Associations (WEAT, SEAT)", [.paragraph([text]), .table(table)])
    }
}
