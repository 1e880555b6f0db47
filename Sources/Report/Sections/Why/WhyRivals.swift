import Analyze

extension ReportSections {
    /// The eight rival explanations with what speaks for and against each.
    func rivalBlocks(_ result: Node<AttributionResult>) -> [Block] {
        let all = result.explanations.nodes()
        let asked = all.filter { !$0().rivals.isEmpty }
        let sentences = all.filter { !$0().sentence.isEmpty }.map { item -> [Inline] in
            [name(item().domain), .text(": " + item().sentence)]
        }
        guard !all.isEmpty else { return [notComputed("Rival explanations", result)] }
        guard !asked.isEmpty else { return [.list(sentences)] }
        return [
            .list(sentences),
            .paragraph([
                """
                Every change has eight rival explanations. One is supported when all evidence is for it and \
                contradicted when all is against it; where evidence stands on both sides it is undecided. Several may be \
                supported: words and directions do not exclude each other.
                """
            ]), .table(standingTable(asked.map { $0() })),
        ] + asked.map { .details("Evidence on \($0().domain)", [.table(evidenceTable($0))]) }
    }

    private func standingTable(_ items: [DomainExplanation]) -> Table {
        Table(
            "Rival explanations and their support", Explanation.allCases,
            [.words("Explanation") { [.text($0.rawValue)] }]
                + items.map { item in
                    .words(Self.capital(item.domain)) { explanation in
                        [item.rivals.first { $0.explanation == explanation }.map { standing($0.standing) } ?? "–"]
                    }
                })
    }

    private func standing(_ standing: SupportLevel) -> Inline {
        switch standing {
        case .supported: .strong("● supported")
        case .contradicted: "○ contradicted"
        case .undecided: "◐ undecided"
        case .notTested: "– not tested"
        }
    }

    private func evidenceTable(_ item: Node<DomainExplanation>) -> Table {
        Table(
            "\(Self.capital(item().domain)): evidence for and against each explanation", item.rivals.nodes(),
            [
                .text("Explanation", \.explanation.rawValue), .words("Support") { [standing($0().standing)] },
                .words("For") { evidence($0.evidenceFor.nodes()) },
                .words("Against") { evidence($0.evidenceAgainst.nodes()) },
                .text("Open") { $0.open.isEmpty ? "–" : $0.open.joined(separator: "; ") },
            ])
    }

    private func evidence(_ lines: [Node<Evidence>]) -> [Inline] {
        guard !lines.isEmpty else { return ["–"] }
        return lines.map { line -> [Inline] in
            let style: NumberStyle = line().isProbability ? .probability : .plain
            var out: [Inline] = [.text(line().text)]
            if line().value != nil { out += [": ", n(line.value, style)] }
            if line().interval != nil { out += [" "] + interval(line.interval) }
            if line().threshold != nil { out += [" against ", n(line.threshold, .setting)] }
            return out
        }.joined(by: "; ")
    }
}
