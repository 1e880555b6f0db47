import FileSupport
import Foundation
import LinearAlgebra
import Records
import RunStore
import TestSupport

/// A small run with every kind of record, whose numbers all fit what the store keeps.
struct SampleRun {
    let folder: String
    let before: [Float]
    let after: [Float]
    let rows: Int
    let dimensions: Int
    static let items = ScoredItems(
        domains: ["race", "age"], counts: ["crows": ["race": 3, "age": 2], "other": ["race": 2]])

    init(rows: Int = 700, dimensions: Int = 300) throws {
        folder = try temporaryFolder("store") + "/run"
        (self.rows, self.dimensions) = (rows, dimensions)
        var random = RandomStream(seed: 3, label: "sample run")
        before = (0..<rows * dimensions).map { _ in Float(random.normal()) }
        after = before.map { $0 + 0.001 }
    }

    /// All records but the snapshots and their vectors.
    static var records: RunRecords {
        var records = RunRecords()
        records.metadata = metadata
        records.tokens = TokenTable(
            keys: ["Ġa", "<|end|>"], texts: [" a", "<|end|>"], bytes: [[0x20, 0x61], []], isSpecial: [false, true],
            isPadRow: [false, false], isValidUTF8: [true, true], forgetCount: [3, 0], forgetMaskedCount: [1, 0],
            corpusCount: [7, -1])
        records.concepts = ConceptTable(rows: [
            ConceptRow(
                domain: "gender", group: "female", word: "woman", variant: " woman", lexicon: "gender", pair: 0,
                isControl: false, tokens: [5], status: .single, exposure: .masked, inTwoConcepts: false),
            ConceptRow(
                domain: "race", group: "asian", word: "Asian", variant: " Asian", lexicon: "race", pair: nil,
                isControl: false, tokens: [7, 8], status: .multi, exposure: .unexposed, inTwoConcepts: true),
        ])
        records.trajectory = (0..<150).map { step($0) }
        records.evaluations = ["crows-pairs"].flatMap { benchmark in
            [Evaluation.after, Evaluation.commonRemoved, Evaluation.before].map { evaluation($0, benchmark) }
        }
        records.models = models(0.5) + models(1)
        addStages(&records)
        return records
    }

    static var metadata: RunMetadata {
        var metadata = RunMetadata()
        metadata.study = "name: é\n"
        metadata.commandLine = "driftscope run é"
        (metadata.seed, metadata.threads, metadata.kernels) = (7, 2, "a library 1.0")
        metadata.objective = "an-ascent: mean log p, minimised"
        metadata.model = .init(
            name: "built-in", family: "gpt2", parameters: 9, layers: 2, hiddenSize: 3, vocabulary: 2, context: 8,
            tiedEmbeddings: true)
        metadata.forget = [
            ForgetSetSummary(
                path: "dghs.csv", bytes: 12, sha256: "ab", format: "csv", harmfulSource: "lexicon", rowsRead: 4)
        ]
        metadata.forget[0].readings = [.init(column: "target", values: ["wom"], used: .member)]
        metadata.forget[0].exclusions = [.init(domain: "race")]
        metadata.outcome = UnlearningOutcome(
            reason: .guardBreached(GuardBreach(step: 4, measure: .klDivergence, value: 0.2, limit: 0.1)), lastStep: 4,
            keptStep: 3, baseline: GuardReading(perplexity: 6),
            kept: GuardReading(perplexity: 7, klDivergence: .infinity),
            remarks: [.collapsed(step: 4, perplexity: .infinity, before: 6), .noParameterChanged(keptStep: 0)])
        var text = TextPerplexity(text: "/data/text.txt")
        text.before = Perplexity(
            value: 6, negativeLogLikelihood: 18, normaliser: 10, normaliserName: "tokens", scoredTokens: 10, tokens: 11,
            bytes: 40, window: 8, stride: 4, beginToken: true, byLine: false, profile: .driftscope)
        text.kl = 0.01
        metadata.perplexity = [text]
        metadata.disjointness = [DisjointnessCheck(left: "a", right: "b", shared: 1, total: 2, note: "by design")]
        metadata.null = RandomUpdateSummary(
            targetKL: 0.02, worstKLError: 0.01, unmatched: 0, allExact: false,
            calibration: [
                .init(
                    benchmark: "crows", domain: "race", draws: 20, meanError: 0.1, errorDeviation: 0.2,
                    firstOrderDeviation: 0.3)
            ])
        metadata.inputs = [InputFile(role: "forget", path: "/data/dghs.csv", bytes: 12, sha256: "ab")]
        return metadata
    }

