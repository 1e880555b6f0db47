import RunStore

/// The model before, measured.
enum BaselineStage: Stage {
    static let name = "baseline"
    static let summary = "snapshot, contextual vectors, scores and perplexity of the model before"
    static let writes = ModelMeasurement.writes

    private static let measurement = ModelMeasurement(label: "before", step: 0)

    static func isDone(_ plan: StudyPlan, _ contents: RunContents) -> Bool { measurement.isDone(plan, contents) }

    static func cost(_ plan: StudyPlan) -> StageCost { ModelMeasurement.cost(plan) }

    static func run(_ run: RunContext) throws {
        guard let shared = run.options.baseline else { return try measurement.run(run, run.before) }
        if try shared.give(to: run, parts(run)) { return }
        try measurement.run(run, run.before)
        try shared.keep(parts(run), of: run)
    }

    /// Where in run.h5 its numbers stand, beside the perplexity.
    private static func parts(_ run: RunContext) -> [String] {
        [RunPaths.snapshot(measurement.step)]
            + (run.study.snapshots.contextual ? [RunPaths.contextual(measurement.step)] : [])
            + run.plan.scorers.map { RunPaths.evaluation(label: measurement.label, benchmark: $0.benchmark) }
    }
}
