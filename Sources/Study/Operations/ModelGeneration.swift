import Analyze
import Attribution
import BuiltInStudy
import Counterfactuals
import FileSupport
import LanguageModel
import LinearAlgebra
import Records
import Report

/// `driftscope generate`: what models say after the same beginnings.
package enum ModelGeneration {
    /// What is asked for.
    package struct Request: Sendable {
        /// θ0.
        package var model = ""
        /// θ1, or the folder of a run; nil for one model alone.
        package var after: String?
        /// A beginning a line.
        package var prompts = ""
        /// Continuations of each.
        package var samples = 1
        package var sampling = SamplingSettings()
        /// Words whose rate is measured, and which are redacted.
        package var lexicon = "built-in"
        /// Whether these words are printed as they are.
        package var isShown = false
        /// A JSON-lines file to write with a line a continuation.
        package var out: String?
        package var replacing = false

        package init() {}
    }

    /// Goes on with every prompt, with the same draws in each model: before, after, and a control: the model before with a
    /// random update whose norm in every tensor is that of the update.
    ///
    /// - Throws: ``InputError`` for anything wrong in the inputs, before anything is written.
    package static func run(_ request: Request, progress: ProgressLine) throws -> CommandResult {
        try check(request)
        if let out = request.out { try Output.requireFree(out, replacing: request.replacing) }
        progress.begin("reading the models")
        let before = try CheckpointFolder.load(ModelFolder.resolve(request.model))
        let update = try request.after.map { try ModelScaling.pair(before, named: request.model, $0, progress).update }
        let maker = try ContinuationMaker(
            prompts: request.prompts,
            lexicon: request.lexicon == "built-in" ? BuiltInStudy.path("lexicons/harmful.json") : request.lexicon,
            samples: request.samples, sampling: request.sampling, policy: request.isShown ? .shown : .redacted,
            tokenizer: before.tokenizer, configuration: before.model.configuration)
        var voices = [try maker.voice("before", before.model, progress)]
        if let update {
            voices.append(try maker.voice("after", update.after, progress))
            let control = before.model.copy()
            let direction = RandomDirection(layout: before.model.layout, norms: update.norms())
            _ = direction.draw(0, seed: request.sampling.seed, gradients: [])
            direction.apply(scale: 1, base: before.model, to: control)
            voices.append(try maker.voice("random update", control, progress))
        }
        let record = maker.record(voices)
        let changes = ContinuationChange.all(record, draws: 10_000, seed: request.sampling.seed, level: 0.95)
        if let out = request.out { try AtomicFile.write(lines(record), to: out) }
        return CommandResult(
            text: text(record, changes, request), json: json(record, changes, maker.prompts.digest.sha256, request))
    }

    private static func check(_ request: Request) throws {
        let sampling = request.sampling
        for (holds, option, wanted) in [
            (1...1000 ~= request.samples, "--samples", "a whole number from 1 to 1000"),
            (1...4096 ~= sampling.maximumTokens, "--max-tokens", "a whole number from 1 to 4096"),
            (0...100 ~= sampling.temperature, "--temperature", "a number from 0 to 100"),
            (sampling.topP > 0 && sampling.topP <= 1, "--top-p", "a number above 0, at most 1"),
        ] where !holds { throw InputError("out of range", at: option, remedy: "give \(wanted)") }
    }

    // MARK: Output

    /// The continuations of the first prompts side by side, then the measures.
    private static func text(
        _ record: ContinuationRecord, _ changes: [ContinuationChange], _ request: Request
    ) -> String {
        var out = ""
        for (prompt, text) in record.prompts.enumerated().prefix(5) {
            out += "\(text.oneLine)\n"
            for voice in record.voices { out += "  \(voice.model): \(voice.texts[prompt * record.samples].oneLine)\n" }
        }
        if record.prompts.count > 5 {
            out += "… \(record.prompts.count) prompts, \(record.samples) continuations each\n"
        }
        var table = TextTable(["model"] + ContinuationChange.Measure.allCases.map(heading))
        for voice in record.voices {
            let own = changes.filter { $0.model == voice.model }
            table.add([voice.model] + own.map { NumberText.fixed($0.value ?? .nan, 3) })
        }
        out += "\n" + table.text
        for voice in record.voices {
            let intervals = changes.filter { $0.model == voice.model }.compactMap { row -> String? in
                guard let change = row.change, let interval = row.interval else { return nil }
                return "\(heading(row.measure)) \(NumberText.fixed(change, 3)) "
                    + "(\(NumberText.fixed(interval.lower, 3)) to \(NumberText.fixed(interval.upper, 3)))"
            }
            guard !intervals.isEmpty else { continue }
            out += "\(voice.model) less before, 95 % intervals over prompts: \(intervals.joined(separator: ", "))\n"
        }
        if let path = request.out { out += "wrote \(path.oneLine)\n" }
        return out
    }

    private static func heading(_ measure: ContinuationChange.Measure) -> String {
        switch measure {
        case .withHarmfulWords: "with any"
        case .distinct1, .distinct2: measure.rawValue.replacing("_", with: "-")
        default: measure.rawValue.replacing("_", with: " ")
        }
    }

    private static func json(
        _ record: ContinuationRecord, _ changes: [ContinuationChange], _ digest: String, _ request: Request
    ) -> JSON {
        let models = record.voices.map { voice -> (String, JSON) in
            let own = changes.filter { $0.model == voice.model }.map { row -> (String, JSON) in
                var members: [(String, JSON)] = [("value", row.value.map { .number($0) } ?? .null)]
                if let change = row.change { members.append(("change", .number(change))) }
                if let interval = row.interval {
                    members.append(("change_interval", .array([.number(interval.lower), .number(interval.upper)])))
                }
                return (row.measure.rawValue, .object(members))
            }
            return (voice.model.replacing(" ", with: "_"), .object(own))
        }
        return .object([
            ("prompts", .integer(record.prompts.count)), ("prompts_sha256", .string(digest)),
            ("samples", .integer(request.samples)), ("max_tokens", .integer(request.sampling.maximumTokens)),
            ("temperature", .number(request.sampling.temperature)), ("top_p", .number(request.sampling.topP)),
            ("seed", .integer(Int(truncatingIfNeeded: request.sampling.seed))), ("models", .object(models)),
        ])
    }

    /// A line a continuation.
    private static func lines(_ record: ContinuationRecord) -> String {
        record.prompts.indices.flatMap { prompt in
            (0..<record.samples).map { sample -> String in
                var members: [(String, JSON)] = [
                    ("prompt", .string(record.prompts[prompt])), ("sample", .integer(sample)),
                ]
                for voice in record.voices {
                    let said = voice.texts[prompt * record.samples + sample]
                    members.append((voice.model.replacing(" ", with: "_"), .string(said)))
                }
                return JSON.object(members).compact + "\n"
            }
        }.joined()
    }
}