    static func step(_ number: Int) -> TrajectoryStep {
        var step = TrajectoryStep(step: number, forgetLoss: number == 0 ? nil : -Double(number), learningRate: 1e-3)
        if number.isMultiple(of: 10) {
            (step.guardPerplexity, step.guardKL, step.bias) = (6.5, 0.25, ["gender": 0.5, "гендер": -1])
            step.bias = ["gender": 0.5]
            step.guardScores = ["lms": 75, "custom toxicity": 0.5]
        }
        return step
    }

    static func evaluation(_ label: String, _ benchmark: String) -> Evaluation {
        let items = (0..<3).map { row in
            var item = ItemScore(row: row, domain: row == 2 ? "гендер" : "race", gap: 0.5 * Double(row))
            (item.identityExposed, item.attributeExposed) = (row == 1, row == 0)
            item.clusters = row == 0 ? [:] : ["template": "t\(row)"]
            item.perToken = row == 2 ? "{}" : nil
            return item
        }
        var evaluation = Evaluation(
            label: label, benchmark: benchmark, profile: "driftscope", skipped: ["no gap": 2], items: items,
            columns: [
                ScoreColumn("bias_type", .text(["race-color", "race-color", "race-color"])),
                ScoreColumn("direction", .text(["stereo", "stereo", "stereo"])),
                ScoreColumn("more_mean", .number([-1, -1, -1])),
                ScoreColumn("less_mean", .number(items.map { -1 - $0.gap })),
                ScoreColumn("gap_changed", .number([nil, -.infinity, -.infinity])),
                ScoreColumn("gap_shared", .number([0.25, nil, 0.25])),
                ScoreColumn("tokens_more", .count([5, 5, 5])), ScoreColumn("tokens_less", .count([6, 6, 6])),
            ],
            measures: [
                OwnMeasure(domain: "гендер", name: "lms", heading: "LMS", value: 87.5, isQuality: true),
                OwnMeasure(domain: nil, name: "ss", heading: "SS", value: 50, isQuality: false),
            ])
        evaluation.order = 3
        evaluation.knownFaults = ["several-blanks": 2, "случай": 1]
        return evaluation
    }

    /// A block of scored models: exact, to first order, and of another benchmark.
    static func models(_ alpha: Double) -> [ScoredModel] {
        var exact = ScoredModel(benchmark: "crows", kind: .dose, alpha: alpha, kl: 0.5, perplexity: 6)
        exact.bias = ["race": 0.5, "age": -0.25]
        exact.gaps = ["race": [0.5, .infinity, 1], "age": [-0.25, -0.25]]
        var draw = ScoredModel(benchmark: "crows", kind: .random, alpha: 0.3, draw: 4, seed: 9, kl: 0.5)
        draw.scoring = .firstOrder
        (draw.bias, draw.firstOrder) = (["race": 0.125], ["race": 0.25, "age": 0])
        var other = ScoredModel(
            benchmark: "other", kind: .removed, component: "shared", subject: "age", alpha: 1, norm: 0.7)
        (other.bias, other.gaps) = (["race": 1], ["race": [1, 1]])
        return [exact, draw, other]
    }

