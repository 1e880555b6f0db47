import Counterfactuals
import FileSupport
import LanguageModel
import Records
import StudyFiles

/// Each component's update alone, and the update without it, beside random updates of its norm.
enum PatchingStage: Stage {
    static let name = "patching"
    static let summary = "each component's update alone, and the update without it, with random controls"
    static let needs = [UnlearningStage.name]
    static let writes = ["/interventions"]

    static func isAsked(_ study: StudyFile) -> Bool { study.why.patching }

    static func isDone(_ plan: StudyPlan, _ contents: RunContents) -> Bool {
        plan.patchedComponents.allSatisfy { contents.holds(.only, $0.name) }
    }

    static func cost(_ plan: StudyPlan) -> StageCost {
        let costs = plan.costs
        let parts = plan.patchedComponents.count
        let asked = plan.study.why.controls
        let controls = plan.budget.scoredPatchControls(asked)
        let models = parts * (2 + 2 * controls)
        // A draw of a component is as long as the component: over all of them they make a model, by layer two.
        let whole = plan.study.why.byLayer ? 2.0 : 1
        let drawn = Work(normals: costs.parameters * Double(controls) * whole)
        let pairs = Double(costs.domains * (costs.domains + 1) / 2)
        let told = controls < asked ? costs.sweeps(pairs * whole) + PathGradients.cost(plan) : Work()
        return StageCost(
            counts: [(models, "scoring"), (parts * 2 * asked, "control")],
            work: (costs.leadingScoring + costs.comparison + costs.sweeps(3)) * Double(models) + drawn + told,
            memory: 4 * costs.untiedBytes + costs.probeBytes,
            stored: costs.gapBytes * Double(models))
    }

    static func run(_ run: RunContext) throws {
        let controls = run.study.why.controls
        let scored = run.plan.budget.scoredPatchControls(controls)
        let missing = run.plan.patchedComponents.filter { !run.contents.holds(.only, $0.name) }
        run.progress.begin("patching, \(scored) scored controls a component")
        let patching = ComponentPatching(
            try run.untiedUpdate(), scorer: run.plan.leadingScorer, probe: run.plan.probe, controls: controls,
            firstOrder: scored < controls ? try firstOrder(scored: scored, run) : nil, seed: run.plan.seed)
        let total = missing.count * patching.modelsPerComponent
        for (index, part) in missing.enumerated() {
            var count = index * patching.modelsPerComponent
            let rows = try patching.rows(part) {
                count += 1
                run.progress.update(count, of: total, note: part.name)
                try run.checkInterrupt()
            }
            try run.append(rows)
        }
        try run.audit.append("patching", ["parts": .integer(missing.count), "controls": .integer(controls)])
    }

    /// What the controls that are not scored are told from.
    private static func firstOrder(scored: Int, _ run: RunContext) throws -> ComponentPatching.FirstOrder {
        let domains = run.plan.objectives.map(\.domain)
        let scorer = run.plan.leadingScorer
        return ComponentPatching.FirstOrder(
            scored: scored, domains: domains, gradients: try domains.map { try PathGradients.read($0, run) },
            scores: (
                before: try run.scores(Evaluation.before, of: scorer),
                after: try run.scores(Evaluation.after, of: scorer)
            ))
    }
}
