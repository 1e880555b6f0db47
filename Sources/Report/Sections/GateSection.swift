extension ReportSections {
    /// What the terms mean, from the glossary.
    func definitionSection() -> Section {
        Section(
            "definitions", "Definitions",
            Glossary.groups.flatMap { group -> [Block] in
                [
                    .heading(group.title),
                    .list(group.entries.map { [.strong($0.term), .text(": " + $0.meaning)] }),
                ]
            })
    }

    /// Gates with status, value and reason; nil without gates.
    func gateSection() -> Section? {
        let results = report.gates.nodes()
        guard !results.isEmpty else { return nil }
        return Section(
            "gates", "Gates",
            [
                .table(
                    Table(
                        "Fails if",
                        [
                            .init("Condition", numeric: false), .init("Status", numeric: false), .init("Value"),
                            .init("Reason", numeric: false),
                        ],
                        results.map { result in
                            [
                                [.code(result().expression)], [.strong(result().status.rawValue)],
                                optional(result.value), [.text(result().reason)],
                            ]
                        }))
            ])
    }
}
