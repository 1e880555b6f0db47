import Analyze
import FileSupport
import Foundation
import Report
import RunStore
import Statistics
import StudyFiles

/// `driftscope sweep`: a run for every point, all with one baseline, and the front of bias against quality.
package enum SweepRun {
    /// What a sweep came to.
    package struct Summary: Sendable {
        /// The points that were made, in order, with the front marked.
        package var points: [SweepPoint] = []
        /// The settings that could not be made.
        package var failed: [FailedSetting] = []
        /// Why the first of those could not.
        package var firstFailure: InputError?
        /// sweep.json.
        package var json = JSON.null

        /// A line a point, those of the front with a star.
        package var text: String {
            var table = TextTable(["point", "α", "|B|", "τ", "perplexity", "KL"])
            func number(_ value: Double?, _ style: NumberStyle = .plain) -> String {
                value.map { NumberText.text($0, style) } ?? "–"
            }
            for point in points {
                let name = point.settings.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
                let notes =
                    (point.isOnFront ? ["* on the front"] : [])
                    + (point.brokenBudgets.isEmpty ? [] : ["over a budget"])
                table.add(
                    [
                        name.isEmpty ? "the study" : name, number(point.strength, .setting), number(point.size),
                        number(point.tau, .signed), number(point.perplexityChange, .signedPercent), number(point.kl),
                    ], last: notes.joined(separator: ", "))
            }
            return table.text
        }
    }

    /// Makes the points that are not there yet, then the report of all.
    ///
    /// A setting whose run is refused is listed with the reason, and the others are made.
    ///
    /// - Parameter isWhole: whether every run has all that the study asks for, and not only what the front needs.
    /// - Throws: `InputError` for a folder that cannot be used or holds runs of another study, ``UnfinishedError`` and
    ///   ``InterruptedError``: the points that were made stay, and `resume` goes on.
    package static func run(
        _ sweep: StudySweep, folder path: String, isWhole: Bool, options: StudyRun.Options, progress: ProgressLine
    ) throws -> Summary {
        let folder = SweepFolder(path)
        try folder.requireUsable(resume: options.resume)
        try AtomicFile.makeFolder(path)
        let lock = try RunLock(RunFolder(path))
        defer { withExtendedLifetime(lock) {} }
        try folder.requireUsable(resume: options.resume)
        AtomicFile.removeLeftovers(in: path)
        let resolved = try sweep.resolved()
        try AtomicFile.write(resolved, to: folder.study)

        var runOptions = options
        runOptions.baseline = SharedBaseline(folder.baselines)
        var summary = Summary()
        var start: Double?
        for (index, point) in sweep.points.enumerated() {
            let name = SweepFolder.name(of: point)
            progress.say("point \(index + 1) of \(sweep.points.count): \(name)")
            let settings = point.settings.map { SweepSetting(key: $0.key, value: $0.value) }
            do {
                let study = isWhole ? point.study : lean(point.study)
                try StudyRun.make(study, folder.run(of: point), options: runOptions, progress: progress)
                let found = try read(study, folder.run(of: point), settings, name, sweep.strengths)
                summary.points += found.points
                start = start ?? found.biasBefore
            } catch let error as InputError {
                progress.say("could not be made: \(error)")
                summary.failed.append(FailedSetting(settings: settings, reason: error.description))
                summary.firstFailure = summary.firstFailure ?? error
            }
        }
        SweepPoint.markFront(&summary.points, before: abs(start ?? .nan))
        try? FileManager.default.removeItem(atPath: folder.baselines)
        let report = RenderedReport(
            SweepContents(
                version: driftscopeVersion, created: options.created.formatted(.iso8601),
                command: options.commandLine, model: sweep.study.model, targets: sweep.study.domains.targets,
                benchmark: sweep.study.evaluate.benchmarks.first?.name, biasBefore: start,
                axes: sweep.study.sweep.map { ($0.key, $0.values) }, points: summary.points, failed: summary.failed,
                study: resolved))
        try report.write("sweep", to: path)
        summary.json = report.tree
        progress.finishLine()
        return summary
    }

    /// The study without what neither the front nor the guard needs: explanations, untargeted updates, drift of words,
    /// continuations, commands.
    private static func lean(_ study: StudyFile) -> StudyFile {
        var study = study
        study.why = .none
        study.seeds = [study.seeds[0]]
        (study.analyze.nullDraws, study.analyze.controls) = (0, 0)
        (study.snapshots.contextual, study.snapshots.rowsEvery) = (false, 0)
        (study.evaluate.every, study.evaluate.weat, study.evaluate.perToken) = (0, [], false)
        study.generate = nil
        let limits = study.guardRule?.custom ?? [:]
        study.evaluate.custom.removeAll { limits[$0.name] == nil }
        return study
    }

    /// The points of a run that has ended.
    private static func read(
        _ study: StudyFile, _ folder: RunFolder, _ settings: [SweepSetting], _ name: String, _ strengths: [Double]
    ) throws -> (points: [SweepPoint], biasBefore: Double?) {
        let analysis = try RunAnalysis.stored(in: folder.path)
        let points = SweepPoint.all(
            settings: settings, folder: name, strengths: strengths, analysis: analysis,
            outcome: try RunReader(folder.path).metadata()?.outcome, request: study.analysisRequest)
        guard points.count == strengths.count else {
            throw InputError(
                "scores of the target at \(points.count) of \(strengths.count) strengths", at: folder.path,
                remedy: "its report says what is not computed, and why")
        }
        let targets = analysis.leadingTransfer.filter { $0.role == .target }.map(\.biasBefore)
        return (points, targets.count > 1 ? Statistics.Summary.mean(targets.map(abs)) : targets.first)
    }
}
