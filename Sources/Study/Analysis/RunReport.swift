import Analyze
import Embeddings
import Evaluate
import FileSupport
import Foundation
import Report
import StudyFiles
import Unlearn

/// What a run came to, for the command's last lines.
public struct RunSummary: Sendable {
    /// A verdict on one domain.
    public struct Line: Sendable {
        /// The domain.
        public let domain: String
        /// One of the six outcomes.
        public let outcome: String
        /// The verdict in words.
        public let sentence: String
    }

    /// The verdicts of the leading benchmark.
    public let verdicts: [Line]
    /// Outcomes of the gates.
    public let gates: [GateResult]
    /// The report files written.
    public let files: [String]
    /// report.json.
    public let json: JSON

    /// Whether a gate fired.
    public var hasFailed: Bool { gates.contains { $0.status == .fail } }
}

extension RunAnalysis {
    /// Analyses a run again, keeps the result in its run.h5 and writes its report.
    ///
    /// - Parameters:
    ///   - path: a run folder.
    ///   - gates: conditions under which the report counts as failed.
    /// - Throws: ``InputError`` when there is no finished run.
    public static func finish(
        _ path: String, study given: StudyFile? = nil, progress: ProgressLine, gates: [Gate], formats: [String]
    ) throws -> RunSummary {
        let reader = try RunReader(path)
        let facts = try StoredFacts(try reader.provenance()?.facts ?? [:])
        let study = try given ?? StudyFile.parse(facts.study, file: "study.yaml in \(reader.path)", folder: "/")
        progress.begin("analysing")
        let result = try Analysis.run(try input(reader, study: study))
        let report = try Report(try reportInput(reader, facts: facts, study: study, result: result), gates: gates)
        try keep(result, in: path)
        progress.begin("writing the report")
        let summary = try write(report, of: result, to: path, formats: formats)
        progress.finishLine()
        return summary
    }

    /// Makes the report from the analysis that run.h5 holds, without analysing anew.
    public static func report(_ path: String, gates: [Gate], formats: [String]) throws -> RunSummary {
        let reader = try RunReader(path)
        let facts = try StoredFacts(try reader.provenance()?.facts ?? [:])
        guard let text = try reader.resultsJSON(group: analysisGroup) else {
            throw InputError("this run has not been analysed", at: path, remedy: "driftscope analyze \(path)")
        }
        let result = try JSONDecoder().decode(AnalysisResult.self, from: Data(text.utf8))
        let study = try StudyFile.parse(facts.study, file: "study.yaml in \(reader.path)", folder: "/")
        let report = try Report(try reportInput(reader, facts: facts, study: study, result: result), gates: gates)
        return try write(report, of: result, to: path, formats: formats)
    }

    private static func write(
        _ report: Report, of result: AnalysisResult, to path: String, formats: [String]
    ) throws -> RunSummary {
        try report.write(to: path, formats: formats)
        let leading = result.verdicts.filter { $0.benchmark == result.primaryBenchmark }
        return RunSummary(
            verdicts: leading.map { .init(domain: $0.domain, outcome: $0.outcome.rawValue, sentence: $0.sentence) },
            gates: report.gates, files: formats.map { path + "/report." + $0 }, json: report.tree)
    }

    private static let analysisGroup = "results"

    /// The analysis goes into run.h5 as one JSON text with its main tables beside it.
    private static func keep(_ result: AnalysisResult, in path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let text = String(decoding: try encoder.encode(result), as: UTF8.self)
        try RunStore.replaceResults(tables(result), json: text, in: path, group: analysisGroup)
    }

    private static func tables(_ result: AnalysisResult) -> [String: Embeddings.Table] {
        var verdicts = Embeddings.Table()
        verdicts.append(.string(result.verdicts.map(\.benchmark)), as: "benchmark")
        verdicts.append(.string(result.verdicts.map(\.domain)), as: "domain")
        verdicts.append(.string(result.verdicts.map(\.outcome.rawValue)), as: "outcome")
        verdicts.append(.string(result.verdicts.map(\.sentence)), as: "sentence")
        return ["verdicts": verdicts]
    }

