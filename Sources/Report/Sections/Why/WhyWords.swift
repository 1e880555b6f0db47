import Analyze

extension ReportSections {
    /// Words and sentences with what they did, and what moved the rows of concept words.
    func wordBlocks(_ result: Node<AttributionResult>) -> [Block] {
        (result().contributions.isEmpty
            ? [notComputed("Contributions", result, .contributions, .decomposition)] : contributionBlocks(result))
            + (result().driftSplit.isEmpty
                ? [notComputed("Movement of embedding rows by cause", result, .decomposition)] : splitBlocks(result))
    }

    private func contributionBlocks(_ result: Node<AttributionResult>) -> [Block] {
        let all = result.contributions.nodes()
        let isExact = result().contributions.allSatisfy(\.isExact)
        let lines = all.filter { $0().sharedWordShare != nil && isMoved($0().domain, result) }
            .map { row -> [Inline] in
                // Where all words are used against it, a share above 1 is a rounding and no word is left.
                let areOthersOpposed = (row().sharedWordShare ?? 0) > 1 && (row().sharedWordBase ?? 0) < 1
                return [
                    name(row().domain), ": words that are used against it too account for ",
                    n(row.sharedWordShare, .percent), " of the forget term's effect; they are ",
                    n(row.sharedWordBase, .percent), " of the forgotten tokens",
                    .text(areOthersOpposed ? ". The other words had the opposite effect." : "."),
                ]
            }
        let words = all.filter { !$0().topWords.isEmpty }.map { Block.table(wordsTable($0)) }
        let sentences = all.filter { !$0().topSentences.isEmpty }.map { Block.table(sentencesTable($0)) }
        return [
            .paragraph([
                .strong(wordLead(result)),
                " The update is decomposed step by step into what the sentences and words of each batch, the retain text ",
                "and weight decay did. ",
                isExact
                    ? "The coefficients of every step were kept in full. "
                    : "Coefficients of later steps were interpolated, so the shares are approximate. ",
                "This is a first-order decomposition; the residual is listed as unexplained. (First order.)",
            ]), .list(lines), .table(decompositionTable(all)),
        ] + setBlocks(all) + [
            .details("Words with the largest contributions", words),
            .details("Sentences with the largest contributions", sentences),
        ]
    }

    /// What each of several forget sets did; nothing where there is one.
    private func setBlocks(_ rows: [Node<ContributionSummary>]) -> [Block] {
        let sets = rows.first?().bySet ?? []
        guard !sets.isEmpty else { return [] }
        let columns = sets.map { set in
            Column<Node<ContributionSummary>>.numbers("Sentences about \(set.domain)") { row in
                row.bySet.nodes().first { $0().domain == set.domain }.map { [n($0.value, .signed)] } ?? ["–"]
            }
        }
        return [
            .table(
                Table(
                    "What each forget set did to each change, nats per token", rows,
                    [named("Domain", \.domain)] + columns + [.number("All forget sentences", \.forget, .signed)]))
        ]
    }

    private func isMoved(_ domain: String, _ result: Node<AttributionResult>) -> Bool {
        moved(result).contains { $0().domain == domain }
    }

    private func wordLead(_ result: Node<AttributionResult>) -> String {
        let asked = result().contributions.filter { isMoved($0.domain, result) && $0.sharedWordShare != nil }
        let most = asked.filter { $0.comesFromSharedWords(alpha: settings.alpha) == true }.map(\.domain)
        let rest = asked.map(\.domain).filter { !most.contains($0) }
        let out = Self.sentences([
            (most, { "Most of the forget term's effect on \($0) comes from words that are used against it too." }),
            (
                rest,
                {
                    "For \($0), words used against it too account for less than half, or for no more than random words."
                }
            ),
        ])
        return out.isEmpty
            ? "What each forget sentence and word did to each bias is known to first order."
            : out.joined(separator: " ")
    }

    private func decompositionTable(_ rows: [Node<ContributionSummary>]) -> Table {
        Table(
            "Decomposition of each change, nats per token", rows,
            [
                named("Domain", \.domain), .number("τ", \.exact, .signed),
                .number("Forget sentences", \.forget, .signed), .number("Retain term", \.retain, .signed),
                .number("Decay", \.decay, .signed), .number("Unexplained", \.unexplained, .signed),
                .orDash("Shared words' share", \.sharedWordShare, .percent),
                .orDash("Of tokens", \.sharedWordBase, .percent), .p("p", \.sharedWordP),
            ])
    }

