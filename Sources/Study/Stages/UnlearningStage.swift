import Evaluate
import FileSupport
import LanguageModel
import LinearAlgebra
import Records
import RunStore
import Unlearn

/// The unlearning: steps in a copy of θ0, recorded as they are taken, and the checkpoint that comes of them.
enum UnlearningStage: Stage {
    static let name = "unlearning"
    static let summary = "steps under the guard, rows of concept words along the way, the checkpoint"
    static let needs = [BaselineStage.name]
    static let writes = ["/trajectory", "/provenance", "checkpoint"]

    static func isDone(_: StudyPlan, _ contents: RunContents) -> Bool { contents.hasCheckpoint }

    static func cost(_ plan: StudyPlan) -> StageCost {
        let (costs, study) = (plan.costs, plan.study)
        let configuration = plan.inputs.configuration
        let every = study.evaluate.every
        let scorings = every > 0 ? 1 + (configuration.steps + every - 1) / every : 0
        let rowSteps = study.snapshots.rowsEvery > 0 ? 1 + configuration.steps / study.snapshots.rowsEvery : 0
        let rows = Double(rowSteps * plan.watchedTokens.count * plan.inputs.before.configuration.embeddingSize * 4)
        let first = plan.scorers.first.map(costs.scoring) ?? Work()
        let looks = Double(1 + (configuration.steps + configuration.checkEvery - 1) / configuration.checkEvery)
        let watched = [
            (study.guardRule?.lms, StereoSet.key), (study.guardRule?.hateCheck, HateCheck.key),
        ].compactMap { limit, key in limit == nil ? nil : plan.scorer(of: key) }
        return StageCost(
            counts: [(configuration.steps, "step"), (scorings, "scoring")],
            work: costs.unlearning(configuration, forget: plan.inputs.forget) + first * Double(scorings)
                + watched.reduce(Work()) { $0 + costs.scoring($1) } * looks,
            memory: costs.modelBytes + costs.trainingBytes(configuration) + costs.activationBytes,
            // The checkpoint, and the last good state while it goes on.
            stored: rows, files: costs.modelBytes * 2 + costs.trainingBytes(configuration))
    }

    static func run(_ run: RunContext) throws {
        let model = run.before.copy()
        run.progress.begin(name)
        let unlearner = try Unlearner(
            model: model, forget: run.inputs.forget, retain: run.inputs.retain?.pieces,
            guardText: run.inputs.guardText?.pieces, configuration: run.inputs.configuration,
            stateFolder: run.folder.unlearnState, reference: run.before, audit: run.audit,
            scores: { try GuardScores(run).measure($0) })
        let steps = run.study.optimizer.steps
        let result = try unlearner.run(resume: run.contents.savedStep != nil) { step in
            // Asked once: what is saved as the last state has to be recorded to its step.
            let stops = Interrupt.requested
            try record(step, run, isLast: stops)
            run.progress.update(step.point.step, of: steps, note: note(step.point))
            return stops ? .stop : .goOn
        }
        try run.writer.flush()
        if case .interrupted(let step) = result.reason {
            throw run.interrupted("the state after step \(step) is kept")
        }
        run.contents.facts.outcome = UnlearningOutcome(
            reason: result.reason, lastStep: result.trajectory.last?.step ?? 0, keptStep: result.keptStep,
            baseline: result.baseline, kept: result.kept, remarks: result.remarks)
        for remark in result.remarks { run.progress.say("note: \(remark)") }
        try run.saveFacts()
        run.progress.begin("saving the checkpoint")
        try unlearner.factors?.save(to: run.folder.adapter, base: run.study.model)
        try CheckpointFolder.save(
            model, tokenizer: run.inputs.checkpoint.tokenizer, configJSON: run.inputs.checkpoint.configJSON,
            to: run.folder.checkpoint)
        try run.audit.append(
            "checkpoint", ["sha256": .string(SHA256Hex.of(model.values.bytes)), "step": .integer(result.keptStep)])
    }

    /// The last step to keep of a run that goes on: that of its saved state, any behind a checkpoint; nil where the
    /// unlearning begins anew, for want of a state or of the steps before it.
    ///
    /// - Throws: ``InputError`` when there is a checkpoint, and not the whole way to it.
    static func stepToGoOnFrom(_ folder: RunFolder) throws -> Int? {
        let reader = try RunReader(folder.path)
        let steps = try reader.steps().map(\.step)
        let isWhole = steps == Array(0..<steps.count)
        guard folder.hasCheckpoint else {
            return try Unlearner.savedStep(in: folder.unlearnState).flatMap { isWhole && $0 < steps.count ? $0 : nil }
        }
        guard let outcome = try reader.metadata()?.outcome, isWhole, steps.last == outcome.lastRecordedStep else {
            throw InputError(
                "the checkpoint is there, and not all of the unlearning's steps", at: folder.path,
                remedy: "copy the folder while no run works in it, or begin anew with another --out")
        }
        return .max
    }

    /// Keeps what one step measured, with bias scores and concept rows where the study wants them.
    private static func record(_ step: UnlearnStep, _ run: RunContext, isLast: Bool) throws {
        let study = run.study
        var point = step.point
        let last = point.step == study.optimizer.steps
        if isDue(point.step, every: study.evaluate.every) || (last && study.evaluate.every > 0),
            let scorer = run.plan.scorers.first
        {
            let table = scorer.score(step.model, perToken: false)
            for domain in scorer.domains { point.bias[domain] = table.bias(domain) }
        }
        let embedding = step.model.values.pointer + step.model.inputEmbedding.offset
        try run.writer.append(
            point, tokens: run.plan.watchedTokens,
            embedding: isDue(point.step, every: study.snapshots.rowsEvery) ? UnsafePointer(embedding) : nil,
            dimensions: step.model.configuration.embeddingSize)
        if step.isCheck || isLast { try run.writer.flush() }
    }

    private static func isDue(_ step: Int, every interval: Int) -> Bool { interval > 0 && step % interval == 0 }

    private static func note(_ point: TrajectoryStep) -> String {
        guard let loss = point.forgetLoss else { return "" }
        return "forget loss \((loss * 1000).rounded() / 1000)"
    }
}
