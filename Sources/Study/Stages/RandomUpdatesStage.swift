import Counterfactuals
import Records
import StudyFiles

/// The null of matched damage: random updates that change predictions as much as the run did.
enum RandomUpdatesStage: Stage {
    static let name = "random updates"
    static let summary = "random updates of the run's norms and divergence, scored as null"
    static let needs = [UnlearningStage.name]
    static let writes = ["/interventions", "/provenance"]

    static func isAsked(_ study: StudyFile) -> Bool { study.analyze.nullDraws > 0 }

    static func isDone(_: StudyPlan, _ contents: RunContents) -> Bool {
        contents.holdsModels(.random) && contents.facts.null != nil
    }

    private static func options(_ plan: StudyPlan) -> RandomUpdates.Options {
        var options = RandomUpdates.Options()
        options.draws = plan.study.analyze.nullDraws
        options.seed = plan.seed
        options.calibrationDraws = plan.budget.calibrationDraws
        options.scoring =
            switch plan.study.analyze.nullScoring {
            case "exact": .exact
            case "first-order": .firstOrder
            default: .automatic
            }
        return options
    }

    static func cost(_ plan: StudyPlan) -> StageCost {
        let (costs, options) = (plan.costs, options(plan))
        let isExact = options.isExact(predictions: plan.budget.predictions, parameters: plan.budget.parameters)
        let scored = isExact ? options.draws : options.calibrationDraws
        let gradients = isExact ? 0 : plan.scorers.reduce(0) { $0 + $1.domains.count }
        // A draw is matched in two comparisons on average, and each sets all parameters.
        let draw =
            Work(normals: costs.parameters) + (costs.comparison + costs.sweeps(1)) * 2
            + costs.sweeps(Double(gradients))
        return StageCost(
            counts: [(options.draws, "draw"), (scored, "scoring"), (gradients, "gradient")],
            // Those that are not scored are drawn from a law, which takes all pairs of gradients once.
            work: (draw + costs.scoring) * Double(scored) + costs.sweeps(Double(gradients * (gradients + 1) / 2))
                + (isExact ? Work() : plan.scorers.reduce(Work()) { $0 + costs.gradients($1) }),
            memory: 3 * costs.modelBytes + costs.inMemory(costs.modelBytes * Double(gradients)) + costs.probeBytes
                + (isExact ? 0 : costs.activationBytes), stored: costs.gapBytes * Double(options.draws))
    }

    static func run(_ run: RunContext) throws {
        run.progress.begin("matched random updates")
        let options = options(run.plan)
        var known = RandomUpdates.Known()
        known.gradient = { try PathGradients.tiedStart($1, on: $0, run) }
        known.scores = { try run.scores(Evaluation.before, of: $0) }
        let updates = RandomUpdates(
            try run.update(), scorers: run.plan.scorers, probe: run.plan.probe, options: options,
            folder: run.folder.scratch, known: known)
        let result = try updates.run { done in
            run.progress.update(done, of: updates.scoredDraws)
            try run.checkInterrupt()
        }
        run.contents.facts.null = result.summary
        // Before the rows, whose presence means that all of this stage is done.
        try run.saveFacts()
        if !run.contents.holdsModels(.random) { try run.append(result.rows) }
        try run.audit.append("random-updates", ["models": .integer(result.rows.count)])
    }
}
