/// The model after, measured as the baseline was, and how far its predictions are from those before.
enum OutcomeStage: Stage {
    static let name = "outcome"
    static let summary = "the same measurements of the model after, and its divergence on every perplexity text"
    static let needs = [BaselineStage.name, UnlearningStage.name]
    static let writes = ModelMeasurement.writes

    private static func measurement(_ plan: StudyPlan, _ contents: RunContents) -> ModelMeasurement {
        ModelMeasurement(label: "after", step: max(1, contents.keptStep(plan.study)))
    }

    static func isDone(_ plan: StudyPlan, _ contents: RunContents) -> Bool {
        measurement(plan, contents).isDone(plan, contents) && contents.facts.perplexity.allSatisfy { $0.kl != nil }
    }

    static func cost(_ plan: StudyPlan) -> StageCost {
        var cost = ModelMeasurement.cost(plan)
        // Both models on a sample of every text.
        cost.work = cost.work + plan.costs.comparison * Double(2 * plan.perplexityTexts.count)
        cost.memory = plan.costs.modelBytes
        return cost
    }

    static func run(_ run: RunContext) throws {
        let after = try run.after()
        try measurement(run.plan, run.contents).run(run, after)
        for (i, text) in run.plan.perplexityTexts.enumerated() where run.contents.facts.perplexity[i].kl == nil {
            run.contents.facts.perplexity[i].kl = run.plan.probe(text).divergence(from: run.before, to: after)
        }
        try run.saveFacts()
    }
}
