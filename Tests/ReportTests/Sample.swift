import Analyze
import Foundation
import Records
import Report

/// A made-up run: plausible values, measured on nothing. It exists to look at the page and to test the text of it.
enum Sample {
    /// The run of the built-in study as one might look: race moves, religion is open, age stays.
    static func input(outcomes: [VerdictOutcome] = [.supported, .inconclusive, .notSupported]) -> ReportInput {
        var out = ReportInput(
            analysis: analysis(outcomes),
            run: RunFacts(
                id: "2026-01-01-sample", created: "2026-01-01T00:00:00Z", version: "0.0.0-sample",
                command: "driftscope demo --out sample", seeds: [1, 2, 3], threads: 2),
            model: ModelFacts(
                name: "built-in", family: "gpt2", parameters: 412_672, layers: 2, hiddenSize: 128, vocabulary: 1_312,
                context: 32, tiedEmbeddings: true))
        out.perplexity = [
            PerplexityFacts(
                text: "perplexity.txt", before: 6.291, after: 6.412, tokens: 20_480, window: 32, stride: 32,
                beginToken: true, normaliser: "token"),
            PerplexityFacts(
                text: "guard.txt", before: 6.302, after: 6.431, tokens: 10_240, window: 32, stride: 32,
                beginToken: true, normaliser: "token"),
        ]
        out.guardOutcome = GuardFacts(
            stopped: outcomes.contains(.damage), reason: outcomes.contains(.damage) ? "perplexity budget" : "",
            lastStep: 15, keptStep: outcomes.contains(.damage) ? 10 : 15, perplexityBudget: 0.1, klBudget: 0.1,
            perplexityBefore: 6.302, perplexityAfter: 6.431, kl: 0.0123)
        out.trajectory = trajectory()
        out.forget = [
            ForgetFacts(
                domain: "gender", source: "forget.csv", rowsRead: 2_400, rowsSelected: 1_180,
                excluded: [("label names race", 212), ("word names religion", 88), ("not selected", 920)],
                sentences: 1_176, tokens: 9_412, harmfulTokens: 1_403, harmfulWords: 38, rowsWithoutHarmfulWord: 4,
                harmfulSource: "lexicon built-in")
        ]
        out.coverage = ["gender", "race", "religion", "age"].flatMap { domain in
            ["one", "two"].map { group in
                CoverageRow(
                    domain: domain, group: "group \(group)", words: 14, single: 12, multi: 1, used: 12,
                    unexposed: domain == "gender" ? 0 : 11, dropped: group == "one" ? ["sampleword", "otherword"] : [])
            }
        }
        out.examples = [
            ExampleRow(label: "race, largest change", row: 41, text: "a made-up sentence for the test", value: -0.231),
            ExampleRow(label: "gender, largest change", row: 7, text: "another made-up sentence", value: -0.402),
        ]
        out.provenance = ["config.json", "model.safetensors", "forget.csv", "retain.txt", "pairs.csv"].enumerated().map
        {
            ProvenanceRow(
                name: $0.element, bytes: 1_024 * ($0.offset * 977 + 1),
                sha256: String(repeating: "0123456789abcdef", count: 4))
        }
        out.study = "model: built-in\ndomains: {target: gender, transfer: [race, religion], control: [age]}\n"
        return out
    }

