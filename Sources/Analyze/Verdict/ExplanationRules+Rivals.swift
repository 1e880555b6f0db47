import Records

extension ExplanationRules {
    /// Target and domain share directions: removing them from the update removes the change, and random ones do not.
    static func sharedSubspace(_ facts: ExplanationFacts, _ rival: inout Rival) {
        let share = facts.shared?.share
        let tooFew = share?.p.map { _ in
            "\(share?.controls ?? 0) random subspaces are too few to tell the mediated share from theirs"
        }
        rival.add(
            share?.exceedsControls(alpha: facts.settings.alpha),
            "share of the change that goes with the directions shared with \(facts.target), against random directions",
            share?.value, share?.interval, threshold: share?.controlUpper,
            missing: tooFew ?? share?.reason ?? "mediation through shared directions was not computed")
    }

    /// The same words serve both: the change goes when they are left out, or comes from them alone.
    static func sharedWords(_ facts: ExplanationFacts, _ rival: inout Rival) {
        let words = facts.contributions
        let base = words?.sharedWordBase
        if base == 0 {
            let text = "share of forgotten tokens whose word is used against \(facts.domain) too"
            return rival.add(false, text, 0, missing: "")
        }
        let tooFew = words?.sharedWordP.map { _ in
            "the forgotten words are too few to tell shared ones from random ones"
        }
        rival.add(
            words?.comesFromSharedWords(alpha: facts.settings.alpha),
            "share of the forget term's effect that comes from words used against \(facts.domain) too, against their "
                + "share of the forgotten tokens and random words", words?.sharedWordShare, threshold: base,
            missing: tooFew ?? "the share of shared words was not computed")
        let ablation = facts.ablations.first { $0.retraining.name == Retraining.lexical(facts.domain) }
        rival.add(
            left: ablation?.share, "share of the change left when words used against \(facts.domain) are not forgotten",
            missing: ablation?.retraining.reason ?? ablation?.share.reason ?? "no retraining without shared words")
    }

    /// All rows move with the same hidden states: the change goes when the movement common to all rows is taken out.
    static func sharedContexts(_ facts: ExplanationFacts, _ rival: inout Rival) {
        let removed = facts.row.commonRemoved
        rival.add(
            left: removed?.share, "share of the change left when the shift common to all embedding rows is taken out",
            missing: removed?.reason ?? removed?.share?.reason ?? "the model without the common shift was not scored")
    }

    /// The model got worse at everything.
    static func damage(_ facts: ExplanationFacts, _ rival: inout Rival) {
        let alpha = facts.settings.alpha
        let grows = abs(facts.row.biasAfter) > abs(facts.row.biasBefore)
        if facts.row.nulls.isEmpty { rival.open.append("no null models were scored") }
        for null in facts.row.nulls {
            let p = grows ? null.pAwayHolm ?? null.pAway : null.pTowardHolm ?? null.pToward
            rival.add(
                NullComparison.exceeds(p: p, floor: null.pFloor, alpha: alpha).map { !$0 },
                "p that \(words(null.kind)) of equal divergence move the bias as far", p, threshold: alpha,
                isProbability: true,
                missing: "\(null.count) models of kind \(words(null.kind)) allow no p below \(short(null.pFloor))")
        }
        let part = facts.scaling?.atOne
        rival.add(
            part.map { abs($0.even) > abs($0.odd) },
            "even part of the change, which reversing the update does not reverse", part.map { abs($0.even) },
            threshold: part.map { abs($0.odd) }, missing: facts.scaling?.reason ?? "no scaled update was scored")
        if !grows {
            let neutral = facts.alignment?.neutral
            rival.add(
                neutral?.p.map { $0 >= alpha }, "p that preferences between neutral words fall as far", neutral?.p,
                threshold: alpha, isProbability: true,
                missing: neutral?.reason ?? "neutral minimal pairs were not scored")
        }
    }

    /// The forget text itself speaks of the domain.
    static func leakage(_ facts: ExplanationFacts, _ rival: inout Rival) {
        let subset = facts.row.identityUnexposed
        rival.add(
            change: subset?.tau, subset?.interval, beside: facts.row.tau,
            "change on pairs whose group words never stood in the forget text",
            missing: subset?.reason ?? "no pair's group words are unexposed")
        for ablation in facts.ablations where !ablation.retraining.isLexical {
            rival.add(
                left: ablation.share, "share of the change left: \(ablation.retraining.change)",
                missing: ablation.retraining.change + ": "
                    + (ablation.retraining.reason ?? ablation.share.reason ?? "no share"))
        }
    }

    /// The optimiser's own doing: momentum, sign-like steps, decay.
    static func optimizer(_ facts: ExplanationFacts, _ rival: inout Rival) {
        let plain = facts.retraining(.optimizer)
        rival.add(
            change: plain?.tau.value, plain?.tau.interval, beside: facts.row.tau,
            "change when plain gradient descent forgets the same at equal divergence",
            missing: plain?.retraining.reason ?? plain?.tau.reason ?? "no retraining with another optimiser")
        if let alignment = facts.alignment, let decay = alignment.decay {
            let share = decay / alignment.path
            rival.add(
                share >= half, "share of the change along the path that weight decay made", share, threshold: half,
                missing: "")
        }
    }

    /// Chance in the choice of items, or a change that only one benchmark shows.
    static func benchmark(_ facts: ExplanationFacts, _ rival: inout Rival) {
        let p = facts.row.permutationPHolm
        rival.add(
            p.map { $0 >= facts.settings.alpha }, "p of no change over clusters of items", p,
            threshold: facts.settings.alpha, isProbability: true, missing: "no permutation test was made")
        for other in facts.others {
            rival.add(
                change: other.tau, other.interval, beside: facts.row.tau, "change on \(other.benchmark)",
                missing: "\(other.benchmark) gives no interval")
        }
        if facts.others.isEmpty { rival.open.append("one benchmark only") }
    }

    /// The retain term moved the bias.
    static func retain(_ facts: ExplanationFacts, _ rival: inout Rival) {
        let alignment = facts.alignment
        let share = alignment?.retain.flatMap { part in alignment.map { part / $0.path } }
        rival.add(
            share.map { $0 >= half }, "share of the change along the path that the retain term made", share,
            threshold: half, missing: "the update was not decomposed")
        let without = facts.retraining(.noRetain)
        rival.add(
            left: without?.share, "share of the change left without the retain term, at equal divergence",
            missing: without?.retraining.reason ?? without?.share.reason ?? "no retraining without the retain term")
    }

    private static func words(_ kind: String) -> String {
        switch kind {
        case "random-update": "random updates"
        case "neutral-words": "updates that forget neutral words"
        default: kind
        }
    }
}
