import Analyze
import FileSupport
import Foundation
import Records
import Report
import RunStore
import StudyFiles

/// `driftscope run` of a study in stages: a run a stage, each of the model that the one before left, and one report.
package enum StagesRun {
    /// What the stages came to.
    package struct Summary: Sendable {
        /// What a stage forgot, as a sentence has it, with the verdicts on its leading benchmark.
        package var stages: [(domain: String, verdicts: [Verdict])] = []
        /// stages.json.
        package var json = JSON.null
    }

    /// The run folders of the stages, in order.
    package static func folders(_ stages: StudyStages, in path: String) -> [String] {
        stages.studies.enumerated().map {
            path + "/\($0.offset + 1)-" + $0.element.domains.targets.map(RunPaths.safe).joined(separator: "+")
        }
    }

    /// Makes the stages that are not done yet, then the report of all.
    ///
    /// - Throws: ``InputError`` for what is wrong in any stage, before the first of them begins; ``UnfinishedError`` and
    ///   ``InterruptedError``: what was done stays and `resume` goes on.
    package static func run(
        _ stages: StudyStages, folder path: String, options: StudyRun.Options, progress: ProgressLine
    ) throws -> Summary {
        let folders = folders(stages, in: path).map { RunFolder($0) }
        try requireUsable(path, folders, resume: options.resume)
        if !options.resume {
            for study in stages.studies.dropFirst() {
                _ = try StudyPlan(study, registry: options.registry, progress: progress)
            }
        }
        try AtomicFile.makeFolder(path)
        let lock = try RunLock(RunFolder(path))
        defer { withExtendedLifetime(lock) {} }
        try requireUsable(path, folders, resume: options.resume)
        var contents: [StageContents] = []
        var records: [(analysis: AnalysisResult, evaluations: [Evaluation], texts: [TextPerplexity])] = []
        var summary = Summary()
        for (index, (study, folder)) in zip(stages.studies, folders).enumerated() {
            var study = study
            progress.say("stage \(index + 1) of \(folders.count): \(study.domains.forgotten)")
            if index > 0 { study.model = URL(fileURLWithPath: folders[index - 1].checkpoint).standardizedFileURL.path }
            try StudyRun.make(study, folder, options: options, progress: progress)
            let analysis = try RunAnalysis.stored(in: folder.path)
            let reader = try RunReader(folder.path)
            let metadata = try reader.metadata() ?? RunMetadata()
            contents.append(
                StageContents(
                    forgotten: study.domains.targets, folder: String(folder.path.dropFirst(path.count + 1)),
                    analysis: analysis, metadata: metadata))
            let evaluations = try RunStore.read(reader).evaluations
            records.append((analysis, evaluations, metadata.perplexity))
            summary.stages.append(
                (study.domains.forgotten, analysis.leadingVerdicts))
        }
        guard let first = records.first, let last = records.last else { return summary }
        let forgotten = Set(stages.studies.flatMap(\.domains.targets))
        let report = RenderedReport(
            StagesContents(
                version: driftscopeVersion, created: options.created.formatted(.iso8601),
                command: options.commandLine, model: stages.studies[0].model, margin: first.analysis.settings.margin,
                whole: try StagesAnalysis.changes(
                    first: first.evaluations, last: last.evaluations,
                    domains: first.analysis.domains.map {
                        AnalysisDomain(name: $0.name, role: forgotten.contains($0.name) ? .target : $0.role)
                    }, settings: first.analysis.settings),
                texts: zip(first.texts, last.texts).map { before, after in
                    var whole = before
                    (whole.after, whole.kl) = (after.after, nil)
                    return whole
                }, stages: contents))
        try report.write("stages", to: path)
        summary.json = report.tree
        progress.finishLine()
        return summary
    }

    /// Refuses a folder that holds something else, and one without stages to go on with.
    private static func requireUsable(_ path: String, _ folders: [RunFolder], resume: Bool) throws {
        guard !resume else {
            guard folders[0].holdsRun else {
                throw InputError("no stages to go on with", at: path, remedy: "leave --resume out, or check --out")
            }
            return
        }
        try SweepFolder.requireEmpty(path, holding: folders[0].holdsRun ? "stages" : nil)
    }
}
