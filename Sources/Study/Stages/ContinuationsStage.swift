import Counterfactuals
import Records
import StudyFiles

/// What the models say: before, after, and under a random update that changes predictions as much.
enum ContinuationsStage: Stage {
    static let name = "continuations"
    static let summary = "what the model before, the model after and one with a matched random update say"
    static let needs = [UnlearningStage.name]
    static let writes = ["/" + ContinuationRecord.group]

    static func isAsked(_ study: StudyFile) -> Bool { study.generate != nil }

    static func isDone(_ plan: StudyPlan, _ contents: RunContents) -> Bool {
        contents.holds(ContinuationRecord.self)
    }

    static func cost(_ plan: StudyPlan) -> StageCost {
        guard let maker = plan.inputs.continuations else { return StageCost(counts: []) }
        // A token is taken given all before it, on average half of the continuation.
        let tokens = maker.sampling.maximumTokens
        let length = (maker.prompts.tokens.map(\.count).max() ?? 0) + tokens / 2
        return StageCost(
            counts: [(3 * maker.count, "continuation")],
            work: plan.costs.forward(sentences: 3 * maker.count * tokens, length: Double(length)) + plan.costs
                .comparison * 4,
            memory: 2 * plan.costs.modelBytes + plan.costs.probeBytes)
    }

    static func run(_ run: RunContext) throws {
        guard let maker = run.inputs.continuations else { return }
        let update = try run.update()
        let control = RandomUpdates.matched(update, probe: run.plan.probe, seed: run.plan.seed)
        let voices = try [("before", run.before), ("after", update.after), ("random update", control.model)].map {
            try maker.voice($0, $1, run.progress, interrupt: run.checkInterrupt)
        }
        try run.writer.write(maker.record(voices, kl: [control.target, control.kl]))
    }
}