    private func wordsTable(_ item: Node<ContributionSummary>) -> Table {
        let redacted = report().textPolicy == .redacted ? " (redacted: first letter, start of SHA-256)" : ""
        return Table(
            "\(Self.capital(item().domain)): words with the largest contributions" + redacted, item.topWords.nodes(),
            [
                .text("Word", \.name), .orDash("Letters", \.length, .count), .number("Contribution", \.value, .signed),
                .numbers("Uses") { $0().uses == 0 ? ["–"] : [n($0.uses, .count)] },
                .text("Used against") { $0.usedAgainst.isEmpty ? "–" : $0.usedAgainst.joined(separator: ", ") },
            ])
    }

    private func sentencesTable(_ item: Node<ContributionSummary>) -> Table {
        Table(
            "\(Self.capital(item().domain)): forget sentences with the largest contributions (id and start of SHA-256)",
            item.topSentences.nodes(),
            [.text("Sentence", \.name), .number("Contribution", \.value, .signed), .number("Uses", \.uses, .count)])
    }

    private static let causes = ["output projection", "input lookup", "retain", "decay", "unexplained"]

    private func splitBlocks(_ result: Node<AttributionResult>) -> [Block] {
        let all = result.driftSplit.nodes()
        let whole = all.filter { $0().group == nil && $0().output != nil && isStudied($0().domain) }
        var text: [Inline] = [
            .strong("Why the rows of concept words moved: "),
            """
            each row's displacement is the sum of the displacement due to output-projection gradients (every row moves \
            with the hidden states of the forgotten tokens, by its probability there), that due to input-lookup gradients \
            (only rows of tokens in the text), the retain term and weight decay. Shares are of the squared displacement; \
            one below 0 works against it. (An exact decomposition.) 
            """,
        ]
        if result().decompositionError != nil {
            text += ["Relative error of the decomposition: ", n(result.decompositionError), "."]
        }
        let lines = whole.filter { $0().outputR2 != nil }.map { row -> [Inline] in
            [
                name(row().domain), ": R² ", n(row.outputR2), " with output-projection gradients alone, ",
                n(row.forgetR2), " with input-lookup gradients, ", n(row.allR2), " with all terms.",
            ]
        }
        let first = all.filter { $0().group == nil && isStudied($0().domain) }
        let unknown = result().driftSplit.filter { $0.output == nil }
        return [
            .paragraph(text), .list(lines),
            .pictures(whole.isEmpty ? [] : [splitPicture(whole.map { $0() })], wide: true),
        ] + (first.isEmpty ? [] : [.table(splitTable("Movement of concept words by cause", first))])
            + (first.count < all.count
                ? [.details("All clusters by cause", [.table(splitTable("All clusters", all))])] : [])
            + reasons(unknown.map { (clusterName($0.domain, $0.group), ControlledValue(reason: $0.reason)) })
    }

    private func splitPicture(_ rows: [DriftSplitRow]) -> Picture {
        let plot = StackedBars(
            title: "Movement of concept words by cause",
            summary: rows.map { "\($0.domain) output projection \(NumberText.text($0.output ?? .nan, .percent))" }
                .joined(separator: "; "),
            xLabel: "share of the squared displacement; dashed is all of it", parts: Self.causes,
            rows: rows.map { row in
                StackedBars.Row(
                    label: row.domain, index: index(row.domain),
                    shares: [row.output, row.input, row.retain, row.decay, row.unexplained],
                    text: row.outputR2.map { NumberText.text($0) } ?? "–")
            }, textLabel: "R² of output")
        return Picture(svg: plot.element)
    }

    private func splitTable(_ caption: String, _ rows: [Node<DriftSplitRow>]) -> Table {
        Table(
            caption, rows,
            [
                .words("Cluster") { row in
                    [isStudied(row().domain) ? name(row().domain) : .text(row().domain)]
                        + (row().group.map { [.text(" · " + $0)] } ?? [])
                },
                .number("Words", \.words, .count), .orDash("Output projection", \.output, .percent),
                .orDash("Input lookup", \.input, .percent), .orDash("Retain", \.retain, .percent),
                .orDash("Decay", \.decay, .percent), .orDash("Unexplained", \.unexplained, .percent),
                .orDash("R² output", \.outputR2), .orDash("R² forget", \.forgetR2), .orDash("R² all", \.allR2),
                .orDash("Cosine of output", \.outputCosine),
            ])
    }
}
