extension ReportSections {
    /// What the terms mean, from the glossary.
    func definitionSection() -> Section {
        Section(
            "definitions", "Definitions",
            Glossary.groups.flatMap { group -> [Block] in
                [.heading(group.title), .list(group.entries.map { [.strong($0.term), .text(": " + $0.meaning)] })]
            })
    }

    /// Gates with status, value and reason; nil without gates.
    func gateSection() -> Section? {
        let results = report.gates.nodes()
        guard !results.isEmpty else { return nil }
        let table = Table(
            "Fails if", results,
            [
                .words("Condition") { [.code($0().expression)] }, .words("Status") { [.strong($0().status.rawValue)] },
                .orDash("Value", \.value), .text("Reason", \.reason),
            ])
        return Section("gates", "Gates", [.table(table)])
    }
}
