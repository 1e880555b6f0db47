import Analyze
import Records

/// A made-up attribution to look at and to test the text of: race goes with gender, religion in part, age not at all.
extension Sample {
    static let names = ["gender", "race", "religion", "age"]
    static let tau = [-0.0762, -0.0613, -0.0187, -0.0031]

    static func attribution() -> AttributionResult {
        AttributionResult(
            benchmark: "built-in pairs", explanations: names.dropFirst().map(explanation), alignment: alignment(),
            alignmentParts: names.indices.flatMap(parts), patching: names.indices.flatMap(patching),
            mediation: mediation(), driftSplit: driftSplit(), replayError: 0.0000312, contributions: contributions(),
            ladder: ladder(), reruns: reruns(), matrix: matrix(), pareto: pareto(), forecast: forecast(),
            notComputed: [
                NotComputed(what: "retraining without gender words", reason: "nothing would be left to forget")
            ])
    }

    static func controlled(
        _ value: Double, half: Double, median: Double, band: Double, p: Double? = 0.0244, draws: Int = 40
    ) -> ControlledValue {
        ControlledValue(
            value: value, interval: Interval(lower: value - half, upper: value + half), controls: draws,
            controlMedian: median, controlLower: median - band, controlUpper: median + band, p: p)
    }

    private static let open = ControlledValue(reason: "the interval of τ holds 0")

    private static func explanation(_ domain: String) -> DomainExplanation {
        let sentences = [
            "race":
                "Race bias fell mainly because the forgotten words serve both domains: 62 % of the change runs through "
                + "them, and without them 29 % is left.",
            "religion": "Religion bias fell in part through shared words; the rest is undecided.",
            "age": "Age bias did not move, so there is nothing to explain.",
        ]
        let standings: [SupportLevel] =
            domain == "age"
            ? Array(repeating: .notTested, count: 8)
            : [
                .undecided, .supported, .contradicted, .contradicted, .contradicted, .undecided, .contradicted,
                .notTested,
            ]
        return DomainExplanation(
            domain: domain, carriers: domain == "age" ? [] : [.sharedWords], sentence: sentences[domain] ?? "",
            rivals: zip(Explanation.allCases, standings).map { explanation, standing in
                Rival(
                    explanation: explanation, standing: standing,
                    evidenceFor: standing == .supported || standing == .undecided
                        ? [
                            Evidence(
                                text: "share of τ that the ladder without shared words takes away", value: 0.713,
                                interval: Interval(lower: 0.61, upper: 0.83), threshold: 0.5)
                        ] : [],
                    evidenceAgainst: standing == .contradicted || standing == .undecided
                        ? [
                            Evidence(text: "p against matched random updates", value: 0.0151, threshold: 0.05),
                            Evidence(text: "the change is odd in strength"),
                        ] : [],
                    open: standing == .notTested ? ["no run without the retain term was made"] : [])
            })
    }

    private static func alignment() -> [AlignmentSummary] {
        names.indices.map { i in
            AlignmentSummary(
                domain: names[i], start: tau[i] * 1.21, path: tau[i] * 1.002, exact: tau[i],
                completenessError: tau[i] * 0.002, forget: tau[i] * 1.08, retain: tau[i] * -0.06,
                decay: tau[i] * -0.018, cosine: 0.0413 - 0.01 * Double(i),
                cosineNeutralRemoved: 0.0391 - 0.01 * Double(i),
                neutral: ControlledValue(
                    value: tau[i], controls: 500, controlMedian: -0.0012, controlLower: -0.0093,
                    controlUpper: 0.0061, p: i == 3 ? 0.311 : 0.002))
        }
    }

    private static let partNames = ["input embeddings", "output embeddings", "positions", "attention", "mlp", "norms"]
    private static let partShares = [0.06, 0.52, 0.01, 0.13, 0.25, 0.03]

    private static func parts(_ i: Int) -> [AlignmentRow] {
        zip(partNames, partShares).flatMap { part, share -> [AlignmentRow] in
            func row(_ layer: Int?, _ scale: Double) -> AlignmentRow {
                AlignmentRow(
                    domain: names[i], part: part, layer: layer, start: tau[i] * share * scale * 1.2,
                    path: tau[i] * share * scale, share: i == 3 ? nil : share * scale,
                    forget: tau[i] * share * scale * 1.1,
                    retain: tau[i] * share * scale * -0.07, decay: tau[i] * share * scale * -0.03,
                    normShare: share * scale * 0.9)
            }
            switch part {
            case "attention", "mlp": return [row(nil, 1), row(0, 0.3), row(1, 0.7)]
            case "norms": return [row(nil, 1), row(0, 0.2), row(1, 0.3)]
            default: return [row(nil, 1)]
            }
        }
    }

