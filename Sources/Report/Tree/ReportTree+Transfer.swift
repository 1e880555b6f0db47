import Analyze
import FileSupport

extension ReportTree {
    static func verdict(_ verdict: Verdict) -> JSON {
        [
            "outcome": .string(verdict.outcome.rawValue), "sentence": .string(verdict.sentence),
            "role": .string(verdict.role.rawValue), "items_to_decide": .of(verdict.itemsToDecide),
            "items_reason": .of(verdict.itemsReason),
            "numbers": .array(verdict.numbers.map(decidingNumber)),
        ]
    }

    private static func decidingNumber(_ number: DecidingNumber) -> JSON {
        [
            "rule": .string(number.rule.rawValue), "name": .string(number.name), "value": .of(number.value),
            "lower": .of(number.interval?.lower), "upper": .of(number.interval?.upper),
            "threshold": .of(number.threshold), "condition": .string(number.condition), "holds": .of(number.holds),
            "note": .of(number.note),
        ]
    }

    static func score(_ row: ScoreRow) -> JSON {
        [
            "profile": .string(row.profile), "role": .string(row.role.rawValue), "before": summary(row.before),
            "after": summary(row.after),
        ]
    }

    private static func summary(_ score: ScoreSummary) -> JSON {
        [
            "bias": .estimate(score.bias, score.biasInterval), "share": .estimate(score.share, score.shareInterval),
            "share_distance": .number(score.shareDistance),
            "mean_absolute_gap": .estimate(score.meanAbsoluteGap, score.meanAbsoluteGapInterval),
            "gap_deviation": .number(score.gapDeviation), "count": .integer(score.count),
            "ties": .integer(score.ties), "non_finite": .integer(score.nonFinite),
        ]
    }

    static func transfer(_ row: TransferRow) -> JSON {
        [
            "role": .string(row.role.rawValue), "count": .integer(row.count),
            "bias_before": .number(row.biasBefore), "bias_after": .number(row.biasAfter),
            "tau": .estimate(row.tau, row.interval), "interval_kind": .string(row.intervalKind),
            "item_interval": .of(row.itemInterval),
            "cluster_intervals": .keyed(row.clusterIntervals, by: \.kind) {
                [
                    "clusters": .integer($0.clusters), "lower": .number($0.interval.lower),
                    "upper": .number($0.interval.upper),
                ]
            },
            "direction": .string(row.direction.rawValue), "permutation_p": .of(row.permutationP),
            "permutation_p_holm": .of(row.permutationPHolm),
            "mcnemar": row.mcnemar.map {
                ["to_more": .integer($0.toMore), "to_less": .integer($0.toLess), "p": .number($0.p)]
            } ?? .null,
            "smallest_detectable": .of(row.smallestDetectable),
            "identity_unexposed": subset(row.identityUnexposed),
            "attribute_unexposed": subset(row.attributeUnexposed), "common_removed": subset(row.commonRemoved),
            "nulls": .keyed(row.nulls, by: \.kind, null), "seeds": row.seeds.map(seeds) ?? .null,
        ]
    }

    private static func subset(_ subset: SubsetTransfer?) -> JSON {
        guard let subset else { return .null }
        return [
            "count": .integer(subset.count), "tau": .estimate(subset.tau, subset.interval),
            "share": subset.share.map(controlled) ?? .null, "reason": .of(subset.reason),
        ]
    }

    private static func null(_ null: NullComparison) -> JSON {
        [
            "count": .integer(null.count), "first_order": .bool(null.isFirstOrder),
            "exact_count": .integer(null.exactCount), "worst_kl_error": .of(null.worstKLError),
            "unmatched": .of(null.unmatched), "mean": .number(null.mean),
            "deviation": .of(null.deviation), "median": .number(null.median), "lower": .number(null.lower),
            "upper": .number(null.upper), "excess": .estimate(null.excess, null.excessInterval),
            "p_toward": .number(null.pToward), "p_away": .number(null.pAway),
            "p_toward_holm": .of(null.pTowardHolm), "p_away_holm": .of(null.pAwayHolm),
            "p_floor": .number(null.pFloor), "family_size": .integer(null.familySize),
            "calibration": null.calibration.map {
                [
                    "count": .integer($0.count), "mean_error": .number($0.meanError),
                    "rms_error": .number($0.rootMeanSquareError), "relative_error": .of($0.relativeError),
                    "correlation": .of($0.correlation),
                ]
            } ?? .null,
            "draws": .of(null.draws),
        ]
    }

    private static func seeds(_ spread: SeedSpread) -> JSON {
        [
            "count": .integer(spread.count), "mean": .number(spread.mean), "deviation": .of(spread.deviation),
            "minimum": .number(spread.minimum), "maximum": .number(spread.maximum),
            "same_sign": .integer(spread.sameSign), "interval": .of(spread.interval),
        ]
    }

    static func dose(_ dose: UpdateScalingResult) -> JSON {
        [
            "points": .array(
                dose.points.map { point in
                    [
                        "alpha": .number(point.alpha), "bias": .estimate(point.bias, point.interval),
                        "share": .number(point.share), "perplexity": .of(point.perplexity), "kl": .of(point.kl),
                    ]
                }),
            "parts": .array(dose.parts.map(part)), "at_one": dose.atOne.map(part) ?? .null,
            "reason": .of(dose.reason),
        ]
    }

    private static func part(_ part: OddEvenPart) -> JSON {
        [
            "alpha": .number(part.alpha), "odd": .estimate(part.odd, part.oddInterval),
            "even": .estimate(part.even, part.evenInterval),
        ]
    }
}
