import Analyze

extension Context {
    /// Words and sentences with what they did, and what moved the rows of concept words.
    func wordBlocks(_ result: AttributionResult) -> [Block] {
        var blocks: [Block] = []
        if result.contributions.isEmpty {
            blocks.append(notComputed("Contributions", result, ["contribution", "replay", "sentence", "word"]))
        } else {
            blocks += contributionBlocks(result)
        }
        if result.driftSplit.isEmpty {
            blocks.append(notComputed("Movement of embedding rows by cause", result, ["drift", "replay", "split"]))
        } else {
            blocks += splitBlocks(result)
        }
        return blocks
    }

    private func contributionBlocks(_ result: AttributionResult) -> [Block] {
        let all = keyed(result.contributions, by: \.domain).map { (row: $0, path: "why.contributions." + $1) }
        let isExact = result.contributions.allSatisfy(\.isExact)
        var blocks: [Block] = [
            .paragraph([
                .strong(wordLead(result)),
                " The run is replayed step by step, and each step's update is shared out over ",
                "the sentences and words of its batch, the retain text and weight decay. ",
                isExact
                    ? "The coefficients of every step were kept in full. "
                    : "The coefficients of a step stand for later ones, so the shares are approximate. ",
                "What adds up does so to first order; the rest is printed as unexplained. (First order.)",
            ])
        ]
        let lines = all.filter { $0.row.sharedWordShare != nil && isMoved($0.row.domain, result) }
            .map { row, path -> [Inline] in
                [
                    name(row.domain), ": words that are used against it too did ",
                    n(path + ".shared_word_share", .percent), " of what forgetting did; they are ",
                    n(path + ".shared_word_base", .percent), " of the forgotten tokens",
                    .text((row.sharedWordShare ?? 0) > 1 ? ". The other words worked the other way." : "."),
                ]
            }
        if !lines.isEmpty { blocks.append(.list(lines)) }
        blocks.append(
            .table(
                Table(
                    "What did each change, nats per token",
                    [
                        .init("Domain", numeric: false), .init("τ"), .init("Forget sentences"), .init("Retain term"),
                        .init("Decay"), .init("Unexplained"), .init("Shared words' share"), .init("Of tokens"),
                        .init("p"),
                    ],
                    all.map { row, path in
                        [
                            [name(row.domain)], [n(path + ".exact", .signed)], [n(path + ".forget", .signed)],
                            [n(path + ".retain", .signed)], [n(path + ".decay", .signed)],
                            [n(path + ".unexplained", .signed)], optional(path + ".shared_word_share", .percent),
                            optional(path + ".shared_word_base", .percent),
                            probability(path + ".shared_word_p"),
                        ]
                    })))
        let words = all.filter { !$0.row.topWords.isEmpty }
        if !words.isEmpty {
            blocks.append(.details("Words that did most", words.map { .table(wordsTable($0.row, $0.path)) }))
        }
        let sentences = all.filter { !$0.row.topSentences.isEmpty }
        if !sentences.isEmpty {
            blocks.append(
                .details("Sentences that did most", sentences.map { .table(sentencesTable($0.row, $0.path)) }))
        }
        return blocks
    }

    private func isMoved(_ domain: String, _ result: AttributionResult) -> Bool {
        moved(result).contains { $0.row.domain == domain }
    }

    private func wordLead(_ result: AttributionResult) -> String {
        let asked = result.contributions.filter { isMoved($0.domain, result) && $0.sharedWordShare != nil }
        let most = asked.filter { $0.comesFromSharedWords(alpha: analysis.settings.alpha) == true }.map(\.domain)
        let rest = asked.map(\.domain).filter { !most.contains($0) }
        var out: [String] = []
        if !most.isEmpty {
            out.append(
                "Most of what forgetting did to \(Context.joined(most)) comes from words that are used against it too.")
        }
        if !rest.isEmpty {
            out.append(
                "For \(Context.joined(rest)), words used against it too did less than half, or no more than random words would."
            )
        }
        return out.isEmpty
            ? "What each forget sentence and word did to each bias is known to first order."
            : out.joined(separator: " ")
    }

    private func wordsTable(_ item: ContributionSummary, _ path: String) -> Table {
        let isRedacted = input.textPolicy == .redacted
        return Table(
            "\(Context.capital(item.domain)): words that did most"
                + (isRedacted ? " (redacted: first letter, start of SHA-256)" : ""),
            [
                .init("Word", numeric: false), .init("Letters"), .init("Contribution"), .init("Uses"),
                .init("Used against", numeric: false),
            ],
            item.topWords.enumerated().map { i, word in
                let here = path + ".words.\(i)"
                return [
                    [.text(ledger.text(here + ".name"))], optional(here + ".length", .count),
                    [n(here + ".value", .signed)], word.uses == 0 ? ["–"] : [n(here + ".uses", .count)],
                    [.text(word.usedAgainst.isEmpty ? "–" : word.usedAgainst.joined(separator: ", "))],
                ]
            })
    }

