import Analyze
import FileSupport

/// Names below `why` by which rows of attribution are found, the same for tree and page.
package enum WhyKeys {
    /// `why.alignment.parts`: domain, then part, with its block where it is only a block's.
    package static func alignment(_ row: AlignmentRow) -> [String] { [row.domain, place(row.part, row.layer)] }
    /// `why.alignment.places`: domain, then place in the model.
    package static func place(_ row: ComponentRow) -> [String] { [row.domain, row.place] }
    /// `why.patching`: domain, then part, with its block where it is only a block's.
    package static func patching(_ row: PatchRow) -> [String] { [row.domain, place(row.part, row.layer)] }
    /// `why.mediation`: domain whose bias is read, domain that defines the subspace, subspace.
    package static func mediation(_ row: MediationRow) -> [String] { [row.domain, row.subject, row.subspace] }
    /// `why.drift_split`: cluster.
    package static func split(_ row: DriftSplitRow) -> [String] { [ReportTree.clusterName(row.domain, row.group)] }
    /// `why.ladder` and `why.reruns`: name of the retraining, then domain.
    package static func rerun(_ row: RetrainingRow) -> [String] { [row.rerun.name, row.domain] }
    /// `why.matrix`: domain forgotten, then domain read.
    package static func matrix(_ cell: MatrixCell) -> [String] { [cell.forgotten, cell.measured] }

    /// A part, with its block (from 0) where the row is of one block only.
    package static func place(_ part: String, _ layer: Int?) -> String {
        layer.map { "\(part), block \($0)" } ?? part
    }
}

extension ReportTree {
    /// Everything below `why`; null when the study asks for no explanation.
    static func why(_ result: AttributionResult?, _ policy: TextPolicy) -> JSON {
        guard let result else { return .null }
        return [
            "benchmark": .string(result.benchmark),
            "explanations": result.explanations.isEmpty
                ? .null : .keyed(result.explanations, by: \.domain, explanation),
            "alignment": [
                "whole": result.alignment.isEmpty ? .null : .keyed(result.alignment, by: \.domain, alignment),
                "parts": branches(result.alignmentParts, by: WhyKeys.alignment, alignmentPart),
                "places": branches(ComponentRow.all(result.alignmentParts), by: WhyKeys.place) {
                    ["path": .number($0.path)]
                },
            ],
            "patching": branches(result.patching, by: WhyKeys.patching, patch),
            "mediation": branches(result.mediation, by: WhyKeys.mediation, mediation),
            "replay_error": .of(result.replayError),
            "drift_split": branches(result.driftSplit, by: WhyKeys.split, split),
            "contributions": result.contributions.isEmpty
                ? .null : .keyed(result.contributions, by: \.domain) { contribution($0, policy) },
            "ladder": branches(result.ladder, by: WhyKeys.rerun, rerun),
            "reruns": branches(result.reruns, by: WhyKeys.rerun, rerun),
            "matrix": branches(result.matrix, by: WhyKeys.matrix, cell),
            "pareto": .array(result.pareto.map(point)), "forecast": result.forecast.map(forecast) ?? .null,
            "not_computed": .array(result.notComputed.map(notComputed)),
        ]
    }

    private static func explanation(_ item: DomainExplanation) -> JSON {
        [
            "sentence": .string(item.sentence), "carriers": .of(item.carriers.map(\.rawValue)),
            "rivals": .keyed(item.rivals, by: \.explanation.rawValue) { rival in
                [
                    "standing": .string(rival.standing.rawValue), "for": .array(rival.evidenceFor.map(evidence)),
                    "against": .array(rival.evidenceAgainst.map(evidence)), "open": .of(rival.open),
                ]
            },
        ]
    }

    private static func evidence(_ item: Evidence) -> JSON {
        [
            "text": .string(item.text), "value": .of(item.value), "lower": .of(item.interval?.lower),
            "upper": .of(item.interval?.upper), "threshold": .of(item.threshold),
        ]
    }

    private static func alignment(_ item: AlignmentSummary) -> JSON {
        [
            "start": .number(item.start), "path": .number(item.path), "exact": .number(item.exact),
            "completeness_error": .number(item.completenessError), "forget": .of(item.forget),
            "retain": .of(item.retain), "decay": .of(item.decay), "cosine": .number(item.cosine),
            "cosine_neutral_removed": .number(item.cosineNeutralRemoved), "neutral": controlled(item.neutral),
        ]
    }

    private static func alignmentPart(_ row: AlignmentRow) -> JSON {
        [
            "part": .string(row.part), "layer": .of(row.layer), "start": .number(row.start),
            "path": .number(row.path), "share": .of(row.share), "forget": .of(row.forget),
            "retain": .of(row.retain), "decay": .of(row.decay), "norm_share": .number(row.normShare),
        ]
    }

