import BuiltInStudy
import FileSupport
import Foundation
import LanguageModel
import Study
import StudyFiles
import Unlearn

/// The files that mutants are made from: a folder for each kind, with folders of whole files in it.
struct Seeds {
    /// The folder of all.
    let path: String
    /// The folder of the language models that the tests of `LanguageModel` have.
    let fixtures: String

    /// A small study with its model, from which most of the others are made.
    var base: String { path + "/base" }
    /// The folder of a run of that study which has ended.
    var endedRun: String { path + "/ended" }

    /// Makes the seeds of some kinds anew.
    static func make(_ readers: [Reader], in path: String, fixtures: String) throws {
        try? FileManager.default.removeItem(atPath: path)
        let seeds = Seeds(path: path, fixtures: fixtures)
        try seeds.makeBase()
        for reader in readers {
            try reader.makeSeeds(seeds, path + "/" + reader.kind)
            guard try !seeds.folders(of: reader).isEmpty else {
                throw InputError("no seed", at: reader.kind, remedy: "run from the root of the repository")
            }
        }
    }

    /// The seeds of a kind in order of name.
    func folders(of reader: Reader) throws -> [String] {
        let folder = path + "/" + reader.kind
        return try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map { folder + "/" + $0 }
    }

    // MARK: Helpers of the readers

    /// Copies a file or folder, with the folders that it lies in.
    func copy(_ from: String, to target: String) throws {
        try FileManager.default.createDirectory(
            atPath: AtomicFile.folder(of: target), withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: from, toPath: target)
    }

    /// Writes a file, with the folders that it lies in.
    func write(_ text: String, to target: String) throws { try write(Array(text.utf8), to: target) }

    /// Writes a file, with the folders that it lies in.
    func write(_ bytes: [UInt8], to target: String) throws {
        try FileManager.default.createDirectory(
            atPath: AtomicFile.folder(of: target), withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(fileURLWithPath: target))
    }

    /// The study of ``base``, as its runs are begun.
    func study(_ overrides: [String] = []) throws -> StudyFile {
        try StudyFile.read(base + "/study.yaml", overrides: overrides, registry: StoppingAscent.registry)
    }

    /// Makes ``endedRun``, unless another kind has made it.
    func makeEndedRun() throws {
        guard !FileManager.default.fileExists(atPath: endedRun) else { return }
        var options = StudyRun.Options()
        options.created = Date(timeIntervalSince1970: 0)
        _ = try StudyRun.run(try study(), folder: endedRun, options: options)
    }

    /// Makes a run that was stopped in the middle of its unlearning.
    func makeOpenRun(_ folder: String) throws {
        var options = StudyRun.Options()
        options.created = Date(timeIntervalSince1970: 0)
        options.registry = StoppingAscent.registry
        StoppingAscent.stops = true
        Interrupt.install()
        defer { for number in [SIGINT, SIGTERM] { signal(number, SIG_DFL) } }
        do {
            _ = try StudyRun.run(
                try study(["objective.method=\(StoppingAscent.name)"]), folder: folder, options: options)
        } catch is InterruptedError { return }
        throw InputError("the run was not stopped", at: folder, remedy: "see StoppingAscent")
    }

    // MARK: The base