    private static func addStages(_ records: inout RunRecords) {
        records.forecast = ForecastRecord(
            tables: [
                ForecastTable(
                    benchmark: "crows",
                    entries: [
                        ForecastEntry(
                            domain: "race", items: 3, bias: 0.5, predicted: -0.1, cosine: 0.2, overlap: 0.4,
                            sharedWords: 0.5)
                    ])
            ], batches: 4, steps: 16)
        records.forecastOutcome = ForecastOutcome(actual: ["crows": ["height": 0.125]])
        records.alignment = AlignmentRecord()
        records.alignment?.tables = [
            AlignmentTable(
                benchmark: "crows", domain: "race",
                components: [
                    AlignedComponent(component: "mlp", layer: 1, start: -0.5, path: -0.25, forget: 1, norm: 3)
                ],
                exact: -0.25, nodes: 5, cosine: -0.1, cosineNeutralRemoved: -0.05)
        ]
        records.alignment?.neutralPairs = [NeutralPairs(benchmark: "crows", before: [1, 2], after: [1, .infinity])]
        records.alignment?.notDone = [NotComputed(what: "alignment with age", reason: "no such pairs")]
        records.mediation = MediationRecord()
        records.mediation?.tables = [
            MediationTable(
                benchmark: "crows", subject: "race", subspace: "shared", ranks: [1, 0], normShare: 0.5,
                firstOrder: [["race": 0.5]])
        ]
        records.mediation?.sites = [
            .init(
                subject: "race", site: "stream/0", targetRank: 2, subjectRank: 1, cosines: [0.9], thresholds: [0.8],
                shared: 1)
        ]
        records.mediation?.templates = 4
        records.contributions = ContributionRecord()
        records.contributions?.tables = [
            ContributionTable(
                benchmark: "crows", domains: ["race"], sentences: ["s1"], digests: ["ab"], uses: [2],
                bySentence: [[0.5]],
                words: ["w"], wordUses: [3], byWord: [[0.25]], usedAgainst: [["race"]], retain: [0], decay: [0],
                isExact: true)
        ]
        records.decomposition = DecompositionRecord()
        records.decomposition?.steps = 16
        records.decomposition?.replayError = 1e-4
        records.decomposition?.tokens = [5]
        records.decomposition?.words = [
            DriftWord(domain: "gender", group: "female", word: "woman", rows: [0], exposure: .masked, pair: 0)
        ]
        let matrix = Matrix<Float>(rows: 1, columns: 2, elements: [0.5, -1])
        records.decomposition?.split = DriftSplit(
            output: matrix, input: matrix, retain: matrix, decay: matrix, actual: matrix)
        records.associations = AssociationRecord()
        let scores = AssociationScores(
            test: "weat", space: "sentence vectors", first: [.init("a man", 0.25)], second: [.init("a woman", -0.5)],
            leftOut: ["nobody"])
        records.associations?.before = [scores]
        records.associations?.after = [scores]
        records.continuations = ContinuationRecord(
            prompts: ["a man"], samples: 2,
            voices: ["before", "after"].map {
                ContinuationRecord.Voice(
                    model: $0, texts: ["sings", ""], tokens: [1, 0], repetition: [0, 0], harmfulWords: [1, 0],
                    distinct: [1, nil])
            }, kl: [0.25, 0.26])
        records.commands = CommandRecord()
        records.commands?.commands = [
            .init(
                name: "toxicity", lowerIsBetter: true,
                before: CommandScore(value: 0.5, items: [.init(id: "а", score: 0.5)]), after: CommandScore(value: 0.25))
        ]
        records.retrainings = RetrainingRecord()
        records.retrainings?.targetKL = 0.25
        records.retrainings?.reruns = [
            Retraining(
                name: "seed-2", purpose: .seed, change: "seed 2", forgotten: "gender", seed: 2, sentences: 4,
                harmfulTokens: 9, steps: 16),
            Retraining(
                name: "sgd", purpose: .optimizer, change: "plain SGD", forgotten: "gender", seed: 1, sentences: 4,
                harmfulTokens: 9, steps: 0, alpha: 0.5, reason: "no gradient"),
        ]
    }

    var contextual: ContextualTable {
        let layers = (0..<3).map { scale in
            Matrix<Float>(rows: 2, columns: 4, elements: (0..<8).map { Float($0 * (scale + 1)) })
        }
        return ContextualTable(
            words: [("gender", "female", "woman"), ("race", "asian", "Asian")], mean: layers, spread: layers,
            contexts: [5, 5], templateSet: ("plain", "abc"))
    }

    /// Writes all records.
    func write() throws -> RunWriter {
        let records = Self.records
        let writer = try RunWriter.create(
            in: folder, header: RunHeader(runID: "r1", created: Date(timeIntervalSince1970: 0), producerVersion: "0.1"))
        try writer.write(records.metadata)
        if let tokens = records.tokens { try writer.write(tokens) }
        if let concepts = records.concepts { try writer.write(concepts) }
        try writer.writeSnapshot(step: 0, label: "before", rows: rows, dimensions: dimensions, input: before)
        for step in records.trajectory {
            let keep = step.step.isMultiple(of: 50)
            try after.withUnsafeBufferPointer {
                try writer.append(
                    step, tokens: [3, Int32(rows - 1)], embedding: keep ? $0.baseAddress : nil, dimensions: dimensions)
            }
        }
        try writer.writeSnapshot(
            step: 150, label: "after", rows: rows, dimensions: dimensions, input: after, output: before)
        for evaluation in records.evaluations { try writer.write(evaluation) }
        try writer.append(Self.models(0.5), items: Self.items)
        try writer.append(Self.models(1), items: Self.items)
        for step in [0, 150] { try writer.writeContextual(contextual, step: step) }
        if let record = records.forecast { try writer.write(record) }
        if let record = records.forecastOutcome { try writer.write(record) }
        if let record = records.alignment { try writer.write(record) }
        if let record = records.mediation { try writer.write(record) }
        if let record = records.contributions { try writer.write(record) }
        if let record = records.decomposition { try writer.write(record) }
        if let record = records.associations { try writer.write(record) }
        if let record = records.continuations { try writer.write(record) }
        if let record = records.commands { try writer.write(record) }
        if let record = records.retrainings { try writer.write(record) }
        try writer.writeResults(["drift": ["tau": .double([0.5])]], json: "{}")
        try writer.flush()
        return writer
    }
}