    private static func patching(_ i: Int) -> [PatchRow] {
        zip(partNames, partShares).map { part, share in
            PatchRow(
                domain: names[i], part: part, normShare: share * 0.9,
                only: controlled(tau[i] * share * 0.9, half: 0.004, median: -0.0004, band: 0.002),
                shareOnly: i == 3 ? open : controlled(share * 0.9, half: 0.06, median: 0.01, band: 0.04),
                without: controlled(tau[i] * (1 - share * 1.1), half: 0.006, median: tau[i], band: 0.003),
                shareWithout: i == 3 ? open : controlled(share * 1.1, half: 0.07, median: 0.0, band: 0.05))
        }
    }

    private static func mediation() -> [MediationRow] {
        let asked: [(i: Int, subject: String)] = [
            (0, "race"), (0, "religion"), (1, "race"), (2, "religion"), (3, "age"),
        ]
        return asked.flatMap { i, subject -> [MediationRow] in
            [mediation(i, subject, "shared", i == 2 ? 0.31 : 0.44), mediation(i, subject, "specific", 0.08)]
        }
    }

    private static func mediation(_ i: Int, _ subject: String, _ subspace: String, _ share: Double) -> MediationRow {
        let p = subspace == "shared" ? 0.0244 : 0.21
        return MediationRow(
            domain: names[i], subject: subject, subspace: subspace, ranks: [2, 2, 1], normShare: share * 0.2,
            removed: controlled(tau[i] * (1 - share), half: 0.008, median: tau[i] * 0.97, band: 0.004),
            share: i == 3 ? open : controlled(share, half: 0.09, median: 0.03, band: 0.05, p: p),
            kept: i == 3 ? open : controlled(share * 0.8, half: 0.1, median: 0.04, band: 0.06))
    }

    private static func driftSplit() -> [DriftSplitRow] {
        var rows: [DriftSplitRow] = names.indices.map { i -> DriftSplitRow in
            let k = Double(i)
            return DriftSplitRow(
                domain: names[i], words: 11, output: 0.71 - 0.13 * k, input: 0.16, retain: 0.08 + 0.09 * k,
                decay: -0.02, outputR2: 0.66 - 0.1 * k, forgetR2: 0.81 - 0.1 * k, allR2: 0.999,
                outputCosine: 0.93 - 0.1 * k)
        }
        rows.append(DriftSplitRow(domain: "control", words: 0, reason: "no unexposed words"))
        return rows
    }

    private static func contributions() -> [ContributionSummary] {
        names.indices.map { i in
            ContributionSummary(
                domain: names[i], exact: tau[i], forget: tau[i] * 1.1, retain: tau[i] * -0.08, decay: tau[i] * -0.01,
                unexplained: tau[i] * -0.01, isExact: true, sharedWordShare: i == 0 ? nil : 0.78 - 0.24 * Double(i - 1),
                sharedWordBase: i == 0 ? nil : 0.55 - 0.2 * Double(i - 1), sharedWordP: i == 0 ? nil : 0.0012,
                sharedWordPFloor: i == 0 ? nil : 0.0001,
                topWords: ["vilebiscuit", "grimlantern", "sourkettle"].enumerated().map { k, word in
                    Contribution(
                        name: word, value: tau[i] * (0.2 - 0.05 * Double(k)), uses: 31 - k,
                        usedAgainst: i == 0 ? [] : k == 0 ? ["race", "religion"] : ["race"])
                },
                topSentences: [("17", 0.03), ("a hateful sentence in the id column", 0.02)].map { id, share in
                    Contribution(
                        name: id, digest: String(repeating: "c0ffee11", count: 8), value: tau[i] * share, uses: 2)
                })
        }
    }

