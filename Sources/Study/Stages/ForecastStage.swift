import Attribution
import FileSupport
import LanguageModel
import Records
import StudyFiles

/// Which domains should move, written down before the first step.
enum ForecastStage: Stage {
    static let name = "forecast"
    static let summary = "which domains should move, from the model before alone, written before the first step"
    static let writes = ["/forecast"]

    static func isAsked(_ study: StudyFile) -> Bool { study.why.forecast }

    /// Once the unlearning has begun it would come too late to be one.
    static func isDone(_: StudyPlan, _ contents: RunContents) -> Bool {
        contents.holds(ForecastRecord.self) || contents.hasBegunUnlearning
    }

    static func cost(_ plan: StudyPlan) -> StageCost {
        let (costs, configuration) = (plan.costs, plan.inputs.configuration)
        let batches = min(configuration.steps, UpdateForecast.maximumBatches)
        let scorers = plan.scorers + plan.furtherLabels.compactMap { $0 }
        let domains = scorers.reduce(0) { $0 + $1.domains.count }
        let biases = scorers.reduce(Work()) { $0 + costs.gradients($1) + costs.scoring($1) }
        return StageCost(
            counts: [(batches, "batch gradient"), (domains, "bias gradient")],
            work: costs.step(configuration, forget: plan.inputs.forget) * Double(batches) + biases
                + costs.sweeps(Double(3 * domains + 2 * batches)),
            memory: 2 * costs.modelBytes + costs.trainingBytes(configuration) + costs.activationBytes, stored: 20_000)
    }

    static func run(_ run: RunContext) throws {
        let scorers = run.plan.scorers
        let known = StudyForecast.Known(gradient: { try PathGradients.tiedStart($1, on: $0, run) }) { scorer in
            // Further labels have scorers of their own.
            try scorers.contains { $0.domains == scorer.domains && $0.benchmark == scorer.benchmark }
                ? run.scores(Evaluation.before, of: scorer) : nil
        }
        let made = try StudyForecast(run.inputs, scorers: scorers)
            .make(progress: run.progress, known: known, check: run.checkInterrupt)
        try run.writer.write(made)
        try run.audit.append(
            "forecast",
            [
                "predicted": .object(
                    made.tables.map { table in
                        (table.benchmark, .object(table.entries.map { ($0.domain, .number($0.predicted)) }))
                    })
            ])
    }
}

/// The labels that only the forecast looks at, scored once the model after is there.
enum ForecastOutcomeStage: Stage {
    static let name = "forecast outcome"
    static let summary = "what became of the labels that only the forecast looks at"
    static let needs = [ForecastStage.name, UnlearningStage.name]
    static let writes = ["/forecast-outcome"]

    static func isAsked(_ study: StudyFile) -> Bool { study.why.forecast }

    static func isDone(_ plan: StudyPlan, _ contents: RunContents) -> Bool {
        contents.holds(ForecastOutcome.self) || !plan.furtherLabels.contains { $0 != nil }
            || (contents.hasCheckpoint && !contents.holds(ForecastRecord.self))
    }

    static func cost(_ plan: StudyPlan) -> StageCost {
        let others = plan.furtherLabels.compactMap { $0 }
        return StageCost(
            counts: [(others.reduce(0) { $0 + $1.domains.count }, "label")],
            work: others.reduce(Work()) { $0 + plan.costs.scoring($1) }, memory: plan.costs.modelBytes, stored: 1000)
    }

    static func run(_ run: RunContext) throws {
        guard let forecast = try run.reader().stage(ForecastRecord.self) else { return }
        run.progress.begin("what came of the forecast")
        let outcome = StudyForecast(run.inputs, scorers: run.plan.scorers).outcome(forecast, after: try run.after())
        try run.writer.write(outcome)
    }
}
