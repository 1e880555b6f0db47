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
    /// Those of the leading benchmark.
    package let verdicts: [Verdict]
    package let gates: [GateResult]
    /// The report files written.
    package let files: [String]
    /// report.json.
    package let json: JSON
}

/// The analysis of a run, from its run.h5 alone.
///
/// A study's run ends with this, and `driftscope analyze` does it again on a run of any age: one way to the numbers.
package enum RunAnalysis {
    private static let group = "results"
    /// The formats of a report.
    package static let formats = ["html", "md", "json"]
    /// The event that tells of an analysis in the audit log; the last one of a run that has ended.
    static let event = "analysed"

    /// What run.h5 holds, and the study that the run was made from.
    private struct Stored {
        var header: RunHeader
        let records: RunRecords
        let study: StudyFile

        init(_ path: String, study given: StudyFile? = nil, _ registry: StudyRegistry) throws {
            let reader = try RunReader(path)
            header = reader.header
            records = try RunStore.read(reader)
            if let given {
                study = given
                return
            }
            guard let text = records.metadata.study else {
                throw InputError("the run holds no study", at: path, remedy: "name a run that driftscope run has made")
            }
            study = try StudyFile.parse(text, file: "study.yaml in \(path)/run.h5", folder: "/", registry: registry)
        }
    }

    /// Analyses a finished run again; see ``finish(_:study:benchmarks:registry:audit:isVerified:progress:formats:)``.
    ///
    /// - Throws: ``InputError`` when there is no finished run, or another process works in the folder.
    package static func analyse(_ path: String, isVerified: Bool, progress: ProgressLine) throws -> RunSummary {
        // Who names no run is told that first.
        _ = try RunReader(path)
        return try alone(in: path) { try finish(path, isVerified: isVerified, progress: progress) }
    }

    /// Holds a run's folder while something is written into it.
    private static func alone<Result>(in path: String, _ body: () throws -> Result) throws -> Result {
        let lock = try RunLock(RunFolder(path))
        defer { withExtendedLifetime(lock) {} }
        return try body()
    }

    /// Analyses a run again, keeps the result in its run.h5 and writes its report.
    ///
    /// The audit log gets a line with the hashes of what was analysed and of what came out; run.h5 and the report name that
    /// line.
    ///
    /// - Parameters:
    ///   - path: a run folder.
    ///   - benchmarks: those of the study, for the text of examples; nil reads them, where their files still are.
    ///   - registry: the objectives and benchmarks that the study may name.
    ///   - audit: the run's log, where it is open already.
    ///   - isVerified: whether hashes and log were checked before.
    /// - Throws: ``InputError`` when there is no finished run.
    package static func finish(
        _ path: String, study: StudyFile? = nil, benchmarks: [any BiasBenchmark]? = nil,
        registry: StudyRegistry = .standard, audit: AuditLog? = nil, isVerified: Bool, progress: ProgressLine,
        formats: [String] = RunAnalysis.formats
    ) throws -> RunSummary {
        var run = try Stored(path, study: study, registry)
        progress.begin("analysing")
        let result = try Analysis.run(run.records, run.study.analysisRequest)
        let audit = try audit ?? AuditLog(path: RunFolder(path).audit)
        try keep(result, in: path, audit, isVerified: isVerified)
        run.header.audit = audit.anchor
        progress.begin("writing the report")
        let read = benchmarks ?? readBenchmarks(run.study, registry, progress)
        let summary = try write(result, of: run, benchmarks: read, to: path, gates: [], formats: formats)
        progress.finishLine()
        return summary
    }

    /// Makes the report from the analysis that run.h5 holds, without analysing anew.
    package static func report(
        _ path: String, registry: StudyRegistry = .standard, progress: ProgressLine, gates: [Gate], formats: [String]
    ) throws -> RunSummary {
        let result = try stored(in: path)
        let run = try Stored(path, registry)
        let benchmarks = readBenchmarks(run.study, registry, progress)
        return try alone(in: path) {
            try write(result, of: run, benchmarks: benchmarks, to: path, gates: gates, formats: formats)
        }
    }

    /// The analysis that a run holds.
    ///
    /// - Throws: ``InputError`` when there is none.
    static func stored(in path: String) throws -> AnalysisResult {
        guard let text = try RunReader(path).resultsJSON(group: group) else {
            throw InputError("this run has not been analysed", at: path, remedy: "driftscope analyze \(path)")
        }
        guard let result: AnalysisResult = try? StoredJSON.value(text) else {
            throw InputError(
                "the analysis in this run was kept by another version of driftscope", at: path,
                remedy: "driftscope analyze \(path) makes it anew")
        }
        return result
    }

    /// The study's benchmarks for the sentences of examples; where their files are gone, a line says that there are none.
    private static func readBenchmarks(
        _ study: StudyFile, _ registry: StudyRegistry, _ progress: ProgressLine
    ) -> [any BiasBenchmark] {
        do {
            return try study.readBenchmarks(registry.benchmarks).benchmarks
        } catch {
            progress.say("the report shows no sentences of examples: \(error)")
            return []
        }
    }

    private static func write(
        _ result: AnalysisResult, of run: Stored, benchmarks: [any BiasBenchmark], to path: String, gates: [Gate],
        formats: [String]
    ) throws -> RunSummary {
        let leading = run.records.evaluations.first { $0.label == Evaluation.before }?.benchmark
        let read = benchmarks.first { RunPaths.safe($0.name) == leading.map(RunPaths.safe) }
        let items: [any BenchmarkItem] = read?.items ?? []
        let input = ReportInput(
            analysis: result, records: run.records, runID: run.header.runID, created: run.header.created,
            version: run.header.producerVersion, audit: run.header.audit, seeds: run.study.seeds,
            guardLimits: run.study.analysisRequest.guardLimits,
            itemTexts: Dictionary(items.map { ($0.row, $0.contrast.more) }) { first, _ in first },
            textPolicy: run.study.textPolicy)
        let report = Report(input, gates: gates)
        try report.write(to: path, formats: formats)
        return RunSummary(
            verdicts: result.leadingVerdicts, gates: report.gates,
            files: formats.map { path + "/report." + $0 }, json: report.tree)
    }

    /// The analysis goes into run.h5 as one JSON text with its main tables beside it.
    private static func keep(
        _ result: AnalysisResult, in path: String, _ audit: AuditLog, isVerified: Bool
    ) throws {
        let verdicts = result.verdicts
        let json = try StoredJSON.text(result)
        try audit.append(
            event,
            [
                "verdicts": .object(result.leadingVerdicts.map { ($0.domain, .string($0.outcome.rawValue)) }),
                "numbers": try RunReader(path).digest().map { .string($0) } ?? .null,
                "analysis": .string(SHA256Hex.of(json)), "verified": .bool(isVerified),
            ])
        try RunStore.replaceResults(
            [
                "verdicts": [
                    "benchmark": .string(verdicts.map(\.benchmark)), "domain": .string(verdicts.map(\.domain)),
                    "outcome": .string(verdicts.map(\.outcome.rawValue)), "sentence": .string(verdicts.map(\.sentence)),
                ]
            ], json: json, in: path, group: group, audit: audit.anchor)
    }
}