    private static func reportInput(
        _ reader: RunReader, facts: StoredFacts, study: StudyFile, result: AnalysisResult
    ) throws -> ReportInput {
        let model = facts.model
        let trajectory = try reader.trajectory()?.steps ?? []
        func known(_ value: Double) -> Double? { value.isNaN ? nil : value }
        return ReportInput(
            analysis: result,
            run: .init(
                id: reader.header.runID, created: reader.header.created, version: reader.header.producerVersion,
                command: ReaderText.command(facts.commandLine), seeds: study.seeds, threads: facts.threads),
            model: ModelFacts(
                name: ReaderText.modelName(model?.name ?? ""), family: model?.family ?? "",
                parameters: model?.parameters ?? 0,
                layers: model?.layers ?? 0, hiddenSize: model?.hiddenSize ?? 0, vocabulary: model?.vocabulary ?? 0,
                context: model?.context ?? 0, tiedEmbeddings: model?.tiedEmbeddings ?? true),
            perplexity: facts.perplexity.compactMap { text in
                guard let before = text.before, let after = text.after else { return nil }
                return PerplexityFacts(
                    text: (text.text as NSString).lastPathComponent, before: before.value, after: after.value,
                    tokens: before.scoredTokens, window: before.window, stride: before.stride,
                    beginToken: before.beginToken, normaliser: before.normaliserName)
            },
            guardOutcome: facts.outcome.map { outcome in
                GuardFacts(
                    stopped: outcome.reason != .finished,
                    reason: outcome.reason == .finished ? "" : outcome.reason.description, lastStep: outcome.lastStep,
                    keptStep: outcome.keptStep, perplexityBudget: study.guardRule?.limits.perplexityRise,
                    klBudget: study.guardRule?.limits.kl, perplexityBefore: outcome.baseline?.perplexity,
                    perplexityAfter: outcome.kept?.perplexity, kl: outcome.kept?.klDivergence)
            },
            trajectory: trajectory.map { row in
                .init(
                    step: row.step, forgetLoss: known(row.forgetLoss), retainLoss: known(row.retainLoss),
                    perplexity: known(row.perplexity), kl: known(row.kl),
                    bias: study.domains.all.compactMap { domain in
                        row.bias[domain].flatMap(known).map { (domain: domain, value: $0) }
                    })
            },
            forget: facts.forget.map { [forgetFacts($0, study)] } ?? [],
            coverage: try coverage(reader), examples: try examples(reader, study: study),
            provenance: try provenance(reader), study: ReaderText.study(facts.study),
            textPolicy: study.report.text == "shown" ? .shown : .redacted)
    }

    private static func forgetFacts(_ summary: ForgetSetSummary, _ study: StudyFile) -> ForgetFacts {
        var excluded: [(reason: String, rows: Int)] = []
        for exclusion in summary.exclusions {
            excluded.append(("names \(exclusion.domain) by label", exclusion.byLabel))
            excluded.append(("names \(exclusion.domain) by word", exclusion.byWord))
        }
        if summary.rowsWithoutText > 0 { excluded.append(("no text", summary.rowsWithoutText)) }
        return ForgetFacts(
            domain: study.domains.target, source: (summary.path as NSString).lastPathComponent,
            rowsRead: summary.rowsRead, rowsSelected: summary.rowsMatching, excluded: excluded,
            sentences: summary.sentences, tokens: summary.tokens, harmfulTokens: summary.harmfulTokens,
            harmfulWords: summary.distinctHarmfulWords, rowsWithoutHarmfulWord: summary.rowsWithoutHarmfulWord,
            harmfulSource: summary.harmfulSource)
    }

    private static func coverage(_ reader: RunReader) throws -> [CoverageRow] {
        guard let words = try reader.concepts()?.words else { return [] }
        var keys: [[String]] = []
        for word in words where !keys.contains([word.domain, word.group]) { keys.append([word.domain, word.group]) }
        return keys.map { key in
            let group = words.filter { $0.domain == key[0] && $0.group == key[1] }
            let used = group.filter { !$0.singleTokens.isEmpty && !$0.inTwoConcepts }
            return CoverageRow(
                domain: key[0], group: key[1], words: group.count, single: group.count { !$0.singleTokens.isEmpty },
                multi: group.count { $0.status == .multi }, used: used.count,
                unexposed: used.count { $0.exposure == .unexposed },
                dropped: group.filter { $0.singleTokens.isEmpty || $0.inTwoConcepts }.map(\.word))
        }
    }

    /// The pairs whose gap changed most, three a domain, as long as the file of pairs is where it was.
    ///
    /// The report shows their text only when the study says so.
    private static func examples(_ reader: RunReader, study: StudyFile) throws -> [ExampleRow] {
        guard let path = study.evaluate.benchmarks.first?.files.first,
            let set = try? PairSet.readCrowSPairs(path, labels: study.evaluate.labels),
            let benchmark = try reader.evaluations().first(where: { $0.label == "before" })?.benchmark,
            let before = try reader.evaluation(label: "before", benchmark: benchmark)?.items,
            let after = try reader.evaluation(label: "after", benchmark: benchmark)?.items,
            let rows = before.int64("row"), let domains = before.string("domain"), let old = before.double("gap"),
            let new = after.double("gap"), new.count == old.count
        else { return [] }
        let texts = Dictionary(set.items.map { (Int64($0.row), $0.more) }) { first, _ in first }
        return study.domains.all.flatMap { domain in
            rows.indices.filter { domains[$0] == domain && (new[$0] - old[$0]).isFinite }
                .sorted { (abs(new[$0] - old[$0]), rows[$1]) > (abs(new[$1] - old[$1]), rows[$0]) }
                .prefix(3)
                .compactMap { i in
                    texts[rows[i]].map {
                        ExampleRow(label: domain, row: Int(rows[i]), text: $0, value: new[i] - old[i])
                    }
                }
        }
    }

    private static func provenance(_ reader: RunReader) throws -> [ProvenanceRow] {
        guard let inputs = try reader.provenance()?.inputs, let roles = inputs.string("role"),
            let names = inputs.string("name"), let bytes = inputs.int64("bytes"), let hashes = inputs.string("sha256")
        else { return [] }
        return roles.indices.map { i in
            ProvenanceRow(
                name: roles[i] + ": " + (names[i] as NSString).lastPathComponent, bytes: Int(bytes[i]),
                sha256: hashes[i])
        }
    }
}
