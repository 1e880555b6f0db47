import FileSupport

/// Puts the sections in their order.
enum PageBuilder {
    static func build(_ input: ReportInput, _ ledger: Ledger, gates: [GateResult]) -> Page {
        let context = Context(input, ledger)
        let sections: [Section?] = [
            context.verdictSection(), context.whySection(), context.scoreSection(), context.trajectorySection(),
            context.mapSection(),
            context.driftSection(), context.doseSection(), context.nullSection(), context.forgetSection(),
            context.coverageSection(), context.gateSection(gates), context.missingSection(),
            context.provenanceSection(), context.definitionSection(),
        ]
        return Page(
            title: "What moved when \(context.target) bias was forgotten", headline: context.headline(),
            why: context.whySentences(), deck: context.deck(), rows: context.headlineRows(), cost: context.cost(),
            sections: sections.compactMap { $0 },
            foot: [
                .text("driftscope \(input.run.version), run "), .code(input.run.id), .text(", \(input.run.created)"),
            ])
    }
}
