import Attribution
import Counterfactuals
import FileSupport
import LanguageModel
import Report

/// `driftscope scale`: the update between two models at another strength.
package enum ModelScaling {
    /// Refuses a strength that cannot be meant.
    static func check(_ strength: Double) throws {
        guard strength.isFinite, abs(strength) <= 100 else {
            throw InputError("a strength of \(strength)", at: "--strength", remedy: "give a number from -100 to 100")
        }
    }

    /// Writes θ0 + α·Δθ as a Hugging Face folder, with `scaling.json` in it, which names both models' files.
    ///
    /// - Parameters:
    ///   - before: θ0.
    ///   - after: θ1, a model of the same shape and vocabulary, or the folder of a run.
    ///   - strength: α: 0 is the model before, 1 the model after, below 0 the way back.
    /// - Throws: ``InputError`` for models that do not belong together, before anything is written.
    package static func run(
        before: String, after: String, strength: Double, out: String, replacing: Bool, progress: ProgressLine
    ) throws -> CommandResult {
        try Output.requireFree(out, isFolder: true, replacing: replacing)
        try check(strength)
        progress.begin("reading the models")
        let first = try CheckpointFolder.load(ModelFolder.resolve(before), masked: true)
        for note in first.notes { progress.say("note: \(note)") }
        let (update, second) = try pair(first, named: before, after, progress)
        let norm = squaredDistance(update.after, update.before).squareRoot()
        let scaled = first.model.copy()
        update.apply(strength, to: scaled)
        func files(_ checkpoint: LoadedCheckpoint) -> JSON {
            .array(
                checkpoint.files.map {
                    .object([
                        ("path", .string($0.path)), ("bytes", .integer($0.bytes)), ("sha256", .string($0.sha256)),
                    ])
                })
        }
        let record = JSON.object([
            ("version", .string(driftscopeVersion)), ("strength", .number(strength)), ("update_norm", .number(norm)),
            ("before", files(first)), ("after", files(second)),
        ])
        progress.begin("saving the checkpoint")
        try CheckpointFolder.save(
            scaled, tokenizer: first.tokenizer, configJSON: first.configJSON,
            records: [("scaling.json", record.pretty)], to: out)
        progress.finishLine()
        let text = """
            an update of norm \(NumberText.text(norm)), at strength \(NumberText.text(strength))
            wrote \(out.oneLine)

            """
        return CommandResult(text: text, json: record)
    }

    /// The update from a model to another one of the same shape and vocabulary, or to that of a run's folder.
    ///
    /// - Throws: ``InputError`` for models that do not belong together.
    static func pair(
        _ first: LoadedCheckpoint, named before: String, _ after: String, _ progress: ProgressLine
    ) throws -> (update: ParameterUpdate, second: LoadedCheckpoint) {
        let run = RunFolder(after)
        let second = try CheckpointFolder.load(
            run.hasCheckpoint ? run.checkpoint : ModelFolder.resolve(after), masked: true)
        for note in second.notes { progress.say("note: \(note)") }
        guard first.model.layout == second.model.layout else {
            throw InputError(
                "its tensors are not those of \(before)", at: after,
                remedy: "give the two models of one unlearning, tied embeddings both or neither")
        }
        guard first.tokenizer.vocabularySize == second.tokenizer.vocabularySize else {
            throw InputError(
                "a vocabulary of \(second.tokenizer.vocabularySize) tokens, that of \(before) has "
                    + "\(first.tokenizer.vocabularySize)", at: after, remedy: "give the two models of one unlearning")
        }
        return (ParameterUpdate(from: first.model, to: second.model), second)
    }
}
