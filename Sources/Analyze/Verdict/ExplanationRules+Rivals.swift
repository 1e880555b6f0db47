extension ExplanationRules {
    /// Target and domain share directions: removing them from the update removes the change, and random ones do not.
    static func sharedSubspace(_ facts: ExplanationFacts) -> Rival {
        var rival = Case()
        let share = facts.shared?.share
        let tooFew = share.flatMap {
            $0.p == nil
                ? nil : "\($0.controls) random subspaces are too few to tell the mediated share from theirs"
        }
        rival.add(
            share?.exceedsControls(alpha: facts.settings.alpha),
            "share of the change that goes with the directions shared with \(facts.target), against random directions",
            share?.value, share?.interval, threshold: share?.controlUpper,
            missing: tooFew ?? share?.reason ?? "mediation through shared directions was not computed")
        return rival.rival(.sharedSubspace)
    }

    /// The same words serve both: the change goes when they are left out, or comes from them alone.
    static func sharedWords(_ facts: ExplanationFacts) -> Rival {
        var rival = Case()
        let words = facts.contributions
        let base = words?.sharedWordBase
        if base == 0 {
            rival.add(
                false, "share of forgotten tokens whose word is used against \(facts.domain) too", 0, missing: "")
            return rival.rival(.sharedWords)
        }
        let tooFew = words?.sharedWordP.map { _ in
            "the forgotten words are too few to tell shared ones from random ones"
        }
        rival.add(
            words?.comesFromSharedWords(alpha: facts.settings.alpha),
            "share of the forget term's effect that comes from words used against \(facts.domain) too, against their "
                + "share of the forgotten tokens and random words", words?.sharedWordShare, threshold: base,
            missing: tooFew ?? "the share of shared words was not computed")
        let rung = facts.rungs { $0.hasPrefix("ladder-lexical-\(facts.domain)") }.first
        rival.add(
            rung.flatMap { loses($0.share) },
            "share of the change left when words used against \(facts.domain) are not forgotten", rung?.share.value,
            rung?.share.interval, threshold: half,
            missing: rung?.rerun.reason ?? rung?.share.reason ?? "no retraining without shared words")
        return rival.rival(.sharedWords)
    }

    /// All rows move with the same hidden states: the change goes when the movement common to all rows is taken out.
    static func sharedContexts(_ facts: ExplanationFacts) -> Rival {
        var rival = Case()
        let removed = facts.row.commonRemoved
        let left = removed?.tau.map { $0 / facts.row.tau }
        rival.add(
            facts.repeats(removed?.tau, removed?.interval).map { repeats in !(repeats && (left ?? 0) >= half) },
            "share of the change left when the shift common to all embedding rows is taken out", left, threshold: half,
            missing: removed?.reason ?? "the model without the common shift was not scored")
        return rival.rival(.sharedContexts)
    }

    /// The model got worse at everything.
    static func damage(_ facts: ExplanationFacts) -> Rival {
        var rival = Case()
        let alpha = facts.settings.alpha
        let grows = abs(facts.row.biasAfter) > abs(facts.row.biasBefore)
        if facts.row.nulls.isEmpty { rival.open.append("no null models were scored") }
        for null in facts.row.nulls {
            let p = grows ? null.pAwayHolm ?? null.pAway : null.pTowardHolm ?? null.pToward
            rival.add(
                NullComparison.exceeds(p: p, floor: null.pFloor, alpha: alpha).map { !$0 },
                "p that \(words(null.kind)) of equal divergence move the bias as far", p, threshold: alpha,
                missing: "\(null.count) models of kind \(words(null.kind)) allow no p below \(short(null.pFloor))")
        }
        let part = facts.dose?.atOne
        rival.add(
            part.map { abs($0.even) > abs($0.odd) },
            "even part of the change, which reversing the update does not reverse",
            part.map { abs($0.even) }, threshold: part.map { abs($0.odd) },
            missing: facts.dose?.reason ?? "no dose–response was scored")
        if !grows {
            let neutral = facts.alignment?.neutral
            rival.add(
                neutral?.p.map { $0 >= alpha }, "p that preferences between neutral words fall as far", neutral?.p,
                threshold: alpha, missing: neutral?.reason ?? "neutral minimal pairs were not scored")
        }
        return rival.rival(.damage)
    }

    /// The forget text itself speaks of the domain.
    static func leakage(_ facts: ExplanationFacts) -> Rival {
        var rival = Case()
        let subset = facts.row.identityUnexposed
        rival.add(
            facts.repeats(subset?.tau, subset?.interval).map { !$0 },
            "change on pairs whose group words never stood in the forget text", subset?.tau, subset?.interval,
            missing: subset?.reason ?? "no pair's group words are unexposed")
        for rung in facts.rungs({ !$0.hasPrefix("ladder-lexical") }) where rung.rerun.name != RerunAnalysis.run {
            rival.add(
                loses(rung.share), "share of the change left: \(rung.rerun.change)", rung.share.value,
                rung.share.interval,
                threshold: half,
                missing: rung.rerun.reason.map { "\(rung.rerun.change): \($0)" } ?? rung.share.reason
                    ?? rung.rerun.change)
        }
        return rival.rival(.leakage)
    }

    /// The optimiser's own doing: momentum, sign-like steps, decay.
    static func optimizer(_ facts: ExplanationFacts) -> Rival {
        var rival = Case()
        let plain = facts.rerun(.optimizer)
        rival.add(
            facts.repeats(plain?.tau.value, plain?.tau.interval).map { !$0 },
            "change when plain gradient descent forgets the same at equal divergence", plain?.tau.value,
            plain?.tau.interval,
            missing: plain?.rerun.reason ?? plain?.tau.reason ?? "no retraining with another optimiser")
        if let alignment = facts.alignment, let decay = alignment.decay {
            let share = decay / alignment.path
            rival.add(
                share >= half, "share of the change along the path that weight decay made", share, threshold: half,
                missing: "")
        }
        return rival.rival(.optimizer)
    }

    /// Chance in the choice of items, or a change that only one benchmark shows.
    static func benchmark(_ facts: ExplanationFacts) -> Rival {
        var rival = Case()
        let p = facts.row.permutationPHolm
        rival.add(
            p.map { $0 >= facts.settings.alpha }, "p of no change over clusters of items", p,
            threshold: facts.settings.alpha, missing: "no permutation test was made")
        for other in facts.others {
            rival.add(
                facts.repeats(other.tau, other.interval).map { !$0 }, "change on \(other.benchmark)", other.tau,
                other.interval, missing: "\(other.benchmark) gives no interval")
        }
        if facts.others.isEmpty { rival.open.append("one benchmark only") }
        return rival.rival(.benchmark)
    }

    /// The retain term moved the bias.
    static func retain(_ facts: ExplanationFacts) -> Rival {
        var rival = Case()
        let alignment = facts.alignment
        let share = alignment?.retain.flatMap { part in alignment.map { part / $0.path } }
        rival.add(
            share.map { $0 >= half }, "share of the change along the path that the retain term made", share,
            threshold: half, missing: "the run was not replayed")
        let without = facts.rerun(.noRetain)
        rival.add(
            loses(without?.share), "share of the change left without the retain term, at equal divergence",
            without?.share.value, without?.share.interval, threshold: half,
            missing: without?.rerun.reason ?? without?.share.reason ?? "no retraining without the retain term")
        return rival.rival(.retain)
    }

    /// Whether a retraining loses most of the change; nil where its interval lies on both sides of half.
    private static func loses(_ share: ControlledValue?) -> Bool? {
        guard let share, let value = share.value else { return nil }
        guard let interval = share.interval else { return value < half }
        if interval.upper < half { return true }
        if interval.lower >= half { return false }
        return nil
    }

    private static func words(_ kind: String) -> String {
        switch kind {
        case "random-update": "random updates"
        case "neutral-words": "updates that forget neutral words"
        default: kind
        }
    }
}
