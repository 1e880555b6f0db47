import Analyze
import Attribution
import Counterfactuals
import Embeddings
import Evaluate
import FileSupport
import Foundation
import LanguageModel
import LinearAlgebra
import StudyFiles
import Unlearn

/// What a run keeps of its retrainings beside their scores.
struct StoredRetrainings: Codable {
    /// The record's name in run.h5.
    static let name = "retrainings"

    /// KL(θ0 ‖ θ1) of the run on the probe, in nats a token; nil until something was retrained.
    var targetKL: Double?
    /// The run itself, then its retrainings.
    var reruns: [Retraining] = []

    /// The record as the store keeps it.
    func record() throws -> StoredRecord {
        var table = Table()
        table.append(.string(reruns.map(\.name)), as: "name")
        table.append(.string(reruns.map(\.purpose.rawValue)), as: "purpose")
        table.append(.string(reruns.map(\.change)), as: "change")
        table.append(.string(reruns.map(\.forgotten)), as: "forgotten")
        table.append(.int64(reruns.map { Int64($0.seed) }), as: "seed")
        table.append(.int64(reruns.map { Int64($0.sentences) }), as: "sentences")
        table.append(.int64(reruns.map { Int64($0.harmfulTokens) }), as: "harmful_tokens")
        table.append(.int64(reruns.map { Int64($0.steps) }), as: "steps")
        table.append(.double(reruns.map(\.alpha)), as: "alpha")
        table.append(.string(reruns.map { $0.reason ?? "" }), as: "reason")
        return try StageRecord.record(self, tables: [Self.name: table])
    }

    /// The record of a run; nil when there is none.
    static func read(_ reader: RunReader) throws -> StoredRetrainings? {
        try StageRecord.read(Self.self, name, from: reader)
    }
}

extension StudyRun {
    /// One retraining to make.
    private struct Arm {
        var name: String
        var purpose: Retraining.Purpose
        var change: String
        var forgotten: String
        var forget: ForgetSet?
        var configuration: UnlearnConfiguration
        var klTolerance: Double?
        /// Whether the learning rate is to be found for plain gradient descent.
        var findsRate = false
        var reason: String?
    }

    /// Unlearns again with one thing changed at a time; every arm is stored before the next begins.
    func retrainings(after: TransformerModel) throws {
        let arms = try arms()
        guard !arms.isEmpty else { return }
        let reader = try RunReader(folder.path)
        var stored = try StoredRetrainings.read(reader) ?? StoredRetrainings()
        let scored = try storedModules(.rerun)
        // The record is written before the rows: rows without a record cannot be.
        let done = Set(stored.reruns.filter { $0.reason != nil || scored.contains($0.name) }.map(\.name))
        let wanted = arms.filter { !done.contains($0.name) }
        guard !wanted.isEmpty else { return }
        stored.reruns.removeAll { $0.name != "run" && !done.contains($0.name) }
        if stored.reruns.isEmpty { stored.reruns = [runItself] }
        var maker: Retrainer?
        for (index, arm) in wanted.enumerated() {
            try checkInterrupt()
            var rerun = Retraining(
                name: arm.name, purpose: arm.purpose, change: arm.change, forgotten: arm.forgotten,
                seed: Int(arm.configuration.seed), sentences: arm.forget?.sentences.count ?? 0,
                harmfulTokens: arm.forget?.summary.harmfulTokens ?? 0, steps: 0, reason: arm.reason)
            var rows: [InterventionRow] = []
            if arm.reason == nil, let forget = arm.forget {
                progress.begin("retraining \(index + 1) of \(wanted.count): \(arm.name)")
                let retraining = try maker ?? self.retraining(after)
                maker = retraining
                stored.targetKL = retraining.targetKL
                rows = try train(arm, forget, retraining, &rerun)
            }
            stored.reruns.append(rerun)
            try writer.write(try stored.record(), as: StoredRetrainings.name)
            if !rows.isEmpty { try writer.appendInterventions(table(rows)) }
            try audit.append(
                "retrained", ["name": .string(arm.name), "reason": rerun.reason.map { .string($0) } ?? .null])
        }
    }

    private func retraining(_ after: TransformerModel) throws -> Retrainer {
        // The model that the run began with was changed by the unlearning: its memory is trained in.
        return Retrainer(
            ParameterUpdate(from: try modelBefore(), to: after), scratch: inputs.checkpoint.model,
            retain: inputs.retain?.pieces,
            guardText: inputs.guardText?.pieces, scorers: scorers, probe: probe, perplexity: doseText)
    }