    private func makeBase() throws {
        for (name, lines) in [
            ("forget.csv", 60), ("retain.txt", 24), ("guard.txt", 8), ("perplexity.txt", 10), ("text.txt", 120),
        ] {
            let text = try Input.text(BuiltInStudy.path("planted/" + name))
            let kept = text.split(separator: "\n").prefix(lines).joined(separator: "\n") + "\n"
            try write(kept, to: base + "/" + name)
        }
        // The pairs of a domain stand together.
        let pairs = try Input.text(BuiltInStudy.path("planted/pairs.csv")).split(separator: "\n")
        let some = pairs.dropFirst().enumerated().filter { $0.offset % 40 == 0 }.map(\.element)
        try write((pairs.prefix(1) + some).joined(separator: "\n") + "\n", to: base + "/pairs.csv")
        try copy(BuiltInStudy.path("planted/harmful.json"), to: base + "/harmful.json")
        try copy(BuiltInStudy.path("planted/concepts"), to: base + "/concepts")
        // Few words: analyses of many would be most of the time.
        for name in ["gender", "race", "religion", "age", "control-things"] {
            try write(
                Self.short(try JSON.read("\(base)/concepts/\(name).json")).pretty, to: "\(base)/concepts/\(name).json")
        }
        var training = TrainingConfiguration()
        (training.vocabularySize, training.hiddenSize, training.layerCount, training.headCount) = (400, 8, 1, 2)
        (training.steps, training.batchTokens, training.warmupSteps, training.heldOutFraction) = (3, 256, 1, 0)
        let texts = try Trainer.documents(inFiles: [base + "/text.txt"])
        let (model, tokenizer, _) = try Trainer.train(texts: texts, configuration: training)
        try CheckpointFolder.save(model, tokenizer: tokenizer, configJSON: nil, to: base + "/model")
        try write(
            """
            model: \(base)/model
            domains: {target: gender, transfer: [race, religion], control: [age]}
            forget:
              - domain: gender
                data: forget.csv
                text: text
                id: id
                where: {label: hate, target: {part: gen}}
                exclude-domains: [race, religion, age]
                codes: {gen: gender, race: race, faith: religion, age: age}
                harmful: {lexicon: harmful.json}
            retain: {data: retain.txt, loss: kl, weight: 1, batch: 4}
            objective: {method: token-ascent, weight: 1}
            optimizer: {name: adamw, learning-rate: 1e-4, weight-decay: 0, batch: 4, steps: 6, warmup: 0, clip: none}
            parameters: all
            guard: {data: guard.txt, perplexity: +50%, kl: 1, check-every: 2}
            snapshots: {rows-every: 2, contextual: true}
            evaluate:
              profile: driftscope
              crows-pairs: [pairs.csv]
              perplexity: [perplexity.txt]
              perplexity-mode: lines
              every: 2
              per-token: true
            concepts: concepts
            corpus: text.txt
            analyze: {controls: 20, bootstrap: 100, null-draws: 3, margin: 0.02, scaling: [1]}
            why: {controls: 2, neutral-words: 1}
            seeds: [1]
            report: {text: shown}

            """, to: base + "/study.yaml")
    }
}

extension Seeds {
    /// A lexicon with four words of each group and four pairs.
    fileprivate static func short(_ lexicon: JSON) -> JSON {
        func first(_ value: JSON?) -> JSON {
            guard case .array(let elements)? = value else { return value ?? .null }
            return .array(Array(elements.prefix(4)))
        }
        var out = lexicon
        if case .array(let groups)? = lexicon["groups"] {
            out = out.setting("groups", to: .array(groups.map { $0.setting("words", to: first($0["words"])) }))
        }
        if let pairs = lexicon["pairs"] {
            out = out.setting("pairs", to: pairs.setting("items", to: first(pairs["items"])))
        }
        return out
    }
}

/// Token ascent that asks for the run to stop while it takes its third step.
struct StoppingAscent: TokenWeightedObjective {
    static let name = "stopping-ascent"
    static let summary = "token ascent that stops its run once"
    let formula = "as token-ascent"
    static let registry = StudyRegistry(objectives: .standard.adding(StoppingAscent.self))

    /// Set where an unfinished run is made; only one thread makes seeds.
    nonisolated(unsafe) static var stops = false
    nonisolated(unsafe) private static var calls = 0

    private let ascent: TokenAscent

    init(_ options: ObjectiveOptions) { ascent = TokenAscent(options) }

    func weightedSequences(of batch: ObjectiveBatch, in pass: GradientPass) -> [ScoredSequence] {
        Self.calls += 1
        if Self.stops, Self.calls == 3 { raise(SIGTERM) }
        return ascent.weightedSequences(of: batch, in: pass)
    }
}
