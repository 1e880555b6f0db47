import Embeddings
import Evaluate
import FileSupport
import Foundation
import LanguageModel
import LinearAlgebra
import StudyFiles
import Unlearn

extension StudyRun {
    /// Unlearns, recording the way, and saves the checkpoint.
    func unlearn() throws {
        if folder.hasCheckpoint { return }
        try checkInterrupt()
        let model = inputs.checkpoint.model
        let resume = options.resume && Unlearner.hasState(in: folder.unlearnState)
        progress.begin("unlearning")
        let unlearner = try Unlearner(
            model: model, forget: inputs.forget, retain: inputs.retain?.pieces,
            guardText: inputs.guardText?.pieces, configuration: study.unlearnConfiguration,
            stateFolder: folder.unlearnState, audit: audit)
        let steps = study.optimizer.steps
        let result = try unlearner.run(resume: resume) { step in
            try self.record(step)
            self.progress.update(step.point.step, of: steps, note: Self.note(step.point))
            return Interrupt.requested ? .stop : .goOn
        }
        try writer.flush()
        if case .interrupted(let step) = result.reason {
            throw interrupted("the state after step \(step) is kept in \(folder.path)")
        }
        facts.outcome = StoredFacts.Outcome(
            reason: result.reason, lastStep: result.trajectory.last?.step ?? 0, keptStep: result.keptStep,
            baseline: result.baseline, kept: result.kept)
        try saveFacts()
        progress.begin("saving the checkpoint")
        try CheckpointFolder.save(
            model, tokenizer: inputs.checkpoint.tokenizer, configJSON: inputs.checkpoint.configJSON,
            to: folder.checkpoint)
        try audit.append(
            "checkpoint", ["sha256": .string(SHA256Hex.of(model.values.bytes)), "step": .integer(result.keptStep)])
    }

    /// Keeps what one step measured, with bias scores and concept rows where the study wants them.
    private func record(_ step: UnlearnStep) throws {
        let point = step.point
        var row = Embeddings.TrajectoryRow(
            step: point.step, forgetLoss: point.forgetLoss ?? .nan, retainLoss: point.retainLoss ?? .nan,
            learningRate: point.learningRate, gradientNorm: point.gradientNorm ?? .nan,
            perplexity: point.guardPerplexity ?? .nan, kl: point.guardKL ?? .nan)
        let last = point.step == study.optimizer.steps
        if Self.isDue(point.step, every: study.evaluate.every) || (last && study.evaluate.every > 0),
            let scorer = scorers.first
        {
            let table = scorer.score(step.model)
            for domain in scorer.domains { row.bias[domain] = table.bias(domain) }
        } else {
            for domain in scorers.first?.domains ?? [] { row.bias[domain] = .nan }
        }
        let keepsRows = Self.isDue(point.step, every: study.snapshots.rowsEvery)
        let embedding = step.model.values.pointer + step.model.inputEmbedding.offset
        try writer.append(
            row, tokens: watchedTokens,
            embedding: keepsRows ? UnsafePointer(embedding) : nil,
            dimensions: step.model.configuration.hiddenSize)
        if step.isCheck || Interrupt.requested { try writer.flush() }
    }

    private static func isDue(_ step: Int, every interval: Int) -> Bool { interval > 0 && step % interval == 0 }

    private static func note(_ point: TrajectoryPoint) -> String {
        guard let loss = point.forgetLoss else { return "" }
        return "forget loss \((loss * 1000).rounded() / 1000)"
    }
}