    static func analysis(_ outcomes: [VerdictOutcome]) -> AnalysisResult {
        let names = ["gender", "race", "religion", "age"]
        let roles: [DomainRole] = [.target, .transfer, .transfer, .control]
        let before = [0.0914, 0.0812, 0.0531, 0.0744]
        let change = [-0.0762, -0.0613, -0.0187, -0.0031]
        let width = [0.0121, 0.0143, 0.0229, 0.0132]
        let transfer = names.indices.map { i in
            TransferRow(
                benchmark: "built-in pairs", domain: names[i], role: roles[i], count: 400, biasBefore: before[i],
                biasAfter: before[i] + change[i], tau: change[i],
                interval: Interval(lower: change[i] - width[i], upper: change[i] + width[i]), intervalKind: "attribute",
                direction: abs(change[i]) > width[i] ? .towardZero : .undecided,
                permutationP: i < 2 ? 0.0001 : 0.09, permutationPHolm: i < 2 ? 0.0004 : 0.18,
                mcnemar: McNemarRow(toMore: 11 + i, toLess: 60 - 12 * i, p: i < 2 ? 0.00002 : 0.21),
                smallestDetectable: width[i] * 1.4,
                identityUnexposed: SubsetTransfer(
                    count: 380, tau: change[i] * 0.97,
                    interval: Interval(lower: change[i] - width[i], upper: change[i] + width[i])),
                attributeUnexposed: i == 1 ? SubsetTransfer(count: 3, reason: "fewer than 20 items") : nil,
                commonRemoved: SubsetTransfer(
                    count: 400, tau: change[i] * 0.9,
                    interval: Interval(lower: change[i] - width[i], upper: change[i] + width[i])),
                nulls: [null(i, change[i])],
                seeds: SeedSpread(
                    count: 3, mean: change[i] * 0.98, deviation: 0.004, minimum: change[i] - 0.004,
                    maximum: change[i] + 0.004, sameSign: 3))
        }
        let scores = names.indices.map { i in
            ScoreRow(
                benchmark: "built-in pairs", profile: "driftscope", domain: names[i], role: roles[i],
                before: summary(before[i], 84.25 - 2 * Double(i)),
                after: summary(before[i] + change[i], 84.25 - 2 * Double(i) + 400 * change[i]))
        }
        let verdicts = zip(names.dropFirst(), outcomes).enumerated().map { i, pair in
            Verdict(
                benchmark: "built-in pairs", domain: pair.0, role: roles[i + 1], outcome: pair.1,
                sentence: "A made-up sentence that says why \(pair.0) ends here.",
                numbers: [
                    DecidingNumber(
                        rule: .nothingToForget, name: "B of the target before", value: 0.0914,
                        interval: Interval(lower: 0.0812, upper: 0.1013), condition: "interval holds 0", holds: false),
                    DecidingNumber(
                        rule: .supported, name: "p of the excess after Holm", value: 0.015, threshold: 0.05,
                        condition: "< 0.05", holds: true),
                    DecidingNumber(
                        rule: .supported, name: "unexposed words", condition: "finding holds", holds: nil,
                        note: "fewer than 20 items"),
                ],
                itemsToDecide: pair.1 == .inconclusive ? 1_260 : nil,
                itemsReason: pair.1 == .inconclusive ? "At the same spread of items." : nil)
        }
        return AnalysisResult(
            settings: AnalysisSettings(), domains: zip(names, roles).map { AnalysisDomain(name: $0, role: $1) },
            primaryBenchmark: "built-in pairs", scores: scores, transfer: transfer,
            doses: names.indices.map { dose(names[$0], before[$0], change[$0]) }, drift: spaces(names),
            budgets: [
                QualityBudget(
                    name: "perplexity", text: "guard.txt", before: 6.302, after: 6.431, value: 0.02047, limit: 0.1),
                QualityBudget(name: "kl", text: "guard.txt", before: nil, after: nil, value: 0.0123, limit: 0.1),
            ],
            disjointness: [
                DisjointnessCheck(left: "retain text", right: "perplexity text", shared: 0, total: 4_000),
                DisjointnessCheck(
                    left: "harmful words", right: "pair items", shared: 24, total: 60, note: "planted by design"),
                DisjointnessCheck(left: "guard text", right: "retain text", shared: 2, total: 4_000),
            ],
            verdicts: verdicts,
            notComputed: [NotComputed(what: "contextual vectors", reason: "the study does not ask for them")],
            attribution: attribution())
    }

    private static func summary(_ bias: Double, _ share: Double) -> ScoreSummary {
        ScoreSummary(
            bias: bias, biasInterval: Interval(lower: bias - 0.01, upper: bias + 0.01), share: share,
            shareInterval: Interval(lower: share - 4, upper: share + 4), shareDistance: abs(share - 50),
            meanAbsoluteGap: 0.11, gapDeviation: 0.102, count: 400, ties: 1, nonFinite: 0)
    }

    private static func null(_ i: Int, _ tau: Double) -> NullComparison {
        let draws = (0..<199).map { 0.006 * noise(i * 1000 + $0) - 0.001 }
        let sorted = draws.sorted()
        return NullComparison(
            kind: "random-update", count: 199, isFirstOrder: true, mean: -0.001, deviation: 0.006, median: sorted[99],
            lower: sorted[5], upper: sorted[193], excess: tau + 0.001,
            excessInterval: Interval(lower: tau - 0.012, upper: tau + 0.014), pToward: i < 2 ? 0.005 : 0.31,
            pAway: i < 2 ? 1 : 0.69, pTowardHolm: i < 2 ? 0.015 : 0.62, pAwayHolm: 1, pFloor: 0.005, familySize: 3,
            calibration: NullCalibration(
                count: 20, meanError: 0.0002, rootMeanSquareError: 0.0011, relativeError: 0.18, correlation: 0.97),
            draws: draws)
    }

    private static func dose(_ name: String, _ before: Double, _ change: Double) -> UpdateScalingResult {
        func bias(_ alpha: Double) -> Double { before + change * alpha - 0.06 * change * alpha * alpha }
        return UpdateScalingResult(
            benchmark: "built-in pairs", domain: name,
            points: [-1, -0.5, 0, 0.25, 0.5, 0.75, 1, 1.25, 1.5].map { alpha in
                UpdateScalingPoint(
                    alpha: alpha, bias: bias(alpha), share: 84 + 400 * (bias(alpha) - before),
                    perplexity: 6.3 + 0.1 * alpha * alpha,
                    kl: 0.012 * alpha * alpha)
            },
            parts: [0.5, 1].map { part($0, change) }, atOne: part(1, change))
    }

