import LinearAlgebra
import Records

// The records of stages: the name of each one's group, and what of it is a table or a matrix too.

extension ForecastRecord: StageRecord {
    /// /forecast
    public static let group = "forecast"

    /// A row a benchmark and domain.
    public var plainTables: [String: Table] {
        let rows = tables.flatMap { table in table.entries.map { (table.benchmark, $0) } }
        return [
            Self.group: [
                "benchmark": .string(rows.map(\.0)), "domain": .string(rows.map(\.1.domain)),
                "items": .int64(rows.map { Int64($0.1.items) }), "bias": .double(rows.map(\.1.bias)),
                "predicted": .double(rows.map(\.1.predicted)), "cosine": .double(rows.map(\.1.cosine)),
                "plain_cosine": .double(rows.map { $0.1.plainCosine ?? .nan }),
                "overlap": .double(rows.map { $0.1.overlap ?? .nan }),
                "shared_words": .double(rows.map(\.1.sharedWords)),
            ]
        ]
    }
}

extension ForecastOutcome: StageRecord {
    /// /forecast-outcome
    public static let group = "forecast-outcome"
}

extension AlignmentRecord: StageRecord {
    /// /gradients
    public static let group = "gradients"

    /// A row a component of the model, and the neutral pairs.
    public var plainTables: [String: Table] {
        let rows = tables.flatMap { table in table.components.map { (table, $0) } }
        return [
            "alignment": [
                "benchmark": .string(rows.map(\.0.benchmark)), "domain": .string(rows.map(\.0.domain)),
                "part": .string(rows.map(\.1.component)), "layer": .int64(rows.map { Int64($0.1.layer ?? -1) }),
                "start": .double(rows.map(\.1.start)), "path": .double(rows.map(\.1.path)),
                "norm": .double(rows.map(\.1.norm)),
            ],
            "neutral_pairs": [
                "before": .double(neutralPairs.flatMap(\.before)), "after": .double(neutralPairs.flatMap(\.after)),
            ],
        ]
    }
}

extension MediationRecord: StageRecord {
    /// /mediation
    public static let group = "mediation"

    /// A row a site.
    public var plainTables: [String: Table] {
        [
            "sites": [
                "subject": .string(sites.map(\.subject)), "site": .string(sites.map(\.site)),
                "target_rank": .int64(sites.map { Int64($0.targetRank) }),
                "subject_rank": .int64(sites.map { Int64($0.subjectRank) }),
                "shared": .int64(sites.map { Int64($0.shared) }),
                "first_cosine": .double(sites.map { $0.cosines.first ?? .nan }),
                "first_threshold": .double(sites.map { $0.thresholds.first ?? .nan }),
            ]
        ]
    }
}

extension ContributionRecord: StageRecord {
    /// /contributions
    public static let group = "contributions"

    /// A row a sentence, and a row a word.
    public var plainTables: [String: Table] {
        guard let found = tables.first else { return [:] }
        var sentences: Table = [
            "sentence": .string(found.sentences), "sha256": .string(found.digests),
            "uses": .int64(found.uses.map(Int64.init)),
        ]
        var words: Table = [
            "word": .string(found.words), "uses": .int64(found.wordUses.map(Int64.init)),
            "used_against": .string(found.usedAgainst.map { $0.joined(separator: " ") }),
        ]
        for (d, domain) in found.domains.enumerated() {
            sentences.append(.double(found.bySentence[d]), as: "contribution_" + RunPaths.safe(domain))
            words.append(.double(found.byWord[d]), as: "contribution_" + RunPaths.safe(domain))
        }
        return ["sentences": sentences, "words": words]
    }
}

extension DecompositionRecord: StageRecord {
    /// /replay
    public static let group = "replay"

    /// The movement of the rows by what moved them.
    public var matrices: [String: Matrix<Float>] {
        guard let split else { return [:] }
        var matrices = ["output": split.output, "input": split.input, "retain": split.retain, "actual": split.actual]
        matrices["decay"] = split.decay
        return matrices
    }

    /// Takes the movement over; a run that kept no step has none, and one without weight decay no such part.
    public mutating func take(_ matrices: RecordMatrices) throws {
        guard replayError != nil else { return }
        split = DriftSplit(
            output: try matrices("output"), input: try matrices("input"), retain: try matrices("retain"),
            decay: matrices.contains("decay") ? try matrices("decay") : nil, actual: try matrices("actual"))
    }
}

extension RetrainingRecord: StageRecord {
    /// /retrainings
    public static let group = "retrainings"

    /// A row a retraining.
    public var plainTables: [String: Table] {
        [
            Self.group: [
                "name": .string(reruns.map(\.name)), "purpose": .string(reruns.map(\.purpose.rawValue)),
                "change": .string(reruns.map(\.change)), "forgotten": .string(reruns.map(\.forgotten)),
                "seed": .int64(reruns.map { Int64($0.seed) }),
                "sentences": .int64(reruns.map { Int64($0.sentences) }),
                "harmful_tokens": .int64(reruns.map { Int64($0.harmfulTokens) }),
                "steps": .int64(reruns.map { Int64($0.steps) }), "alpha": .double(reruns.map(\.alpha)),
                "reason": .string(reruns.map { $0.reason ?? "" }),
            ]
        ]
    }
}
