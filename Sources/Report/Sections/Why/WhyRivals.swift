import Analyze

extension Context {
    /// The eight rival explanations with what speaks for and against each.
    func rivalBlocks(_ result: AttributionResult) -> [Block] {
        let all = keyed(result.explanations, by: \.domain).map { (item: $0, path: "why.explanations." + $1) }
        let asked = all.filter { !$0.item.rivals.isEmpty }
        let sentences = all.filter { !$0.item.sentence.isEmpty }.map { item, _ -> [Inline] in
            [name(item.domain), .text(": " + item.sentence)]
        }
        guard !all.isEmpty else { return [notComputed("Rival explanations", result, ["explanation", "rival"])] }
        var blocks: [Block] = sentences.isEmpty ? [] : [.list(sentences)]
        guard !asked.isEmpty else { return blocks }
        blocks.append(
            .paragraph([
                """
                Every change has eight rival explanations. One is supported when all evidence is for it and \
                contradicted when all is against it; where evidence stands on both sides it is undecided. Several may be \
                supported: words and directions do not exclude each other.
                """
            ]))
        blocks.append(.table(standingTable(asked.map(\.item))))
        for (item, path) in asked {
            blocks.append(.details("Evidence on \(item.domain)", [.table(evidenceTable(item, path))]))
        }
        return blocks
    }

    private func standingTable(_ items: [DomainExplanation]) -> Table {
        Table(
            "Rival explanations and their standing",
            [.init("Explanation", numeric: false)] + items.map { .init(Context.capital($0.domain), numeric: false) },
            Explanation.allCases.map { explanation in
                [[.text(explanation.rawValue)]]
                    + items.map { item in
                        guard let rival = item.rivals.first(where: { $0.explanation == explanation }) else {
                            return ["–"]
                        }
                        return [standing(rival.standing)]
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

    private func evidenceTable(_ item: DomainExplanation, _ path: String) -> Table {
        Table(
            "\(Context.capital(item.domain)): evidence for and against each explanation",
            [
                .init("Explanation", numeric: false), .init("Standing", numeric: false), .init("For", numeric: false),
                .init("Against", numeric: false), .init("Open", numeric: false),
            ],
            keyed(item.rivals, by: \.explanation.rawValue).map { rival, key in
                let here = path + ".rivals." + key
                return [
                    [.text(rival.explanation.rawValue)], [standing(rival.standing)],
                    evidence(rival.evidenceFor, here + ".for"), evidence(rival.evidenceAgainst, here + ".against"),
                    [.text(rival.open.isEmpty ? "–" : rival.open.joined(separator: "; "))],
                ]
            })
    }

    private func evidence(_ lines: [Evidence], _ path: String) -> [Inline] {
        guard !lines.isEmpty else { return ["–"] }
        let parts = lines.enumerated().map { i, line -> [Inline] in
            let here = path + ".\(i)"
            let style: NumberStyle = line.text.hasPrefix("p ") ? .probability : .plain
            var out: [Inline] = [.text(line.text)]
            if line.value != nil { out += [": ", n(here + ".value", style)] }
            if line.interval != nil { out += [" "] + ledger.interval(here + ".lower", here + ".upper") }
            if line.threshold != nil { out += [" against ", n(here + ".threshold", .setting)] }
            return out
        }
        return Array(parts.joined(separator: ["; "]))
    }
}