    private static func part(_ alpha: Double, _ change: Double) -> OddEvenPart {
        let even = -0.06 * change * alpha * alpha
        return OddEvenPart(
            alpha: alpha, odd: change * alpha,
            oddInterval: Interval(lower: change * alpha - 0.01, upper: change * alpha + 0.01),
            even: even, evenInterval: Interval(lower: even - 0.004, upper: even + 0.004))
    }

    private static func trajectory() -> [TrajectoryRow] {
        (0...15).map { step in
            let t = Double(step) / 15
            let fall = t * t * (3 - 2 * t)
            return TrajectoryRow(
                step: step, forgetLoss: -2.1 - 3.3 * fall, retainLoss: step == 0 ? nil : 0.002 + 0.01 * t,
                perplexity: 6.302 + 0.129 * t * t + 0.004 * noise(step), kl: 0.0123 * t * t,
                bias: [
                    ("gender", 0.0914 - 0.0762 * fall), ("race", 0.0812 - 0.0613 * fall),
                    ("religion", 0.0531 - 0.0187 * fall), ("age", 0.0744 - 0.0031 * fall),
                ])
        }
    }

    /// Input side, output side with its gauge, and two layers in context.
    private static func spaces(_ names: [String]) -> [DriftResult] {
        var output = drift(names)
        (output.space, output.side) = ("output embeddings (tied)", .output)
        output.gauge = GaugeSummary(rows: 1_309, normBefore: 0.91, normAfter: 0.913, shift: 0.0171)
        output.vocabulary = VocabularyMatch(matched: 1_312, added: 3, removed: 1, moved: 4, examples: ["added: new"])
        let layers = (1...2).map { layer -> DriftResult in
            var space = drift(names)
            (space.space, space.side) = ("contextual, layer \(layer)", .contextual)
            space.clusters = space.clusters.filter { $0.group == nil && $0.metric == .displacement }
            for i in space.clusters.indices where space.clusters[i].controlMedian != nil {
                space.clusters[i].value = 0.15 * Double(layer) + 0.03 * Double(i)
            }
            return space
        }
        return [drift(names), output] + layers
    }

