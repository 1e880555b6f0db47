import Evaluate
import FileSupport
import Foundation
import StudyFiles
import Unlearn

/// The analysis of run.h5, and the report.
enum ReportStage: Stage {
    static let name = "analysis and report"
    static let summary = "the numbers of run.h5 tested, judged and written down"
    static let needs = [PackingStage.name]
    static let writes = ["/results", "report.html", "report.md", "report.json"]

    static func isDone(_: StudyPlan, _: RunContents) -> Bool { false }

    static func cost(_ plan: StudyPlan) -> StageCost {
        let (study, costs) = (plan.study, plan.costs)
        let items = plan.scorers.reduce(0) { $0 + $1.items.count }
        let shape = plan.inputs.before.inputEmbedding.shape
        // Intervals of a few dozen quantities over all items; controls for every word; neighbours of every concept token.
        let resampled = Double(study.analyze.bootstrap * items * 8)
        let matched = Double(study.analyze.controls * plan.watchedTokens.count)
        let neighbours = Double(shape[0] * shape[1] * plan.watchedTokens.count) / 50
        return StageCost(
            counts: [(study.analyze.bootstrap, "bootstrap draw"), (study.analyze.controls, "control draw")],
            work: Work(analysed: resampled + matched + neighbours), memory: 4 * costs.embeddingBytes, files: 2_000_000)
    }

    static func run(_ run: RunContext) throws {
        run.summary = try finish(
            run.study, run.folder, benchmarks: run.inputs.benchmarks, options: run.options, audit: run.audit,
            progress: run.progress)
    }

    /// Analysis and report of a packed run.
    ///
    /// - Parameter benchmarks: those of the study, where they were read.
    static func finish(
        _ study: StudyFile, _ folder: RunFolder, benchmarks: [any BiasBenchmark]? = nil,
        options: StudyRun.Options, audit: AuditLog, progress: ProgressLine
    ) throws -> RunSummary {
        try RunAnalysis.finish(
            folder.path, study: study, benchmarks: benchmarks, registry: options.registry, audit: audit,
            isVerified: options.isVerified, progress: progress)
    }
}
