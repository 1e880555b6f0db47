import Attribution
import BuiltInStudy
import Counterfactuals
import Evaluate
import FileSupport
import LanguageModel
import LinearAlgebra
import Report
import Statistics
import Unlearn

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

    /// A model and what it said: a continuation each of prompts × samples.
    private struct Voice {
        let name: String
        let texts: [String]
        let tokens: [Int]
        let words: [[String]]
        let harmful: [Int]
    }

    /// A measure that is a mean over continuations, so that its change has an interval.
    private enum Measure: String, CaseIterable {
        case tokens, repetition
        case harmfulWords = "harmful_words"
        case withHarmfulWords = "with_harmful_words"

        var heading: String { self == .withHarmfulWords ? "with any" : rawValue.replacing("_", with: " ") }

        func values(_ voice: Voice) -> [Double] {
            switch self {
            case .tokens: voice.tokens.map(Double.init)
            case .repetition: voice.words.map { ContinuationMeasures.repetition($0) }
            case .harmfulWords: voice.harmful.map(Double.init)
            case .withHarmfulWords: voice.harmful.map { $0 > 0 ? 1 : 0 }
            }
        }
    }

    /// The mean of a measure over continuations, and its change from the model before with its 95 % interval.
    private struct Figure {
        let value: Double
        var change: (value: Double, lower: Double, upper: Double)?
    }

    /// Goes on with every prompt, with the same draws in each model: before, after, and a control: the model before with a
    /// random update whose norm in every tensor is that of the update.
    ///
    /// - Throws: ``InputError`` for anything wrong in the inputs, before anything is written.
    package static func run(_ request: Request, progress: ProgressLine) throws -> CommandResult {
        try check(request)
        if let out = request.out { try Output.requireFree(out, replacing: request.replacing) }
        let lexicon = try WordLexicon.read(
            request.lexicon == "built-in" ? BuiltInStudy.path("lexicons/harmful.json") : request.lexicon)
        let finder = WordFinder(lexicon.words)
        progress.begin("reading the models")
        let before = try CheckpointFolder.load(ModelFolder.resolve(request.model))
        let update = try request.after.map { try ModelScaling.pair(before, named: request.model, $0, progress).update }
        let prompts = try SentenceFile.read(
            request.prompts, tokenizer: before.tokenizer, maximum: before.model.configuration.contextLength)
        if let long = prompts.tokens.firstIndex(where: { $0.count >= before.model.configuration.contextLength }) {
            throw InputError(
                "prompt \(long + 1) fills the model's context", at: request.prompts, remedy: "shorten it")
        }
        if let empty = prompts.tokens.firstIndex(where: \.isEmpty) {
            throw InputError("prompt \(empty + 1) has no token", at: request.prompts, remedy: "remove the line")
        }
        func voice(_ name: String, _ model: TransformerModel) -> Voice {
            progress.begin("continuations, \(name)")
            let texts = prompts.tokens.flatMap { Array(repeating: $0, count: request.samples) }
            let tokens = model.continuations(of: texts, request.sampling, isEnd: before.tokenizer.isSpecial) {
                progress.update($0, of: request.sampling.maximumTokens)
            }
            progress.finishLine()
            let said = tokens.map { String(decoding: before.tokenizer.decode($0), as: UTF8.self) }
            return Voice(
                name: name, texts: said, tokens: tokens.map(\.count), words: said.map(WordFinder.allWords),
                harmful: said.map { finder.ranges(in: $0).count })
        }
        var voices = [voice("before", before.model)]
        if let update {
            voices.append(voice("after", update.after))
            let control = before.model.copy()
            let direction = RandomDirection(layout: before.model.layout, norms: update.norms())
            _ = direction.draw(0, seed: request.sampling.seed, gradients: [])
            direction.apply(scale: 1, base: before.model, to: control)
            voices.append(voice("random update", control))
        }
        let figures = figures(voices, request)
        if let out = request.out {
            try AtomicFile.write(lines(voices, prompts, request, finder), to: out)
        }
        return CommandResult(
            text: text(voices, figures, prompts, request, finder),
            json: json(voices, figures, prompts, request))
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

    /// Harmful words of a text as the policy has them.
    private static func redacted(_ text: String, _ finder: WordFinder, _ request: Request) -> String {
        guard !request.isShown else { return text }
        let bytes = Array(text.utf8)
        var out: [UInt8] = []
        var start = 0
        for range in finder.ranges(in: text) {
            let word = String(decoding: bytes[range], as: UTF8.self)
            out += bytes[start..<range.lowerBound] + Array("[\(Redaction.word(word, policy: .redacted))]".utf8)
            start = range.upperBound
        }
        return String(decoding: out + bytes[start...], as: UTF8.self)
    }

    /// The continuations of the first prompts side by side, then the measures.
    private static func text(
        _ voices: [Voice], _ figures: [[Figure]], _ prompts: SentenceFile, _ request: Request, _ finder: WordFinder
    ) -> String {
        var out = ""
        for prompt in prompts.texts.indices.prefix(5) {
            out += "\(redacted(prompts.texts[prompt], finder, request).oneLine)\n"
            for voice in voices {
                let said = redacted(voice.texts[prompt * request.samples], finder, request)
                out += "  \(voice.name): \(said.oneLine)\n"
            }
        }
        if prompts.texts.count > 5 {
            out += "… \(prompts.texts.count) prompts, \(request.samples) continuations each\n"
        }
        var table = TextTable(["model"] + Measure.allCases.map(\.heading) + ["distinct-1", "distinct-2"])
        for (voice, own) in zip(voices, figures) {
            table.add(
                [voice.name] + own.map { NumberText.fixed($0.value, 3) }
                    + [1, 2].map { NumberText.fixed(ContinuationMeasures.distinct(voice.words, n: $0), 3) })
        }
        out += "\n" + table.text
        for (voice, own) in zip(voices, figures) {
            let changes = zip(Measure.allCases, own).compactMap { measure, figure in
                figure.change.map { change in
                    "\(measure.heading) \(NumberText.fixed(change.value, 3)) "
                        + "(\(NumberText.fixed(change.lower, 3)) to \(NumberText.fixed(change.upper, 3)))"
                }
            }
            guard !changes.isEmpty else { continue }
            out += "\(voice.name) less before, 95 % intervals over prompts: \(changes.joined(separator: ", "))\n"
        }
        if let path = request.out { out += "wrote \(path.oneLine)\n" }
        return out
    }

    /// The measures of each model; those behind the first with their changes from it, paired by continuation and resampled by
    /// prompt.
    private static func figures(_ voices: [Voice], _ request: Request) -> [[Figure]] {
        let measured = voices.map { voice in Measure.allCases.map { $0.values(voice) } }
        return measured.enumerated().map { index, columns in
            let values = columns.map { Summary.mean($0) }
            guard index > 0 else { return values.map { Figure(value: $0) } }
            let changes = zip(measured[0], columns).map { old, new in zip(old, new).map { $1 - $0 } }
            var stream = RandomStream(seed: request.sampling.seed, label: "continuations/bootstrap")
            let bootstrap = Bootstrap(
                columns: changes, clusters: voices[index].texts.indices.map { $0 / request.samples }, draws: 10_000,
                stream: &stream)
            return values.indices.map { place in
                let band = Summary.band(bootstrap.replicates[place], level: 0.95)
                return Figure(
                    value: values[place], change: (bootstrap.estimates[place], band.lower, band.upper))
            }
        }
    }

    private static func json(
        _ voices: [Voice], _ figures: [[Figure]], _ prompts: SentenceFile, _ request: Request
    ) -> JSON {
        let models = zip(voices, figures).map { voice, own -> (String, JSON) in
            var members = zip(Measure.allCases, own).map { measure, figure -> (String, JSON) in
                var value: [(String, JSON)] = [("value", .number(figure.value))]
                if let change = figure.change {
                    value.append(("change", .number(change.value)))
                    value.append(("change_interval", .array([.number(change.lower), .number(change.upper)])))
                }
                return (measure.rawValue, .object(value))
            }
            for n in [1, 2] {
                members.append(("distinct_\(n)", .number(ContinuationMeasures.distinct(voice.words, n: n))))
            }
            return (voice.name.replacing(" ", with: "_"), .object(members))
        }
        return .object([
            ("prompts", .integer(prompts.texts.count)), ("prompts_sha256", .string(prompts.digest.sha256)),
            ("samples", .integer(request.samples)), ("max_tokens", .integer(request.sampling.maximumTokens)),
            ("temperature", .number(request.sampling.temperature)), ("top_p", .number(request.sampling.topP)),
            ("seed", .integer(Int(truncatingIfNeeded: request.sampling.seed))), ("models", .object(models)),
        ])
    }

    /// A line a continuation.
    private static func lines(
        _ voices: [Voice], _ prompts: SentenceFile, _ request: Request, _ finder: WordFinder
    ) -> String {
        prompts.texts.indices.flatMap { prompt in
            (0..<request.samples).map { sample -> String in
                let place = prompt * request.samples + sample
                var members: [(String, JSON)] = [
                    ("prompt", .string(redacted(prompts.texts[prompt], finder, request))), ("sample", .integer(sample)),
                ]
                for voice in voices {
                    let said = redacted(voice.texts[place], finder, request)
                    members.append((voice.name.replacing(" ", with: "_"), .string(said)))
                }
                return JSON.object(members).compact + "\n"
            }
        }.joined()
    }
}
