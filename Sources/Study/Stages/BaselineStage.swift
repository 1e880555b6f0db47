/// The model before, measured.
enum BaselineStage: Stage {
    static let name = "baseline"
    static let summary = "snapshot, contextual vectors, scores and perplexity of the model before"
    static let writes = ModelMeasurement.writes

    private static let measurement = ModelMeasurement(label: "before", step: 0)

    static func isDone(_ plan: StudyPlan, _ contents: RunContents) -> Bool { measurement.isDone(plan, contents) }

    static func cost(_ plan: StudyPlan) -> StageCost { ModelMeasurement.cost(plan) }

    static func run(_ run: RunContext) throws { try measurement.run(run, run.before) }
}
