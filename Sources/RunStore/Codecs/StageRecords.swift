import LinearAlgebra
import Records

// The records of stages: the name of each one's group, and what of it is a table or a matrix too.

extension ForecastRecord: StageRecord {
    /// /forecast
    public static let group = "forecast"

    /// A row a benchmark and domain.
    public var plainTables: [String: Table] {
        let rows = tables.flatMap { table in table.entries.map { (table.benchmark, $0) } }
        let columns: [Column<(String, ForecastEntry)>] = [
            Column("benchmark", \.0), Column("domain", \.1.domain), Column("items", \.1.items),
            Column("bias", \.1.bias), Column("predicted", \.1.predicted), Column("cosine", \.1.cosine),
            Column("plain_cosine", \.1.plainCosine), Column("overlap", \.1.overlap),
            Column("shared_words", \.1.sharedWords),
        ]
        return [Self.group: rows.table(columns)]
    }
}

extension ForecastOutcome: StageRecord {
    /// /forecast-outcome
    public static let group = "forecast-outcome"
}

extension AlignmentRecord: StageRecord {
    /// /gradients
    public static let group = "gradients"

    /// Neutral pairs with one side alone.
    public var fault: String? { RecordAgreement.alignmentFault(self) }

    /// A row a component of the model, and the neutral pairs.
    public var plainTables: [String: Table] {
        let rows = tables.flatMap { table in table.components.map { (table, $0) } }
        let columns: [Column<(AlignmentTable, AlignedComponent)>] = [
            Column("benchmark", \.0.benchmark), Column("domain", \.0.domain), Column("part", \.1.component),
            Column("layer", \.1.layer), Column("start", \.1.start), Column("path", \.1.path), Column("norm", \.1.norm),
        ]
        return [
            "alignment": rows.table(columns),
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
        let columns: [Column<Site>] = [
            Column("subject", \.subject), Column("site", \.site), Column("target_rank", \.targetRank),
            Column("subject_rank", \.subjectRank), Column("shared", \.shared),
            .derived("first_cosine", \.cosines.first), .derived("first_threshold", \.thresholds.first),
        ]
        return ["sites": sites.table(columns)]
    }
}

extension ContributionRecord: StageRecord {
    /// /contributions
    public static let group = "contributions"

    /// A list of another length than it belongs to.
    public var fault: String? { RecordAgreement.contributionFault(self) }

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
        if let sets = found.sets { sentences.append(.string(sets), as: "forget_set") }
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
        let columns: [Column<Retraining>] = [
            Column("name", \.name), .derived("purpose", \.purpose.rawValue), Column("change", \.change),
            Column("forgotten", \.forgotten), Column("seed", \.seed), Column("sentences", \.sentences),
            Column("harmful_tokens", \.harmfulTokens), Column("steps", \.steps), Column("alpha", \.alpha),
            Column("reason", \.reason),
        ]
        return [Self.group: reruns.table(columns)]
    }
}

extension ContinuationRecord: StageRecord {
    /// /continuations
    public static let group = "continuations"

    /// Numbers of another count than the continuations.
    public var fault: String? {
        guard samples > 0 else { return "/continuations has no sample of a prompt" }
        let (count, overflow) = prompts.count.multipliedReportingOverflow(by: samples)
        let isWhole = voices.allSatisfy {
            [$0.texts.count, $0.tokens.count, $0.repetition.count, $0.harmfulWords.count].allSatisfy { $0 == count }
                && $0.distinct.count == 2
        }
        return isWhole && !overflow ? nil : "/continuations has other counts of continuations, or of their numbers"
    }

    /// A row a continuation of a model.
    public var plainTables: [String: Table] {
        let rows = voices.flatMap { voice in voice.texts.indices.map { (voice, $0) } }
        let columns: [Column<(Voice, Int)>] = [
            Column("model", \.0.model), .derived("prompt", { $0.1 / samples }), .derived("text", { $0.0.texts[$0.1] }),
            .derived("tokens", { $0.0.tokens[$0.1] }), .derived("repetition", { $0.0.repetition[$0.1] }),
            .derived("harmful_words", { $0.0.harmfulWords[$0.1] }),
        ]
        return [Self.group: rows.table(columns)]
    }
}

extension AssociationRecord: StageRecord {
    /// /associations
    public static let group = "associations"

    /// Other tests or spaces after than before.
    public var fault: String? {
        before.elementsEqual(after) { ($0.test, $0.space) == ($1.test, $1.space) }
            ? nil : "/associations has other tests or spaces before than after"
    }

    /// A row a target, for either model.
    public var plainTables: [String: Table] {
        let columns: [Column<(AssociationScores, String, AssociationScores.Target)>] = [
            Column("test", \.0.test), Column("space", \.0.space), Column("set", \.1), Column("target", \.2.text),
            Column("association", \.2.value),
        ]
        func table(_ scores: [AssociationScores]) -> Table {
            scores.flatMap { score in score.first.map { (score, "X", $0) } + score.second.map { (score, "Y", $0) } }
                .table(columns)
        }
        return ["before": table(before), "after": table(after)]
    }
}

extension CommandRecord: StageRecord {
    /// /commands
    public static let group = "commands"

    /// A row a command, and a row an item for either model.
    public var plainTables: [String: Table] {
        let columns: [Column<Command>] = [
            Column("name", \.name), Column("before", \.before.value), Column("after", \.after.value),
        ]
        let itemColumns: [Column<(String, CommandScore.Item)>] = [
            Column("name", \.0), Column("id", \.1.id), Column("score", \.1.score),
        ]
        func items(_ side: KeyPath<Command, CommandScore>) -> Table {
            commands.flatMap { command in command[keyPath: side].items.map { (command.name, $0) } }.table(itemColumns)
        }
        return [Self.group: commands.table(columns), "before": items(\.before), "after": items(\.after)]
    }
}
