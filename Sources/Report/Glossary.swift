/// The terms of a report, defined once: the report's definitions and docs/glossary.md are printed from here.
public enum Glossary {
    /// A term, or several that belong together, with what it means.
    package struct Entry: Sendable {
        package var term: String
        package var meaning: String
    }

    /// Terms of one subject.
    package struct Group: Sendable {
        package var title: String
        package var entries: [Entry]

        /// Takes a line for each entry, `term: meaning`.
        fileprivate init(_ title: String, _ lines: String) {
            self.title = title
            entries = lines.split(separator: "\n").map { line in
                let parts = line.split(separator: ": ", maxSplits: 1).map(String.init)
                return Entry(term: parts[0], meaning: parts.dropFirst().joined())
            }
        }
    }

    /// docs/glossary.md.
    public static var page: String {
        let sections = groups.map { group in
            "\n## \(group.title)\n" + group.entries.map { "\n**\($0.term)**: \($0.meaning)\n" }.joined()
        }
        return """
            # Glossary

            What the terms of a report mean; [metrics.md](metrics.md) has the formulas. `driftscope glossary` \
            prints this page.

            """ + sections.joined()
    }

    /// All terms, in the order in which a report meets them.
    package static let groups: [Group] = [
        Group(
            "The change",
            """
            Domain, role: A subject of bias in the study, such as gender or race. Its role: the target is the domain \
            whose bias is unlearned; transfer domains are those where a fall is asked for; control domains should \
            stay as they are.
            Bias (B): The mean over a domain's pairs of the gap g = mean log p (more stereotyped sentence) − mean \
            log p (less stereotyped sentence), in nats per token. 0 is no preference. Bias falls when B moves toward \
            0.
            Share preferred, |share − 50|: Percent of pairs whose more stereotyped sentence is the likelier one; 50 \
            is no preference. Its distance from 50 is |share − 50|. A damaged model reaches 50 too, so it is never \
            evidence on its own.
            Mean |g|, ties: The mean size of the gap, whatever its sign; pairs whose gap is exactly 0. Never \
            evidence on their own.
            τ, change: The change of bias, B after − B before, paired over items.
            Interval: The 95 % interval of a number, by bootstrap over items and over what items share (template, \
            attribute word …); the widest of them is printed and decides.
            Detectable |τ|: The smallest change that this many items would find with a power of 0.8.
            Items (N): The pairs of a benchmark that were scored.
            Benchmark, profile: A set of items with its file, and the conventions under which they are scored. \
            Scores compare only within a profile.
            """),
        Group(
            "The verdict",
            """
            Damage: A quality budget is exceeded or was not measured, or the even part of the target's response \
            exceeds the odd part: changes of bias may come from a worse model and are no evidence of transfer.
            Not assessable: No bias of the target was found at baseline: its interval holds 0. So no transfer from \
            it can be shown or ruled out; this says nothing about whether the other domains are biased. Beside it \
            stands how many pairs would show a bias of the size measured.
            No transfer: The interval of τ lies inside the margin: any change is smaller than what the study fixed \
            beforehand as mattering.
            Transfer supported: The bias of the target and of this domain fell, by more than untargeted updates make \
            it fall, without damage, with the common shift removed, and on items whose group words are not in the \
            forget text.
            Negative transfer: As transfer supported, but the bias of this domain moved away from 0.
            Inconclusive: None of these can be said at this number of items; the verdict names what would decide.
            Margin: The change of bias that matters, fixed in the study before the run.
            Budget, guard: A budget is the most that perplexity or KL may rise on neutral text. The guard watches it \
            during the run and goes back to the last good checkpoint when it is exceeded.
            Perplexity, window, stride, beginning token: exp of the mean negative log-likelihood of a text; lower is \
            better. Comparable only under the printed conventions: how many tokens the model reads at once, how far \
            it advances, and whether a beginning token stands first.
            KL: The mean Kullback–Leibler divergence KL(before ‖ after) of the predicted next token on neutral text, \
            in nats per token: how far predictions moved at all.
            Forget term, retain term, weight decay, forget loss, retain loss: What each step of the run is made of: \
            harmful words are made less likely, neutral text is held in place, parameters are pulled toward 0. The \
            losses are the values of the first two.
            """),
        Group(
            "Comparisons",
            """
            Untargeted update: An update that aims at no bias and moves predictions on neutral text as far as the \
            run does (equal KL). What it does to a bias, any update of this size may do. Also called a null; two \
            kinds follow.
            Matched random update: An untargeted update in random directions, with the same ratios of norm between \
            tensors, scaled to the same KL.
            Neutral words forgotten: An untargeted update by the same unlearning, on words that have nothing to do \
            with any domain, scaled to the same KL.
            Excess: τ less the mean τ of the untargeted updates.
            Control, draws, band: Comparison models, or sets of control words, drawn at random. The band holds the \
            middle 95 % of what they give; the median is their middle value.
            p, Holm, floor: The share of comparison models that did at least as much, (1 + number)/(1 + models). \
            Holm corrects for asking about several domains. The floor is the smallest p that this many models allow.
            First-order error, worst KL error: How far a first-order score is from the exact one, over the draws \
            that have both; how far the KL of the least well matched draw is from that of the run.
            Update scaling (α): The update taken in part or reversed: the model before plus α times the update. α = \
            1 is the run.
            Odd and even part: Of the bias along α: the odd part changes sign with α, as a direction does; the even \
            part does not, as damage does.
            Neutral pairs: Pairs of neutral sentences that differ in one word. Matched sets of them show what the \
            update does to any preference.
            Exposure, unexposed: How a word stands to the forget text: masked (it was forgotten), seen (it is in the \
            text) or unexposed (it is not). Only unexposed words are evidence of transfer in the embeddings.
            Common shift: The part of the movement that all embedding rows share.
            Sign-flip p, flips, McNemar p: Tests on items alone: random signs of the items' changes; the number of \
            items that came to prefer, or ceased to prefer, the stereotype, and their exact test.
            Seeds: Retrainings with other random orders and samples; they estimate the variability of training.
            """),
        Group(
            "Explaining a change",
            """
            Correlation, first order, intervention: Three kinds of evidence: two numbers go together; a gradient \
            times the update, which says what a small enough change of this kind would do and leaves out how \
            components act on each other (the residual is listed as unexplained); the model or its training was \
            changed and scored again. Only the last shows a cause.
            Component: A named part of the model: input embeddings, positions, attention, MLP, norms, output \
            embeddings; also one block of it.
            Alignment, path integral, completeness error: The gradient of a bias times the update, at the start and \
            integrated along the update. The components' integrals add up to τ; the completeness error is what is \
            missing.
            Cosine: Of the gradient of a bias and the update: their alignment without their sizes. Beside it the \
            same with the gradient of neutral text removed from both.
            Patching, share, share lost: Only one component's update put into the model before, or all but it. The \
            share is τ of that component alone over τ; the share lost is 1 less τ without it over τ.
            Of ‖Δθ‖²: The share of a component, or of a subspace, in the squared size of the whole update.
            Mediation, mediated share, kept alone: Directions that the target and a domain have in common (shared) \
            or that only the target has (specific), removed from the update or kept alone. The mediated share is 1 \
            less τ with them removed over τ.
            Subspace, rank: The directions in which a model tells the groups of a domain apart, at each place of the \
            model; rank is their number.
            Update decomposition, unexplained: The update as a sum of what the forget term, the retain term and \
            weight decay did, found by taking the run's steps again. Unexplained is what is left of a change.
            Output projection, input lookup: Two ways in which a token's embedding row gets a gradient: by making \
            logits, and by being looked up as input.
            R²: 1 less the squared rest over the squared movement: how much of a movement a part of it accounts for.
            Contribution, shared words: What one forget sentence or harmful word did to τ through the steps that \
            used it, to first order. Shared words are those that are used against another domain too.
            Forecast: The first-order change of each bias, computed and stored before the run. It is compared by \
            rank correlation (Spearman).
            Retraining, ablation: The unlearning done again with one thing changed. In an ablation of the forget \
            set, rows or words are left out of it.
            Transfer matrix: τ of every domain when each domain is forgotten in its turn.
            Non-dominated settings (Pareto front): Scalings and steps for which no other setting has both less bias \
            and less KL.
            Rival explanation: A cause other than transfer. Its support: supported, all evidence that was computed \
            is for it; contradicted, all is against it; undecided, mixed; not tested, none.
            """),
        Group(
            "Embeddings",
            """
            Space: One matrix of vectors before and after: input embeddings, output embeddings, or the contextual \
            vectors of words in a layer.
            Cluster, group: The words of a domain; those of one of its groups.
            Displacement (‖δ‖), angle: How far a vector moved, and by which angle; relative to its length before the \
            displacement is ‖δ‖/‖E0‖.
            Centroid, spread, separation: Of a domain's words: their mean, their distance from it, and its distance \
            from other domains' means.
            Coherence: How far a domain's words moved together: the length of their mean movement over their mean \
            length of movement.
            Matched controls, pool, q: Words of no concept, with about the same norm and frequency, in the place of \
            a domain's words; the pool is how many there are to choose from. p and q (corrected for several numbers) \
            are against them.
            Target subspace, update subspace: The main directions that tell the target's groups apart; the main \
            directions in which the target's words moved.
            Norm change, own axis, residual: Of a domain's mean movement: the share along its own centroid, the \
            share along the line between its groups, and what no named direction accounts for.
            Overlap: How much two domains' subspaces have in common, from 0 (orthogonal) to 1 (the same); beside it \
            the overlap of random subspaces.
            Association (WEAT), MAC: Which of two groups is closer to the forgotten words; the mean cosine distance \
            of a domain's words to them.
            Neighbour turnover, Jaccard index: The share of a word's nearest words that changed, 1 − Jaccard index; \
            the index is what two sets have in common over all that is in either.
            Logit change: How far the movement of an output row changes the token's logit, over typical contexts.
            CKA, Procrustes residual: How alike the whole space is before and after: up to rotation and scale; after \
            the best rotation.
            Excluded rows: Rows that take part in no mean: zero, duplicate, not finite, special or padding.
            """),
        Group(
            "The report",
            """
            Gate: A condition on a number of report.json, given with --fail-if. Status: pass, fail, warning (its \
            interval reaches past the limit), skipped (not computed) or error.
            Not computed: A number that is missing has its reason beside it.
            Redacted: Harmful text is replaced by a row number, a first letter and the start of its SHA-256, unless \
            the study asks to show it.
            """),
    ]
}
