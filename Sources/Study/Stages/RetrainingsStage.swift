import Analyze
import Counterfactuals
import FileSupport
import Foundation
import LanguageModel
import LinearAlgebra
import Records
import RunStore
import StudyFiles
import Unlearn

/// Unlearning again with one thing changed at a time; every retraining is stored before the next begins.
enum RetrainingsStage: Stage {
    static let name = "retrainings"
    static let summary = "the unlearning made again with one thing changed at a time, and scored"
    static let needs = [UnlearningStage.name]
    static let writes = ["/retrainings", "/interventions"]

    static func isAsked(_ study: StudyFile) -> Bool {
        let why = study.why
        return study.seeds.count > 1 || why.ablations || why.retrainings || why.neutralWords > 0 || !why.matrix.isEmpty
    }

    static func isDone(_ plan: StudyPlan, _ contents: RunContents) throws -> Bool {
        guard contents.holds(RetrainingRecord.self) else { return try plan.retrainings.get().isEmpty }
        let done = finished(try RunReader(contents.folder.path).stage(RetrainingRecord.self), contents)
        return try plan.retrainings.get().allSatisfy { done.contains($0.name) }
    }

    /// The record is written before the rows: rows without a record cannot be.
    private static func finished(_ stored: RetrainingRecord?, _ contents: RunContents) -> Set<String> {
        let all = stored?.reruns ?? []
        return Set(all.filter { $0.reason != nil || contents.holds(.rerun, $0.name) }.map(\.name))
    }

    static func cost(_ plan: StudyPlan) throws -> StageCost {
        let costs = plan.costs
        let made = try plan.retrainings.get().filter(\.isMade)
        var work = costs.comparison * 2
        for one in made {
            guard let forget = one.forget else { continue }
            // A scaled one is matched in some four comparisons; a rate is found in six, from one gradient.
            let matching = one.klTolerance == nil ? 1.0 : 4
            work =
                work + costs.unlearning(one.configuration, forget: forget) + costs.scoring
                + costs.perplexity(plan.scalingText) + (costs.comparison + costs.sweeps(2)) * matching
            if one.findsRate {
                work = work + costs.step(one.configuration, forget: forget) + (costs.comparison + costs.sweeps(1)) * 6
            }
        }
        return StageCost(
            counts: [
                (made.count, "retraining"), (made.reduce(0) { $0 + $1.configuration.steps }, "step"),
                (made.count, "scoring"),
            ], work: work,
            memory: made.isEmpty
                ? 0
                : 4 * costs.modelBytes + costs.trainingBytes(plan.inputs.configuration)
                    + costs.activationBytes + costs.probeBytes, stored: costs.gapBytes * Double(made.count))
    }

    static func run(_ run: RunContext) throws {
        var stored = try run.reader().stage(RetrainingRecord.self) ?? RetrainingRecord()
        let done = finished(stored, run.contents)
        let wanted = try run.plan.retrainings.get().filter { !done.contains($0.name) }
        stored.reruns.removeAll { $0.name != "run" && !done.contains($0.name) }
        if stored.reruns.isEmpty { stored.reruns = [runItself(run)] }
        var maker: Retrainer?
        for (index, planned) in wanted.enumerated() {
            try run.checkInterrupt()
            var made = Retraining(
                name: planned.name, purpose: planned.purpose, change: planned.change, forgotten: planned.forgotten,
                seed: Int(planned.configuration.seed), sentences: planned.forget?.sentences.count ?? 0,
                harmfulTokens: planned.forget?.summary.harmfulTokens ?? 0, steps: 0, reason: planned.reason)
            var rows: [ScoredModel] = []
            if planned.isMade, let forget = planned.forget {
                run.progress.begin("retraining \(index + 1) of \(wanted.count): \(planned.name)")
                let retrainer = try maker ?? retrainer(run)
                maker = retrainer
                stored.targetKL = retrainer.targetKL
                rows = try train(planned, forget, retrainer, run, &made)
            }
            stored.reruns.append(made)
            try run.writer.write(stored)
            if !rows.isEmpty { try run.append(rows) }
            try run.audit.append(
                "retrained", ["name": .string(planned.name), "reason": made.reason.map { .string($0) } ?? .null])
        }
    }

    private static func retrainer(_ run: RunContext) throws -> Retrainer {
        Retrainer(
            try run.update(), retain: run.inputs.retain?.pieces, guardText: run.inputs.guardText?.pieces,
            scorers: run.plan.scorers, probe: run.plan.probe, perplexity: run.plan.scalingText)
    }

    private static func train(
        _ planned: PlannedRetraining, _ forget: ForgetSet, _ retrainer: Retrainer, _ run: RunContext,
        _ made: inout Retraining
    ) throws -> [ScoredModel] {
        var configuration = planned.configuration
        if planned.klTolerance != nil, retrainer.targetKL == 0 {
            made.reason = "the run's update does not change the model's predictions: there is no KL to match"
            return []
        }
        if planned.findsRate {
            guard let rate = try retrainer.descentRate(forget, configuration) else {
                made.reason = "the forget set has no gradient to descend"
                return []
            }
            configuration.optimizer.learningRate = rate
            made.change += ", learning rate \(rounded(rate))"
        }
        let outcome = try retrainer.run(
            planned.name, forget: forget, configuration: configuration, klTolerance: planned.klTolerance
        ) { step in
            run.progress.update(step, of: configuration.steps)
            try run.checkInterrupt()
        }
        made.steps = outcome.unlearning.keptStep
        made.alpha = outcome.alpha
        if made.steps == 0 {
            made.reason = "nothing was learned: \(outcome.unlearning.reason)"
            return []
        }
        if made.steps < configuration.steps { made.change += "; \(outcome.unlearning.reason)" }
        return outcome.rows
    }

    /// The run as the first of the ablations.
    private static func runItself(_ run: RunContext) -> Retraining {
        Retraining(
            name: "run", purpose: .ladder, change: "the run itself", forgotten: run.study.domains.forgotten,
            seed: run.study.seeds[0], sentences: run.inputs.forget.sentences.count,
            harmfulTokens: run.inputs.forget.summary.harmfulTokens, steps: run.contents.keptStep(run.study))
    }

    /// Three significant digits.
    private static func rounded(_ value: Double) -> String {
        guard value != 0, value.isFinite else { return "\(value)" }
        let scale = pow(10, 2 - log10(abs(value)).rounded(.down))
        return "\((value * scale).rounded() / scale)"
    }
}