    private static func patch(_ row: PatchRow) -> JSON {
        [
            "part": .string(row.part), "layer": .of(row.layer), "norm_share": .number(row.normShare),
            "only": controlled(row.only), "share_only": controlled(row.shareOnly),
            "without": controlled(row.without), "share_without": controlled(row.shareWithout),
        ]
    }

    private static func mediation(_ row: MediationRow) -> JSON {
        [
            "ranks": .array(row.ranks.map { .integer($0) }), "rank_total": .integer(row.ranks.reduce(0, +)),
            "norm_share": .of(row.normShare), "removed": controlled(row.removed), "share": controlled(row.share),
            "kept": controlled(row.kept),
        ]
    }

    /// What no part explains: 1 less the shares; nil when one is missing.
    package static func unexplained(_ row: DriftSplitRow) -> Double? {
        guard let output = row.output, let input = row.input, let retain = row.retain, let decay = row.decay else {
            return nil
        }
        return 1 - output - input - retain - decay
    }

    private static func split(_ row: DriftSplitRow) -> JSON {
        [
            "domain": .string(row.domain), "group": .of(row.group), "words": .integer(row.words),
            "output": .of(row.output), "input": .of(row.input), "retain": .of(row.retain), "decay": .of(row.decay),
            "unexplained": .of(unexplained(row)), "output_r2": .of(row.outputR2), "forget_r2": .of(row.forgetR2),
            "all_r2": .of(row.allR2),
            "output_cosine": .of(row.outputCosine), "reason": .of(row.reason),
        ]
    }

    private static func contribution(_ item: ContributionSummary, _ policy: TextPolicy) -> JSON {
        func one(_ entry: Contribution) -> JSON {
            let isWord = entry.digest.isEmpty
            return [
                "name": .string(isWord ? Redaction.word(entry.name, policy: policy) : Redaction.row(entry, policy)),
                "length": isWord ? .integer(entry.name.count) : .null,
                "value": .number(entry.value), "uses": .integer(entry.uses), "used_against": .of(entry.usedAgainst),
            ]
        }
        return [
            "exact": .number(item.exact), "forget": .number(item.forget), "retain": .number(item.retain),
            "decay": .number(item.decay), "unexplained": .number(item.unexplained),
            "is_exact": .bool(item.isExact), "shared_word_share": .of(item.sharedWordShare),
            "shared_word_base": .of(item.sharedWordBase), "shared_word_p": .of(item.sharedWordP),
            "words": .array(item.topWords.map(one)),
            "sentences": .array(item.topSentences.map(one)),
        ]
    }

    private static func rerun(_ row: RetrainingRow) -> JSON {
        [
            "purpose": .string(row.rerun.purpose.rawValue), "change": .string(row.rerun.change),
            "forgotten": .string(row.rerun.forgotten), "seed": .integer(row.rerun.seed),
            "sentences": .integer(row.rerun.sentences), "harmful_tokens": .integer(row.rerun.harmfulTokens),
            "steps": .integer(row.rerun.steps), "alpha": .number(row.rerun.alpha), "tau": controlled(row.tau),
            "share": controlled(row.share), "kl": .of(row.kl), "perplexity": .of(row.perplexity),
            "reason": .of(row.rerun.reason),
        ]
    }

    private static func cell(_ item: MatrixCell) -> JSON {
        ["seeds": .integer(item.seeds), "tau": controlled(item.tau)]
    }

    private static func point(_ item: ParetoPoint) -> JSON {
        [
            "sweep": .string(item.sweep), "value": .number(item.value),
            "perplexity_change": .of(item.perplexityChange), "kl": .of(item.kl), "target": .number(item.target),
            "transfer": .of(item.transfer), "on_front": .bool(item.isOnFront),
        ]
    }

    private static func forecast(_ item: ForecastResult) -> JSON {
        [
            "benchmark": .string(item.benchmark), "rank_correlation": .of(item.rankCorrelation),
            "rank_correlation_all": .of(item.rankCorrelationAll), "p": .of(item.p), "reason": .of(item.reason),
            "entries": .keyed(item.entries, by: \.domain) { entry in
                [
                    "items": .integer(entry.items), "bias": .number(entry.bias),
                    "predicted": .number(entry.predicted), "cosine": .number(entry.cosine),
                    "overlap": .of(entry.overlap), "shared_words": .number(entry.sharedWords),
                    "actual": .of(entry.actual),
                ]
            },
        ]
    }
}
