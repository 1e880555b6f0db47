import Counterfactuals
import Records
import StudyFiles

/// Scores of θ0 + αΔθ.
enum UpdateScalingStage: Stage {
    static let name = "update scaling"
    static let summary = "θ0 + αΔθ scored at every α, with perplexity and divergence"
    static let needs = [UnlearningStage.name]
    static let writes = ["/interventions"]

    private static func alphas(_ study: StudyFile) -> [Double] { Array(Set(study.analyze.scaling + [0, 1])).sorted() }

    static func isDone(_: StudyPlan, _ contents: RunContents) -> Bool { contents.holdsModels(.dose) }

    static func cost(_ plan: StudyPlan) -> StageCost {
        let costs = plan.costs
        let count = alphas(plan.study).count
        let one = costs.scoring + costs.perplexity(plan.scalingText) + costs.comparison + costs.sweeps(2)
        return StageCost(
            counts: [(count, "scoring")], work: one * Double(count), memory: 2 * costs.modelBytes + costs.probeBytes,
            stored: costs.gapBytes * Double(count))
    }

    static func run(_ run: RunContext) throws {
        run.progress.begin(name)
        let alphas = alphas(run.study)
        let rows = try UpdateScaling.run(
            run.update(), alphas: alphas, scorers: run.plan.scorers, perplexity: run.plan.scalingText,
            probe: run.plan.probe, known: { known($0, run) }
        ) { done in
            run.progress.update(done, of: alphas.count)
            try run.checkInterrupt()
        }
        try run.append(rows)
        try run.audit.append("update-scaling", ["models": .integer(rows.count)])
    }

    /// At α = 0 and 1 stand the models before and after, bit for bit, which were measured.
    private static func known(_ alpha: Double, _ run: RunContext) -> UpdateScaling.Known {
        var known = UpdateScaling.Known()
        guard alpha == 0 || alpha == 1 else { return known }
        let label = alpha == 0 ? Evaluation.before : Evaluation.after
        known.scores = { try run.scores(label, of: $0) }
        if run.plan.scalesWholeText, let measured = run.contents.facts.perplexity.first {
            known.perplexity = alpha == 0 ? measured.before : measured.after
        }
        return known
    }
}
