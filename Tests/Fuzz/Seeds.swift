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

    /// Makes a run that was stopped where the objective is asked for after a file or folder of it has come to be.
    func makeOpenRun(_ folder: String, after file: String) throws {
        // In a process of its own: the wish to stop is for good.
        let child = Process()
        child.executableURL = Driver.program
        child.arguments = ["stop", path, fixtures, folder, file]
        try child.run()
        child.waitUntilExit()
        guard child.terminationReason == .exit, child.terminationStatus == 0 else {
            throw InputError("no unfinished run was made", at: folder, remedy: "see StoppingAscent")
        }
    }

    /// What the child does for ``makeOpenRun(_:after:)``.
    func stopRun(_ folder: String, after file: String) throws {
        var options = StudyRun.Options()
        options.created = Date(timeIntervalSince1970: 0)
        options.registry = StoppingAscent.registry
        StoppingAscent.mark = folder + "/" + file
        Interrupt.install()
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

/// Token ascent that asks for the run to stop.
struct StoppingAscent: TokenWeightedObjective {
    static let name = "stopping-ascent"
    static let summary = "token ascent that stops its run once"
    static let options = TokenAscent.options
    let formula = "as token-ascent"
    static let registry = StudyRegistry(objectives: .standard.adding(StoppingAscent.self))

    /// The run is stopped once this is there; set before there is another thread.
    nonisolated(unsafe) static var mark: String?

    private let ascent: TokenAscent

    init(_ options: ObjectiveOptions) { ascent = TokenAscent(options) }

    func weightedTexts(of batch: ObjectiveBatch, in pass: GradientPass) -> [ScoredText] {
        if let mark = Self.mark, FileManager.default.fileExists(atPath: mark) {
            Self.mark = nil
            raise(SIGTERM)
        }
        return ascent.weightedTexts(of: batch, in: pass)
    }
}
