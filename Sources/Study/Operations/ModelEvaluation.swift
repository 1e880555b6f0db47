import BuiltInStudy
import Embeddings
import Evaluate
import FileSupport
import Foundation
import LanguageModel
import Records
import Report

/// `driftscope evaluate`: one model, scored.
package enum ModelEvaluation {
    /// - Parameters:
    ///   - benchmarks: keys of benchmarks, each with a file.
    ///   - leaveOutFaults: names of known faults; items that have one are not scored.
    ///   - faults: the list of known faults.
    ///   - associations: files of WEAT and SEAT.
    ///   - lastWords: files of passages, of which the last word is asked for.
    ///   - windows: how texts are cut.
    ///   - perItem: a CSV to write with a row per item: gap and the columns of the benchmark's own.
    ///   - perToken: a JSON-lines file to write with the log-probability of every token.
    ///   - harness: a folder to write results to as lm-evaluation-harness does; see ``HarnessExport``.
    ///   - everyEval: a JSON file to write as Every Eval Ever has evaluations; see ``EveryEvalExport``.
    ///   - organization: who made the evaluation, for that file.
    ///   - replacing: whether these files are replaced where they are there already.
    /// - Throws: ``InputError`` for anything wrong in the inputs.
    package static func run(
        model folder: String, benchmarks requests: [(key: String, file: String)], leaveOutFaults: [String] = [],
        faults: String = "built-in", associations: [String] = [],
        texts: [String], lastWords: [String] = [], profile: ScoringProfile, byLine: Bool,
        windows: TextWindows = TextWindows(), perItem: String?, perToken: String?,
        harness: String? = nil, everyEval: String? = nil, organization: String? = nil, replacing: Bool = false,
        registry: BenchmarkRegistry = .all, progress: ProgressLine
    ) throws -> CommandResult {
        guard !requests.isEmpty || !associations.isEmpty || !texts.isEmpty || !lastWords.isEmpty else {
            throw InputError(
                "nothing to score", at: "driftscope evaluate",
                remedy: "give --crows-pairs, --stereoset, --benchmark, --weat, --text or --last-word")
        }
        try windows.requireUse(texts: texts, lastWords: lastWords)
        for path in [perItem, perToken, everyEval].compactMap({ $0 }) {
            try Output.requireFree(path, replacing: replacing)
        }
        let outputs = [perItem, perToken, everyEval].compactMap { $0 }
        if let twice = outputs.first(where: { path in outputs.count { $0 == path } > 1 }) {
            throw InputError("two outputs are one file", at: twice, remedy: "give each a name of its own")
        }
        guard organization == nil || everyEval != nil else {
            throw InputError(
                "--organization without --every-eval-ever", at: "driftscope evaluate", remedy: "give both, or neither")
        }
        // A benchmark may be read from several files.
        let (all, known) = try ItemFaults.read(faults == "built-in" ? BuiltInStudy.path("item-faults.csv") : faults)
            .leavingOut(
                leaveOutFaults,
                of: try registry.read(
                    requests.map(\.key).uniqued().map { key in (key, requests.filter { $0.key == key }.map(\.file)) },
                    at: "--benchmark"), at: "--leave-out-faults")
        var export = try harness.map {
            try HarnessExport($0, profile: profile, benchmarks: all, replacing: replacing)
        }
        let sets = try associations.map(AssociationSets.read)
        let checkpoint = try CheckpointFolder.load(ModelFolder.resolve(folder), masked: true)
        if !(requests.isEmpty && texts.isEmpty && lastWords.isEmpty) {
            try checkpoint.requireFitting(
                profile, at: folder, remedy: { "use --profile " + $0.joined(separator: " or ") })
            guard lastWords.isEmpty || !checkpoint.model.isMasked else {
                throw InputError(
                    "a model that fills in masked tokens predicts no next word of a text", at: folder,
                    remedy: "leave --last-word out")
            }
        }
        let context = checkpoint.model.configuration.contextLength
        let (read, others) = all.scored(under: profile)
        let warnings =
            [profile.warning(addsBeginToken: checkpoint.tokenizer.addsBeginToken)].compactMap { $0 } + checkpoint.notes
            + others.map { "\($0.name) is not scored under the profile \(profile)." }
        var text = warnings.map { $0 + "\n\n" }.joined()
        var scored: [ScoredBenchmark] = []
        for benchmark in read {
            let scorer = try benchmark.scorer(tokenizer: checkpoint.tokenizer, profile: profile, contextLength: context)
            progress.begin("scoring \(benchmark.name)")
            let table: any ScoreTable = scorer.score(checkpoint.model, perToken: perToken != nil)
            progress.finishLine()
            scored.append(
                ScoredBenchmark(
                    table: table, notes: benchmark.notes,
                    knownFaults: table.counts(of: known[benchmark.name] ?? [:]), clusters: scorer.clusters))
            if let scorer = scorer as? PairScorer, let table = table as? PairTable {
                export?.add(scorer, table, path: benchmark.path, model: checkpoint.model)
            }
        }
        let associated = try AssociationResults(sets, checkpoint, progress)
        var words: [ScoredBenchmark] = []
        for path in lastWords {
            let prepared = try LastWordText.read(
                path, tokenizer: checkpoint.tokenizer, profile: profile, contextLength: context,
                usesBegin: windows.usesBegin)
            progress.begin("last words of \(path)")
            let table = prepared.measure(checkpoint.model)
            words.append(
                ScoredBenchmark(
                    table: table,
                    notes: ["last words; begin token before a passage: \(prepared.beginToken ? "yes" : "no")"],
                    clusters: table.scores.map { _ in [:] }))
            progress.finishLine()
        }
        if !(scored + words).isEmpty { progress.begin("intervals") }
        let (measures, wordMeasures) = (MeasureTable(scored), MeasureTable(words))
        progress.finishLine()
        text += MeasureTable(parts: measures.parts + wordMeasures.parts).text + associated.text
        var perplexities: [Perplexity] = []
        for path in texts {
            let prepared = try PerplexityText.read(
                path, tokenizer: checkpoint.tokenizer, profile: profile, contextLength: context, byLine: byLine,
                window: windows.window, stride: windows.stride, usesBegin: windows.usesBegin)
            progress.begin("\(profile.perplexityName) of \(path)")
            perplexities.append(prepared.measure(checkpoint.model))
            progress.finishLine()
        }
        text += zip(texts, perplexities).map(perplexityText).joined()
        let tables = scored.map(\.table)
        if let perItem {
            try AtomicFile.write(itemTable(tables + associated.tables + words.map(\.table)).bytes, to: perItem)
        }
        if let perToken { try AtomicFile.write(tables.map(tokenLines).joined(), to: perToken) }
        if let everyEval {
            let files = Dictionary(read.map { ($0.name, $0.path) }) { first, _ in first }
            let json = try EveryEvalExport.json(
                measures, model: folder, checkpoint: checkpoint, profile: profile, files: files,
                organization: organization,
                date: Date())
            try AtomicFile.write(json.pretty, to: everyEval)
            text += "wrote \(everyEval.oneLine)\n"
        }
        if let export, let harness {
            let names = try export.write(model: folder, checkpoint, date: Date())
            text += names.map { "wrote \(harness)/\($0)\n" }.joined()
        }
        return CommandResult(
            text: text,
            json: [
                "model": .string(folder), "profile": .string(profile.name),
                "warnings": .array(warnings.map { .string($0) }),
                "benchmarks": .array(measures.parts.map(\.json)),
                "associations": associated.json, "lastWords": .array(wordMeasures.parts.map(\.json)),
                "perplexity": .array(zip(texts, perplexities).map(perplexityJSON)),
            ])
    }

    /// A row an item: its gap, and every benchmark's own columns, empty where another benchmark has them; no cell is a formula.
    private static func itemTable(_ tables: [any ScoreTable]) -> CSVWriter {
        let own = tables.flatMap { $0.columns.map(\.name) }.uniqued()
        var out = CSVWriter(header: ["benchmark", "row", "domain", "gap"] + own.map(\.asCell) + ["tie"])
        for table in tables {
            let columns = Dictionary(table.columns.map { ($0.name, $0) }) { first, _ in first }
            for (index, score) in (table.scores as [any BenchmarkScore]).enumerated() {
                out.append(
                    ([table.benchmark, String(score.row), score.domain, "\(score.gap)"]
                        + own.map { columns[$0]?.cell(index) ?? "" } + [score.gap == 0 ? "1" : "0"]).map(\.asCell))
            }
        }
        return out
    }

    /// A line an item: its row and domain, then for every sentence the ids of its tokens and log p of each.
    private static func tokenLines(_ table: any ScoreTable) -> String {
        (table.scores as [any BenchmarkScore]).map { score in
            let item: [(String, JSON)] = [("row", .integer(score.row)), ("domain", .string(score.domain))]
            return JSON.object(item + score.sentences.flatMap(\.members)).compact + "\n"
        }.joined()
    }
}