    private func train(
        _ arm: Arm, _ forget: ForgetSet, _ retraining: Retrainer, _ rerun: inout Retraining
    ) throws -> [InterventionRow] {
        var configuration = arm.configuration
        if arm.klTolerance != nil, retraining.targetKL == 0 {
            rerun.reason = "the run's update does not change the model's predictions: there is no KL to match"
            return []
        }
        if arm.findsRate {
            guard let rate = try retraining.descentRate(forget, configuration) else {
                rerun.reason = "the forget set has no gradient to descend"
                return []
            }
            configuration.optimizer.learningRate = rate
            rerun.change += ", learning rate \(Self.rounded(rate))"
        }
        let outcome = try retraining.run(
            Retrainer.Arm(
                name: arm.name, forget: forget, configuration: configuration, klTolerance: arm.klTolerance)
        ) { step in
            progress.update(step, of: configuration.steps)
            try checkInterrupt()
        }
        rerun.steps = outcome.unlearning.keptStep
        rerun.alpha = outcome.alpha
        if rerun.steps == 0 {
            rerun.reason = "nothing was learned: \(outcome.unlearning.reason)"
            return []
        }
        if rerun.steps < configuration.steps { rerun.change += "; \(outcome.unlearning.reason)" }
        return outcome.rows
    }

    /// The run as the first ablation of the ladder.
    private var runItself: Retraining {
        Retraining(
            name: "run", purpose: .ladder, change: "the run itself", forgotten: study.domains.target,
            seed: study.seeds[0], sentences: inputs.forget.sentences.count,
            harmfulTokens: inputs.forget.summary.harmfulTokens,
            steps: facts.outcome?.keptStep ?? study.optimizer.steps)
    }

    /// How far from the run's KL an update may be that stands for a null.
    static let neutralKLTolerance = 0.02

    // MARK: Arms

    private func arms() throws -> [Arm] {
        let (why, target) = (study.why, study.domains.target)
        let base = study.unlearnConfiguration
        func configuration(seed: Int) -> UnlearnConfiguration {
            var out = base
            out.seed = UInt64(seed)
            return out
        }
        var arms = study.seeds.dropFirst().map { seed in
            Arm(
                name: "seed-\(seed)", purpose: .seed, change: "seed \(seed)", forgotten: target,
                forget: inputs.forget, configuration: configuration(seed: seed))
        }
        if why.ablations {
            let ladder = ForgetSetAblations(inputs, use: try HarmfulWordUse(inputs))
            arms += try ladder.ablations().map {
                Arm(
                    name: $0.name, purpose: .ladder, change: $0.change, forgotten: target, forget: $0.forget,
                    configuration: base, reason: $0.reason)
            }
        }
        if why.retrainings { arms += [descent(base), withoutRetain(base)] }
        if why.neutralWords > 0 { arms += try neutral(configuration) }
        for (index, set) in inputs.matrix.enumerated() {
            let domain = why.matrix[index].domain
            let twin = why.matrix[..<index].count { $0.domain == domain }
            let name = "forget-\(domain)" + (twin == 0 ? "" : "-\(twin + 1)")
            arms += study.seeds.map { seed in
                Arm(
                    name: "\(name)-seed-\(seed)", purpose: .matrix, change: "\(domain) is forgotten, seed \(seed)",
                    forgotten: domain, forget: set, configuration: configuration(seed: seed))
            }
        }
        return arms
    }

    /// Plain gradient descent, scaled to the run's KL.
    private func descent(_ base: UnlearnConfiguration) -> Arm {
        var configuration = base
        configuration.optimizer.name = .sgd
        var arm = Arm(
            name: "sgd", purpose: .optimizer, change: "plain SGD, scaled to the run's KL",
            forgotten: study.domains.target, forget: inputs.forget, configuration: configuration, klTolerance: 0.02,
            findsRate: true)
        if base.optimizer.name == .sgd { arm.reason = "the study uses plain SGD itself" }
        return arm
    }

    /// No retain term, scaled to the run's KL where it differs by more than a tenth.
    private func withoutRetain(_ base: UnlearnConfiguration) -> Arm {
        var configuration = base
        configuration.retainLoss = .none
        configuration.retainWeight = 0
        var arm = Arm(
            name: "no-retain", purpose: .noRetain, change: "no retain term, scaled to the run's KL where it differs",
            forgotten: study.domains.target, forget: inputs.forget, configuration: configuration, klTolerance: 0.1)
        if base.retainLoss == .none || base.retainWeight == 0 { arm.reason = "the study has no retain term" }
        return arm
    }

    private func neutral(_ configuration: (Int) -> UnlearnConfiguration) throws -> [Arm] {
        let source = try NeutralForgetSet(inputs)
        return (1...study.why.neutralWords).map { number in
            let seed = study.seeds[0] + number - 1
            let set = source?.draw(seed: UInt64(seed))
            return Arm(
                name: "neutral-words-\(number)", purpose: .neutralWords,
                change: "neutral words of the harmful words' frequency, scaled to the run's KL",
                forgotten: "neutral words", forget: set, configuration: configuration(seed),
                klTolerance: Self.neutralKLTolerance,
                reason: set == nil
                    ? "no neutral sentence is left beside retain, guard and perplexity text: name a corpus" : nil)
        }
    }

    /// Three significant digits.
    private static func rounded(_ value: Double) -> String {
        guard value != 0, value.isFinite else { return "\(value)" }
        let scale = pow(10, 2 - log10(abs(value)).rounded(.down))
        return "\((value * scale).rounded() / scale)"
    }
}