    private static func rerun(_ name: String, _ purpose: Retraining.Purpose, _ change: String, _ scale: [Double])
        -> [RetrainingRow]
    {
        names.indices.map { i in
            let isOpen = i == 3
            return RetrainingRow(
                rerun: Retraining(
                    name: name, purpose: purpose, change: change, forgotten: "gender", seed: 1, sentences: 1_012,
                    harmfulTokens: 1_201, steps: 15),
                domain: names[i],
                tau: ControlledValue(
                    value: tau[i] * scale[i],
                    interval: Interval(lower: tau[i] * scale[i] - 0.01, upper: tau[i] * scale[i] + 0.01)),
                share: isOpen
                    ? open
                    : ControlledValue(
                        value: scale[i], interval: Interval(lower: scale[i] - 0.2, upper: scale[i] + 0.2)), kl: 0.0119,
                perplexity: 6.405)
        }
    }

    private static func ladder() -> [RetrainingRow] {
        rerun("run", .ladder, "the run itself", [1, 1, 1, 1])
            + rerun("ladder-intersectional", .ladder, "without rows labelled with another domain", [1, 0.97, 0.95, 1])
            + rerun("ladder-named", .ladder, "without sentences that name another domain", [0.98, 0.93, 0.9, 1])
            + rerun("ladder-lexical-race", .ladder, "without harmful words used against race", [0.61, 0.29, 0.41, 1])
    }

    private static func reruns() -> [RetrainingRow] {
        rerun("seed-2", .seed, "seed 2", [1.02, 0.96, 1.1, 0.8])
            + rerun("seed-3", .seed, "seed 3", [0.97, 1.04, 0.9, 1.3])
            + rerun("neutral-words", .neutralWords, "neutral words of equal frequency", [0.03, 0.05, 0.02, 0.1])
            + rerun("sgd", .optimizer, "SGD in the place of AdamW", [0.93, 0.88, 0.7, 0.9])
            + [
                RetrainingRow(
                    rerun: Retraining(
                        name: "no-retain", purpose: .noRetain, change: "no retain term", forgotten: "gender", seed: 1,
                        sentences: 1_176, harmfulTokens: 1_403, steps: 15, reason: "the guard stopped it at step 2"),
                    domain: "race", tau: ControlledValue(reason: "the guard stopped it at step 2"),
                    share: ControlledValue(reason: "the guard stopped it at step 2"))
            ]
    }

    private static func matrix() -> [MatrixCell] {
        names.dropLast().flatMap { a in
            names.map { b in
                MatrixCell(
                    forgotten: a, measured: b, seeds: 3,
                    tau: ControlledValue(
                        value: a == b ? -0.0712 : b == "age" ? -0.0021 : -0.0331,
                        interval: Interval(lower: -0.05, upper: -0.001)))
            }
        }
    }

    private static func pareto() -> [ParetoPoint] {
        let strength: [(value: Double, kl: Double, bias: Double)] = [
            (0.25, 0.0008, 0.071), (0.5, 0.0031, 0.049), (1, 0.0123, 0.0152), (1.5, 0.0288, 0.0161),
        ]
        let steps: [(value: Double, kl: Double, bias: Double)] = [
            (4, 0.0011, 0.069), (8, 0.0044, 0.041), (15, 0.0123, 0.0152),
        ]
        return [("strength", strength), ("steps", steps)].flatMap { sweep, points in
            points.map { point in
                ParetoPoint(
                    sweep: sweep, value: point.value, perplexityChange: point.kl * 1.6, kl: point.kl,
                    target: point.bias, transfer: point.bias * 0.8 + 0.01, isOnFront: point.value < 1.5)
            }
        }
    }

    private static func forecast() -> ForecastResult {
        var entries = names.indices.map { i in
            ForecastEntry(
                domain: names[i], items: 400, bias: 0.0914 - 0.01 * Double(i), predicted: tau[i] * 0.61, cosine: 0.05,
                overlap: i == 3 ? nil : 0.62 - 0.2 * Double(i), sharedWords: [1, 0.78, 0.34, 0][i], actual: tau[i])
        }
        entries.append(
            ForecastEntry(
                domain: "height", items: 120, bias: 0.061, predicted: -0.0042, cosine: 0.011, sharedWords: 0.02))
        return ForecastResult(
            benchmark: "built-in pairs", entries: entries, rankCorrelation: 1, rankCorrelationAll: 0.8, p: 0.0417)
    }
}
