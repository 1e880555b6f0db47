import Attribution
import Counterfactuals
import Embeddings
import FileSupport
import LanguageModel
import LinearAlgebra
import Records
import Report
import StudyFiles
import Unlearn

/// `driftscope unlearn`: a checkpoint and a forget set in, a checkpoint out; nothing is scored and nothing explained.
package enum ModelUnlearning {
    /// Unlearns, and writes a Hugging Face folder with the study (`unlearning.yaml`) and the steps (`unlearning.json`) in it.
    ///
    /// - Parameters:
    ///   - study: of ``StudyFiles/StudyFile/readUnlearning(_:overrides:registry:)``.
    ///   - strength: α of the update that is written: θ0 + α·Δθ.
    ///   - replacing: whether files of an earlier model are replaced.
    /// - Throws: ``InputError`` for anything wrong in the study or its inputs, before anything is written.
    package static func run(
        _ study: StudyFile, strength: Double, out: String, replacing: Bool, progress: ProgressLine
    ) throws -> CommandResult {
        try Output.requireFree(out, isFolder: true, replacing: replacing)
        try ModelScaling.check(strength)
        let configuration = try study.unlearnConfiguration()
        if let limit = configuration.budget.scores?.first {
            throw InputError(
                "a budget on \(limit.name), and unlearn scores nothing", at: "guard",
                remedy: "use driftscope run, or leave that budget out")
        }
        progress.begin("reading the inputs")
        let checkpoint = try study.load(study.model)
        var files = checkpoint.inputFiles
        // Words are needed where rows that name a domain are left out.
        let lexicons =
            study.forget.allSatisfy(\.excludeDomains.isEmpty) ? [] : try ConceptLexicon.readFolder(study.concepts)
        for lexicon in lexicons {
            files.append(
                try InputFile(role: "concepts", reading: study.concepts + "/" + lexicon.name + ".json"))
        }
        let texts = UnlearningTexts(study, checkpoint, model: checkpoint.selectionModel, lexicons: lexicons)
        try study.checkLowRank(checkpoint.model.layout)
        let sets = try texts.forgetSets(&files)
        let forget = ForgetSet(pooling: sets.map(\.set))
        let retain = try texts.retain(&files)
        for read in sets {
            try configuration.check(checkpoint.model.configuration, forget: read.set, retain: retain?.pieces)
        }
        let guardText = try texts.guardText(&files)
        for set in study.forget { try checkpoint.tokenizer.requireRows(at: set.data) }
        let notes = sets.flatMap { read in
            read.set.readingNotes.map { study.role(of: read.request) + ": " + $0 }
        }
        for note in checkpoint.notes + notes { progress.say("note: \(note)") }
        if guardText == nil { progress.say("note: no guard: nothing stops the steps when the language suffers") }

        let model = checkpoint.model.copy()
        progress.begin("unlearning")
        let unlearner = try Unlearner(
            model: model, forget: forget, retain: retain?.pieces, guardText: guardText?.pieces,
            configuration: configuration, stateFolder: nil, reference: checkpoint.model)
        let result = try unlearner.run { step in
            let loss = step.point.forgetLoss.map { "forget loss \(NumberText.text($0))" } ?? ""
            progress.update(step.point.step, of: configuration.steps, note: loss)
            return .goOn
        }
        let norm = squaredDistance(model, checkpoint.model).squareRoot()
        let written = strength == 1 ? model : model.copy()
        if strength != 1 { ParameterUpdate(from: checkpoint.model, to: model).apply(strength, to: written) }

        let record = record(study, result, norm: norm, strength: strength)
        progress.begin("saving the checkpoint")
        try CheckpointFolder.save(
            written, tokenizer: checkpoint.tokenizer, configJSON: checkpoint.configJSON,
            records: [
                (
                    "unlearning.yaml",
                    try study.resolved(hashes: files.map(\.hash))
                ),
                ("unlearning.json", record.pretty),
            ], to: out)
        try unlearner.factors?.save(to: out + "/adapter", base: study.model, strength: strength)
        progress.finishLine()
        return CommandResult(
            text: text(
                forget.summary, result, perplexity: ScoringProfile.perplexityName(isMasked: model.isMasked), norm,
                strength,
                out), json: record)
    }

    /// What was done, for `unlearning.json`.
    private static func record(_ study: StudyFile, _ result: UnlearnResult, norm: Double, strength: Double) -> JSON {
        func reading(_ reading: GuardReading?) -> JSON {
            guard let reading else { return .null }
            return .object([
                ("perplexity", .number(reading.perplexity)), ("kl", reading.klDivergence.map { .number($0) } ?? .null),
            ])
        }
        func number(_ value: Double?) -> JSON { value.map { .number($0) } ?? .null }
        let steps = result.trajectory.map { point -> JSON in
            .object([
                ("step", .integer(point.step)), ("forget_loss", number(point.forgetLoss)),
                ("retain_loss", number(point.retainLoss)), ("learning_rate", .number(point.learningRate)),
                ("gradient_norm", number(point.gradientNorm)), ("guard_perplexity", number(point.guardPerplexity)),
                ("guard_kl", number(point.guardKL)),
            ])
        }
        return .object([
            ("version", .string(driftscopeVersion)), ("method", .string(study.objective.method)),
            ("seed", .integer(study.seeds[0])), ("threads", .integer(Threads.count)),
            ("ended", .string(result.reason.description)), ("kept_step", .integer(result.keptStep)),
            ("remarks", .array(result.remarks.map { .string($0.description) })),
            ("update_norm", .number(norm)), ("strength", .number(strength)),
            ("guard_before", reading(result.baseline)), ("guard_after", reading(result.kept)),
            ("steps", .array(steps)),
        ])
    }

    private static func text(
        _ summary: ForgetSetSummary, _ result: UnlearnResult, perplexity name: String, _ norm: Double,
        _ strength: Double, _ out: String
    ) -> String {
        var lines = [
            "\(summary.harmfulWords) harmful words (\(summary.distinctHarmfulWords) distinct) of \(summary.sentences) "
                + "sentences"
        ]
        let losses = result.trajectory.compactMap(\.forgetLoss)
        if let first = losses.first, let last = losses.last {
            lines.append(
                "forget loss \(NumberText.text(first)) at the first step, \(NumberText.text(last)) at the last")
        }
        lines.append("\(result.reason); kept step \(result.keptStep), an update of norm \(NumberText.text(norm))")
        if let before = result.baseline, let after = result.kept {
            let kl = after.klDivergence.map { ", KL \(NumberText.text($0)) nats a token" } ?? ""
            let perplexity = "\(NumberText.text(before.perplexity)) before, \(NumberText.text(after.perplexity)) after"
            lines.append("guard text: \(name) \(perplexity)\(kl)")
        }
        lines += result.remarks.map { "note: \($0)" }
        if strength != 1 {
            lines.append("written at strength \(NumberText.text(strength)), where the guard has not looked")
        }
        lines.append("wrote \(out)")
        return lines.map { $0.oneLine + "\n" }.joined()
    }
}
