import FileSupport
import LanguageModel
import Report

/// `driftscope train`: a small GPT-2 from text.
package enum ModelTraining {
    /// - Parameters:
    ///   - configuration: a JSON file with some of the keys of `TrainingConfiguration`; the others keep their defaults.
    ///   - replacing: whether a model that is there already is replaced.
    /// - Throws: ``InputError`` for an unknown key or a value that cannot be.
    package static func run(
        texts: [String], configuration path: String?, seed: UInt64?, out: String, replacing: Bool,
        progress: ProgressLine
    ) throws -> CommandResult {
        var configuration = try path.map(TrainingConfiguration.read) ?? TrainingConfiguration()
        if let seed { configuration.seed = seed }
        try Output.requireFree(out, isFolder: true, replacing: replacing)
        let documents = try Trainer.documents(inFiles: texts)
        progress.begin("training")
        let (model, tokenizer, summary) = try Trainer.train(texts: documents, configuration: configuration) { point in
            progress.update(point.step, of: point.steps, note: "loss \(NumberText.text(point.loss))")
            return true
        }
        try CheckpointFolder.save(model, tokenizer: tokenizer, configJSON: nil, to: out)
        progress.finishLine()
        let held = summary.heldOutPerplexity.map { ", held-out perplexity \(NumberText.text($0))" } ?? ""
        let text = """
            \(summary.parameterCount) parameters, \(summary.vocabularySize) tokens, \(summary.steps) steps, \
            \(summary.tokens) tokens seen
            training loss \(NumberText.text(summary.trainingLoss))\(held)
            wrote \(out)

            """
        return CommandResult(text: text, json: try JSON(encoding: summary))
    }
}