    private func sentencesTable(_ item: ContributionSummary, _ path: String) -> Table {
        Table(
            "\(Context.capital(item.domain)): forget sentences that did most (id and start of SHA-256)",
            [.init("Sentence", numeric: false), .init("Contribution"), .init("Uses")],
            item.topSentences.indices.map { i in
                let here = path + ".sentences.\(i)"
                return [
                    [.text(ledger.text(here + ".name"))], [n(here + ".value", .signed)], [n(here + ".uses", .count)],
                ]
            })
    }

    private static let causes = ["output side", "input side", "retain", "decay", "unexplained"]

    private func splitBlocks(_ result: AttributionResult) -> [Block] {
        let all = Array(zip(result.driftSplit, ReportTree.paths(result.driftSplit.map(WhyKeys.split))))
            .map { (row: $0, path: "why.drift_split." + $1) }
        let whole = all.filter { $0.row.group == nil && $0.row.output != nil && isStudied($0.row.domain) }
        var text: [Inline] = [
            .strong("Why the rows of concept words moved: "),
            """
            each row's movement is the sum of what forgetting did on the output side (every row moves with the hidden \
            states of the forgotten tokens, by its probability there), what it did on the input side (only rows of \
            tokens in the text), the retain term and weight decay. Shares are of the squared movement; one below 0 \
            works against it. (An exact split of the replayed run.) 
            """,
        ]
        if result.replayError != nil { text += ["Relative error of the replay: ", n("why.replay_error"), "."] }
        var blocks: [Block] = [.paragraph(text)]
        let lines = whole.filter { $0.row.outputR2 != nil }.map { row, path -> [Inline] in
            [
                name(row.domain), ": R² ", n(path + ".output_r2"), " with the output side alone, ",
                n(path + ".forget_r2"), " with the input side, ", n(path + ".all_r2"), " with all parts.",
            ]
        }
        if !lines.isEmpty { blocks.append(.list(lines)) }
        if !whole.isEmpty { blocks.append(.pictures([splitPicture(whole.map(\.row))], wide: true)) }
        let first = all.filter { $0.row.group == nil && isStudied($0.row.domain) }
        if !first.isEmpty { blocks.append(.table(splitTable("Movement of concept words by cause", first))) }
        if first.count < all.count {
            blocks.append(.details("All clusters by cause", [.table(splitTable("All clusters", all))]))
        }
        return blocks
            + reasons(
                result.driftSplit.filter { $0.output == nil }.map {
                    (ReportTree.clusterName($0.domain, $0.group), ControlledValue(reason: $0.reason))
                })
    }

    private func splitPicture(_ rows: [DriftSplitRow]) -> Picture {
        let plot = StackedBars(
            title: "Movement of concept words by cause",
            summary: rows.map { "\($0.domain) output side \(NumberText.text($0.output ?? .nan, .percent))" }.joined(
                separator: "; "),
            xLabel: "share of the squared movement; dashed is all of it", parts: Context.causes,
            rows: rows.map { row in
                StackedBars.Row(
                    label: row.domain, index: index(row.domain),
                    shares: [row.output, row.input, row.retain, row.decay, ReportTree.unexplained(row)],
                    text: row.outputR2.map { NumberText.text($0) } ?? "–")
            }, textLabel: "R² of output")
        return Picture(plot.element)
    }

    private func splitTable(_ caption: String, _ rows: [(row: DriftSplitRow, path: String)]) -> Table {
        Table(
            caption,
            [
                .init("Cluster", numeric: false), .init("Words"), .init("Output side"), .init("Input side"),
                .init("Retain"), .init("Decay"), .init("Unexplained"), .init("R² output"), .init("R² forget"),
                .init("R² all"), .init("Cosine of output"),
            ],
            rows.map { row, path in
                let cluster: [Inline] =
                    [isStudied(row.domain) ? name(row.domain) : .text(row.domain)]
                    + (row.group.map { [.text(" · " + $0)] } ?? [])
                return [cluster, [n(path + ".words", .count)]]
                    + ["output", "input", "retain", "decay", "unexplained"].map {
                        optional(path + "." + $0, .percent)
                    } + ["output_r2", "forget_r2", "all_r2", "output_cosine"].map { optional(path + "." + $0) }
            })
    }
}
