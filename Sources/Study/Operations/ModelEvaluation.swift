import Evaluate
import FileSupport
import Foundation
import LanguageModel
import Records
import Report

/// `driftscope evaluate`: one model, scored.
public enum ModelEvaluation {
    /// Scores a model on pairs and texts.
    ///
    /// - Parameters:
    ///   - perItem: a CSV to write with a row per pair.
    ///   - perToken: a JSON-lines file to write with the log-probability of every token.
    /// - Throws: ``InputError`` for anything wrong in the inputs.
    public static func run(
        model folder: String, crowsPairs: [String], texts: [String], profile name: String, byLine: Bool,
        perItem: String?, perToken: String?, progress: ProgressLine
    ) throws -> CommandResult {
        guard let profile = ScoringProfile(rawValue: name) else {
            throw InputError(
                "unknown profile '\(name)'", at: "--profile",
                remedy: "use \(ScoringProfile.allCases.map(\.rawValue).joined(separator: " or "))")
        }
        guard !crowsPairs.isEmpty || !texts.isEmpty else {
            throw InputError("nothing to score", at: "driftscope evaluate", remedy: "give --crows-pairs or --text")
        }
        let checkpoint = try CheckpointFolder.load(ModelFolder.resolve(folder), masked: true)
        try requireFitting(profile, checkpoint, place: folder, hasTexts: !texts.isEmpty)
        let context = checkpoint.model.configuration.contextLength
        var text = ""
        var benchmarks: [JSON] = []
        var items = CSVWriter(header: [
            "benchmark", "row", "domain", "gap", "more_mean", "less_mean", "gap_changed", "gap_shared", "tokens_more",
            "tokens_less", "tie",
        ])
        var tokenLines = ""
        for path in crowsPairs {
            let set = try PairSet.readCrowSPairs(path)
            let scorer = try PairScorer(
                pairs: set, tokenizer: checkpoint.tokenizer, profile: profile, contextLength: context)
            progress.begin("scoring \(set.name)")
            let table = scorer.score(checkpoint.model, perToken: perToken != nil)
            progress.finishLine()
            text += "\(set.name), profile \(profile.rawValue)\n" + summaryTable(table)
            for (reason, count) in Dictionary(grouping: table.skipped, by: \.reason).mapValues(\.count).sorted(by: <) {
                text += "skipped \(count): \(reason)\n"
            }
            text += "\n"
            benchmarks.append(summaryJSON(table))
            for score in table.scores {
                items.append([
                    table.benchmark, String(score.row), score.domain, "\(score.gap)", "\(score.moreMean)",
                    "\(score.lessMean)", score.gapChanged.map { "\($0)" } ?? "", score.gapShared.map { "\($0)" } ?? "",
                    String(score.tokensMore), String(score.tokensLess), score.isTie ? "1" : "0",
                ])
                if let tokens = score.perToken { tokenLines += tokenLine(score, tokens).compact + "\n" }
            }
        }
        var perplexities: [JSON] = []
        for path in texts {
            let prepared = try PerplexityText.read(
                path, tokenizer: checkpoint.tokenizer, profile: profile, contextLength: context, byLine: byLine)
            progress.begin("perplexity of \(path)")
            let value = prepared.measure(checkpoint.model)
            progress.finishLine()
            text += "perplexity of \((path as NSString).lastPathComponent): \(NumberText.text(value.value)) "
            text += "(window \(value.window), stride \(value.stride), begin token \(value.beginToken ? "yes" : "no"), "
            text += "\(value.scoredTokens) tokens scored, per \(value.normaliserName))\n"
            perplexities.append([
                "text": .string(path), "value": .number(value.value), "window": .integer(value.window),
                "stride": .integer(value.stride), "beginToken": .bool(value.beginToken),
                "scoredTokens": .integer(value.scoredTokens), "normaliser": .string(value.normaliserName),
            ])
        }
        if let perItem { try AtomicFile.write(items.bytes, to: perItem) }
        if let perToken { try AtomicFile.write(tokenLines, to: perToken) }
        return CommandResult(
            text: text,
            json: [
                "model": .string(folder), "profile": .string(profile.rawValue), "benchmarks": .array(benchmarks),
                "perplexity": .array(perplexities),
            ])
    }

    /// Refuses a profile for the other kind of model, and perplexity of a model that predicts no next token.
    private static func requireFitting(
        _ profile: ScoringProfile, _ checkpoint: LoadedCheckpoint, place: String, hasTexts: Bool
    ) throws {
        let isMasked = checkpoint.model.isMasked
        guard isMasked == profile.isMasked else {
            let fitting = isMasked ? [.pseudoLogLikelihood] : ScoringProfile.causal
            throw InputError(
                "the profile \(profile.rawValue) does not score a model that "
                    + (isMasked ? "fills in masked tokens" : "predicts the next token"), at: place,
                remedy: "use --profile " + fitting.map(\.rawValue).joined(separator: " or "))
        }
        guard !isMasked || !hasTexts else {
            throw InputError(
                "a model that fills in masked tokens has no perplexity", at: place, remedy: "leave --text out")
        }
    }

    private static func summaryTable(_ table: PairTable) -> String {
        var out = TextTable(["domain", "N", "ties", "share g>0 %", "B_d", "mean |g|", "stereo %", "anti %"])
        for (name, s) in table.domains.map({ ($0, table.summary($0)) }) + [("all", table.overall)] {
            out.add([
                name, String(s.count), String(s.ties), NumberText.fixed(s.share, 2), NumberText.fixed(s.bias, 4),
                NumberText.fixed(s.meanAbsoluteGap, 4), NumberText.fixed(s.stereotypeScore, 2),
                NumberText.fixed(s.antiStereotypeScore, 2),
            ])
        }
        return out.text
    }

    private static func summaryJSON(_ table: PairTable) -> JSON {
        func json(_ s: PairSummary) -> JSON {
            [
                "count": .integer(s.count), "ties": .integer(s.ties), "hits": .integer(s.hits),
                "share": .number(s.share), "bias": .number(s.bias), "meanAbsoluteGap": .number(s.meanAbsoluteGap),
                "stereotypeScore": .number(s.stereotypeScore), "antiStereotypeScore": .number(s.antiStereotypeScore),
            ]
        }
        return [
            "benchmark": .string(table.benchmark), "skipped": .integer(table.skipped.count),
            "domains": .object(table.domains.map { ($0, json(table.summary($0))) }), "all": json(table.overall),
        ]
    }

    private static func tokenLine(_ score: PairScore, _ tokens: PairScore.TokenScores) -> JSON {
        [
            "row": .integer(score.row), "domain": .string(score.domain),
            "moreTokens": .array(tokens.moreTokens.map { .integer(Int($0)) }),
            "more": .array(tokens.more.map { .single($0) }),
            "lessTokens": .array(tokens.lessTokens.map { .integer(Int($0)) }),
            "less": .array(tokens.less.map { .single($0) }),
        ]
    }
}
