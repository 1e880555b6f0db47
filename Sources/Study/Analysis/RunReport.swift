import Analyze
import Evaluate
import FileSupport
import Foundation
import Records
import Report
import RunStore
import StudyFiles
import Unlearn

/// What a run came to, for the command's last lines.
package struct RunSummary: Sendable {
    /// A verdict on one domain.
    package struct Line: Sendable {
        /// The domain.
        package let domain: String
        /// One of the six outcomes.
        package let outcome: String
        /// The verdict in words.
        package let sentence: String
    }

    /// The verdicts of the leading benchmark.
    package let verdicts: [Line]
    /// Outcomes of the gates.
    package let gates: [GateResult]
    /// The report files written.
    package let files: [String]
    /// report.json.
    package let json: JSON

    /// Whether a gate fired.
    package var hasFailed: Bool { gates.contains { $0.status == .fail } }
}

extension RunAnalysis {
    /// Analyses a run again, keeps the result in its run.h5 and writes its report.
    ///
    /// - Parameters:
    ///   - path: a run folder.
    ///   - benchmarks: those of the study, for the text of examples; nil reads them, as long as their files are where they were.
    ///   - registry: the objectives and benchmarks that the study may name.
    ///   - gates: conditions under which the report counts as failed.
    /// - Throws: ``InputError`` when there is no finished run.
    package static func finish(
        _ path: String, study given: StudyFile? = nil, benchmarks: [any BiasBenchmark]? = nil,
        registry: StudyRegistry = .standard, progress: ProgressLine, gates: [Gate], formats: [String]
    ) throws -> RunSummary {
        let (header, records) = try read(path)
        let study = try given ?? study(of: records, in: path, registry)
        progress.begin("analysing")
        let result = try Analysis.run(records, study.analysisRequest)
        let known = benchmarks ?? (try? study.readBenchmarks(registry.benchmarks)) ?? []
        let report = Report(
            reportInput(header, records, study: study, benchmarks: known, result: result), gates: gates)
        try keep(result, in: path)
        progress.begin("writing the report")
        let summary = try write(report, of: result, to: path, formats: formats)
        progress.finishLine()
        return summary
    }

    /// Makes the report from the analysis that run.h5 holds, without analysing anew.
    package static func report(
        _ path: String, registry: StudyRegistry = .standard, gates: [Gate], formats: [String]
    ) throws -> RunSummary {
        guard let text = try RunReader(path).resultsJSON(group: analysisGroup) else {
            throw InputError("this run has not been analysed", at: path, remedy: "driftscope analyze \(path)")
        }
        guard let result = try? JSONDecoder().decode(AnalysisResult.self, from: Data(text.utf8)) else {
            throw InputError(
                "the analysis in this run was kept by another version of driftscope", at: path,
                remedy: "driftscope analyze \(path) makes it anew")
        }
        let (header, records) = try read(path)
        let study = try study(of: records, in: path, registry)
        let known = (try? study.readBenchmarks(registry.benchmarks)) ?? []
        let report = Report(
            reportInput(header, records, study: study, benchmarks: known, result: result), gates: gates)
        return try write(report, of: result, to: path, formats: formats)
    }

    private static func read(_ path: String) throws -> (header: RunHeader, records: RunRecords) {
        let reader = try RunReader(path)
        return (reader.header, try RunStore.read(reader))
    }

    /// The study that a run was made from.
    private static func study(
        of records: RunRecords, in path: String, _ registry: StudyRegistry
    ) throws -> StudyFile {
        guard let text = records.metadata.study else {
            throw InputError("the run holds no study", at: path, remedy: "name a run that driftscope run has made")
        }
        return try StudyFile.parse(text, file: "study.yaml in \(path)/run.h5", folder: "/", registry: registry)
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
        let verdicts = result.verdicts
        try RunStore.replaceResults(
            [
                "verdicts": [
                    "benchmark": .string(verdicts.map(\.benchmark)), "domain": .string(verdicts.map(\.domain)),
                    "outcome": .string(verdicts.map(\.outcome.rawValue)),
                    "sentence": .string(verdicts.map(\.sentence)),
                ]
            ], json: text, in: path, group: analysisGroup)
    }

    private static func reportInput(
        _ header: RunHeader, _ records: RunRecords, study: StudyFile, benchmarks: [any BiasBenchmark],
        result: AnalysisResult
    ) -> ReportInput {
        ReportInput(
            analysis: result, records: records, runID: header.runID, created: header.created,
            version: header.producerVersion, seeds: study.seeds, guardLimits: study.analysisRequest.guardLimits,
            itemTexts: itemTexts(records.evaluations, study, benchmarks),
            textPolicy: study.report.text == "shown" ? .shown : .redacted)
    }

    /// Sentences of the leading benchmark by row, as long as its file is where it was.
    private static func itemTexts(
        _ evaluations: [Evaluation], _ study: StudyFile, _ benchmarks: [any BiasBenchmark]
    ) -> [Int: String] {
        let leading = evaluations.first { $0.label == Evaluation.before }?.benchmark
        let read = benchmarks.first {
            RunPaths.safe($0.name) == leading.map(RunPaths.safe)
        }
        let items: [any BenchmarkItem] = read?.items ?? []
        return Dictionary(items.map { ($0.row, $0.contrast.more) }) { first, _ in first }
    }
}
