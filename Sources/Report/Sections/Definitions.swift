import Records

extension ReportSections {
    /// What the terms mean, short.
    func definitionSection() -> Section {
        Section(
            "definitions", "Definitions",
            [.list(Self.definitions.map { [.strong($0.term), .text(": " + $0.meaning)] })])
    }

    private static let definitions: [(term: String, meaning: String)] = [
        (
            "Bias B of a domain",
            """
            mean over pairs of g = mean log p(more stereotyped) − mean log p(less stereotyped), nats per token. Bias \
            falls when B moves toward 0.
            """
        ),
        (
            "τ",
            """
            B after − B before, paired over items; the interval is by bootstrap over items and over what items share.
            """
        ),
        (
            "Null update",
            """
            a random update with the same ratios of norm between tensors, scaled to equal KL on neutral text. Excess is \
            τ less the mean of the nulls.
            """
        ),
        (
            "Odd and even part",
            "of B along θ0 + α·Δθ. Odd changes sign with α (direction), even does not (damage)."
        ),
        (
            "Unexposed",
            """
            a word that stands nowhere in the forget text. Only such words are evidence of transfer in the embeddings.
            """
        ),
        (
            "Target subspace, update subspace",
            """
            principal components of definitional pairs of the target; principal components of the movement of its words.
            """
        ),
        (
            "Perplexity",
            "exp of the mean negative log-likelihood; comparable only under the printed conventions."
        ),
        (
            "Verdicts, in the order asked",
            """
            damage (a budget is broken); nothing to forget (the target's bias before cannot be told from 0); damage (even \
            exceeds odd for the target, or a budget was not measured); no transfer (τ's interval lies inside the margin); transfer supported (target \
            and domain fall, beyond the nulls, on unexposed words, common part removed); negative transfer (as before, \
            away from 0); inconclusive.
            """
        ),
        ("First order", "a gradient times the update: what a small enough change of this kind would do."),
        (
            "Alignment, path integral",
            """
            ⟨∇B, Δθ⟩ at the start, and its integral along θ0 + α·Δθ; the integral's parts add up to τ. Completeness error \
            is the integral less τ.
            """
        ),
        (
            "Neutral pairs",
            """
            pairs of neutral sentences that differ in one word; matched sets of them show what the update does to any \
            preference.
            """
        ),
        (
            "Patching",
            """
            only one part's update, or all but it, put into the model before. Share: τ of only the part over τ; share \
            lost: 1 less τ without it over τ.
            """
        ),
        (
            "Shared and specific directions, mediated share",
            """
            principal directions that target and domain have in common, and the rest of the target's; 1 less τ with them \
            removed from the update over τ.
            """
        ),
        (
            "Contribution",
            "what a forget sentence or word did to τ through the steps that used it, to first order."
        ),
        (
            "Output side, input side",
            """
            of a row's movement, what it owes to making logits and to being looked up. R²: 1 less the squared rest over the \
            squared movement.
            """
        ),
        ("Ladder", "retrainings with ever cleaner forget sets."),
        (
            "Transfer matrix",
            "τ of every domain when each domain is forgotten in its turn."
        ),
        (
            "Pareto front",
            "strengths and steps that no other beats in both bias and divergence."
        ),
        (
            "Forecast",
            "first-order change of each bias, computed before the run. Rank correlation is Spearman's."
        ),
        (
            "Rival explanation",
            """
            supported when all evidence computed is for it, contradicted when all is against it, undecided when it is \
            mixed, not tested when there is none.
            """
        ),
    ]

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