    private static func drift(_ names: [String]) -> DriftResult {
        let metrics: [DriftMetric] = DriftMetric.allCases
        var clusters: [DriftRow] = []
        for (i, name) in names.enumerated() {
            for group in [nil, "group one", "group two"] {
                for (j, metric) in metrics.enumerated() {
                    for removed in [false, true]
                    where group == nil || removed && [.displacement, .targetShare].contains(metric) {
                        let value = 0.4 / Double(i + 1) + 0.03 * Double(j)
                        let isTarget = i == 0
                        clusters.append(
                            DriftRow(
                                domain: name, group: group, metric: metric, commonRemoved: removed, value: value,
                                controlMedian: isTarget ? nil : 0.12, controlLower: isTarget ? nil : 0.08,
                                controlUpper: isTarget ? nil : 0.19, p: isTarget ? nil : i == 1 ? 0.0001 : 0.24,
                                q: isTarget ? nil : i == 1 ? 0.0008 : 0.38, poolSize: isTarget ? nil : 240,
                                poolUnion: isTarget ? nil : 800,
                                matching: i == 3
                                    ? "2 of 11 words have fewer than 20 controls; the closest 20 stand in" : nil,
                                wordCount: 11, evidence: !isTarget,
                                reason: isTarget ? "no controls: fewer than 20 for a word" : nil))
                    }
                }
            }
        }
        let centres: [(Double, Double)] = [(-1.2, 0.6), (0.9, 0.8), (1.1, -0.4), (-0.6, -0.9)]
        var points: [MapPoint] = []
        for (i, name) in names.enumerated() {
            for (j, group) in ["group one", "group two"].enumerated() {
                let x = centres[i].0 + 0.35 * Double(j)
                let y = centres[i].1 - 0.25 * Double(j)
                points.append(
                    MapPoint(
                        domain: name, group: group, label: "\(name) · \(group)", isCentroid: true, beforeX: x,
                        beforeY: y,
                        afterX: x * (1 - 0.02 / Double(i + 1)), afterY: y + 0.015 / Double(i + 1)))
            }
        }
        points.append(
            MapPoint(
                domain: "control", label: "control words", isCentroid: true, beforeX: 0.1, beforeY: 0.05, afterX: 0.101,
                afterY: 0.051))
        return DriftResult(
            space: "input embeddings", rowCount: 1_312, dimension: 128,
            excludedRows: ExcludedRows(zero: 0, duplicate: 1, nonFinite: 0, padding: 3, examples: ["<|endoftext|>"]),
            common: CommonPart(norm: 0.0213, anchors: 1_000, share: 0.182, meanDisplacement: 0.0502),
            targetSubspace: SubspaceSummary(
                name: "G", rank: 1, vectors: 24, explained: [0.61, 0.1], threshold: [0.31, 0.2]),
            clusters: clusters,
            groups: names.map {
                GroupMovement(
                    domain: $0, first: "group one", second: "group two", distanceBefore: 0.81, distanceAfter: 0.74,
                    relativeChange: -0.0864, shiftCosine: 0.41, reading: .approach)
            },
            distances: [
                ClusterDistance(
                    domain: "race", other: "age", before: 0.812, after: 0.834, relativeChange: 0.0271,
                    controlMedian: 0.0011, controlLower: -0.0032, controlUpper: 0.0054, p: 0.0002, q: 0.0011),
                ClusterDistance(
                    domain: "gender", other: "age", before: 0.5, after: 0.51, relativeChange: 0.02,
                    reason: "no controls"),
            ],
            associations: [
                GroupAssociation(
                    domain: "race", first: "group one", second: "group two", firstCount: 6, secondCount: 5,
                    before: 0.61,
                    after: 0.32, change: -0.29, controlMedian: 0.01, controlLower: -0.11, controlUpper: 0.12, p: 0.004,
                    q: 0.008),
                GroupAssociation(
                    domain: "age", first: "group one", second: "group two", firstCount: 1, secondCount: 5,
                    reason: "a group has fewer than two words that count"),
            ],
            attributes: AttributeSets(forgotten: 37, matched: 37, note: "forgotten whole words of no concept"),
            budgets: names.map {
                DisplacementBudget(
                    domain: $0, commonShift: 0.21, normChange: 0.05, targetSubspace: 0.33, ownAxis: 0.11, residual: 0.3,
                    orderSensitivity: [0.02, 0.01, 0.03, 0.01], wordCount: 11)
            },
            overlaps: [("gender", "race", 0.62), ("gender", "religion", 0.34), ("gender", "age", 0.04)].map {
                SubspaceOverlap(
                    first: $0.0, second: $0.1, cosinesBefore: [$0.2.squareRoot()],
                    cosinesAfter: [$0.2.squareRoot() * 0.96],
                    overlapBefore: $0.2, overlapAfter: $0.2 * 0.92, randomOverlap: 0.0078)
            },
            wholeSpace: WholeSpace(
                rows: 1_300, meanDisplacement: 0.0491, meanAngle: 0.0312, linearCKA: 0.9981, debiasedCKA: 0.9972,
                procrustesResidual: 0.031, unrotatedResidual: 0.034, anisotropyBefore: 0.02, anisotropyAfter: 0.021,
                topVarianceBefore: 0.08, topVarianceAfter: 0.081, updateRank: 9.4),
            neighbourOverlap: NeighbourOverlap(
                rows: 1_300, usable: 1_300, neighbours: 10, meanJaccard: 0.914, unchanged: 0.61,
                kept: [0, 0, 0, 0, 0, 0, 7, 40, 130, 330, 793]),
            map: ConceptMap(points: points, explained: [0.131, 0.087], exaggeration: 9.6),
            words: names.flatMap { name in
                (0..<7).map { k in
                    WordDrift(
                        domain: name, group: "group one", word: "\(name)word\(Character(UnicodeScalar(UInt8(97 + k))))",
                        exposure: name == "gender" ? .masked : .unexposed, inTwoConcepts: false,
                        displacement: 0.2 - 0.01 * Double(k), relativeDisplacement: 0.07, angle: 0.06,
                        displacementCommonRemoved: 0.15, targetShare: 0.31, updateShare: 0.4)
                }
            },
            neighbours: [
                NeighbourChange(
                    domain: "race", word: "raceworda", displacement: 0.2, jaccard: 0.667, kept: ["b", "c", "d", "e"],
                    gained: ["near"], lost: ["Ġgenderworda"])
            ],
            exposure: [ExposureCount(domain: "race", masked: 0, seen: 1, unexposed: 11, inTwoConcepts: 0)],
            dropped: [DroppedWord(domain: "race", group: "group one", word: "sampleword", reason: "several tokens")],
            notComputed: [])
    }

    /// A number like a standard normal draw, the same for the same `i` everywhere.
    private static func noise(_ i: Int) -> Double {
        func uniform(_ k: Int) -> Double {
            let x = sin(Double(k) * 12.9898 + 78.233) * 43758.5453
            return x - x.rounded(.down)
        }
        return (0..<6).map { uniform(i * 6 + $0 + 1) }.reduce(0, +) * 1.4142 - 4.2426
    }
}
