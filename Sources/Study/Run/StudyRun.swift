import Embeddings
import Evaluate
import FileSupport
import Foundation
import LanguageModel
import LinearAlgebra
import Records
import RunStore
import StudyFiles
import Unlearn

/// One run of a study, stage by stage, from inputs to report.
///
/// Every stage writes its numbers to the run folder before the next one begins, so a run that was killed goes on with
/// the first stage whose numbers are not there.
public final class StudyRun {
    /// What a caller may choose beside the study itself.
    public struct Options: Sendable {
        /// Go on with the run in the folder.
        public var resume = false
        /// The command line as typed, for provenance.
        public var commandLine = ""
        /// When the run began.
        public var created = Date()
        /// The benchmarks that the study may ask for.
        public var benchmarks = BenchmarkRegistry.standard

        /// The defaults.
        public init() {}
    }

    let study: StudyFile
    let folder: RunFolder
    let options: Options
    let progress: ProgressLine
    let inputs: StudyInputs
    let scorers: [any BenchmarkScorer]
    let perplexityTexts: [PerplexityText]
    let probeText: PerplexityText
    /// The text whose perplexity is measured at every α: the first perplexity text, or its beginning when it is long.
    let scalingText: PerplexityText?
    /// The tokens whose embedding rows are recorded along the way.
    let watchedTokens: [Int32]
    var facts = RunMetadata()

    /// The parts of the update, while stages need them.
    var replayedParts: UpdateTerms?
    private var loadedBefore: TransformerModel?

    private let lock: RunLock
    let audit: AuditLog
    var writer: RunWriter

    /// Reads all inputs, then makes the folder ready.
    ///
    /// - Throws: ``InputError`` for anything wrong in the study or its inputs, before anything is written.
    public init(_ study: StudyFile, folder path: String, options: Options = Options(), progress: ProgressLine = .silent)
        throws
    {
        self.study = study
        self.options = options
        self.progress = progress
        folder = RunFolder(path)
        if folder.holdsRun, !options.resume {
            // Said before the inputs are read, which may take a while.
            try folder.open(resolvedStudy: "", resume: false)
        }
        if options.resume, !folder.holdsRun {
            throw InputError("no run to go on with", at: path, remedy: "leave --resume out, or check --out")
        }
        let inputs = try StudyInputs.read(study, benchmarks: options.benchmarks, progress: progress)
        self.inputs = inputs
        let model = inputs.checkpoint.model
        let context = model.configuration.contextLength
        let profile = inputs.profile
        scorers = try inputs.scorers()
        let byLine = study.evaluate.perplexityMode == "lines"
        perplexityTexts = try inputs.perplexityTexts.map {
            try PerplexityText(
                $0.text, tokenizer: inputs.checkpoint.tokenizer, profile: profile, contextLength: context,
                byLine: byLine, place: $0.path)
        }
        probeText = try Self.probeText(inputs, perplexityTexts)
        scalingText = try Self.scalingText(inputs, perplexityTexts, profile: profile, byLine: byLine)
        watchedTokens = Array(Set(inputs.concepts.words.flatMap(\.singleTokens))).sorted()

        let resolved = study.resolved(
            hashes: inputs.files.map { (name: "\($0.role): \($0.path)", bytes: $0.bytes, sha256: $0.sha256) })
        try folder.open(resolvedStudy: resolved, resume: options.resume)
        lock = try RunLock(folder)
        if options.resume { try Self.requireSameInputs(folder, resolved) }
        // The study is the mark by which a folder is known to hold a run: after all that can be refused, and before
        // anything that a killed process could leave alone.
        if !folder.holdsRun { try AtomicFile.write(resolved, to: folder.study) }
        audit = try AuditLog(path: folder.audit)
        let hasStore = FileManager.default.fileExists(atPath: folder.path + "/run.h5")
        if options.resume, hasStore {
            // Without a state the unlearning begins anew; with a checkpoint it has ended, and all of its way counts.
            let step =
                folder.hasCheckpoint ? .max : try Unlearner.savedStep(in: folder.unlearnState) ?? -1
            writer = try RunWriter.resume(in: path, fromStep: step)
        } else {
            writer = try RunWriter.create(
                in: path,
                header: RunHeader(
                    runID: Self.runID(resolved, options.created), created: options.created,
                    producerVersion: driftscopeVersion))
        }
        try startFacts(resolved)
    }

    /// Runs a study in a folder, or goes on with the run there.
    ///
    /// - Throws: ``InputError`` for anything wrong in the study or its inputs, before anything is written;
    ///   ``UnfinishedError``, ``InterruptedError``: what was done stays and `resume` goes on.
    public static func run(
        _ study: StudyFile, folder path: String, options: Options = Options(), progress: ProgressLine = .silent
    ) throws -> RunSummary {
        do {
            if options.resume, let summary = try finishPacked(study, RunFolder(path), options, progress: progress) {
                return summary
            }
            return try StudyRun(study, folder: path, options: options, progress: progress).run()
        } catch var error as UnfinishedError where RunFolder(path).holdsRun {
            // Whatever could not be written, a run goes on in one way.
            error.kept = "everything finished before is kept in \(path)"
            error.resume = "free space, then add --resume to the same command to go on"
            throw error
        }
    }

    /// Analyses a run whose numbers are all there, packed, but whose report was not finished; nil for another.
    private static func finishPacked(
        _ study: StudyFile, _ folder: RunFolder, _ options: Options, progress: ProgressLine
    ) throws -> RunSummary? {
        guard folder.holdsRun, FileManager.default.fileExists(atPath: folder.path + "/run.h5"),
            try RunReader(folder.path).isPacked
        else { return nil }
        try folder.open(resolvedStudy: study.resolved(), resume: true)
        let lock = try RunLock(folder)
        defer { withExtendedLifetime(lock) {} }
        guard try !Input.text(folder.audit).contains(#""event":"\#(endedEvent)""#) else {
            throw InputError(
                "this run has ended", at: folder.path,
                remedy: "driftscope report \(folder.path) makes its report again")
        }
        RunStore.removeLeftovers(in: folder.path)
        let benchmarks = try? study.readBenchmarks(options.benchmarks)
        return try finish(study, folder, benchmarks, audit: try AuditLog(path: folder.audit), progress: progress)
    }

    private static let endedEvent = "run-ended"

    /// Analysis and report of a packed run.
    private static func finish(
        _ study: StudyFile, _ folder: RunFolder, _ benchmarks: [any BiasBenchmark]?, audit: AuditLog,
        progress: ProgressLine
    ) throws -> RunSummary {
        let summary = try RunAnalysis.finish(
            folder.path, study: study, benchmarks: benchmarks, progress: progress, gates: [],
            formats: ["html", "md", "json"])
        try audit.append(
            endedEvent, ["verdicts": .object(summary.verdicts.map { ($0.domain, .string($0.outcome)) })])
        // The state of the unlearning is of no more use.
        try? FileManager.default.removeItem(atPath: folder.path + "/parts")
        return summary
    }

    /// Does all stages that are not done yet, and writes the report.
    ///
    /// - Returns: the report's main numbers.
    /// - Throws: ``UnfinishedError``, ``InterruptedError``; what was done stays and `--resume` goes on.
    @discardableResult
    public func run() throws -> RunSummary {
        try audit.append(
            options.resume ? "run-resumed" : "run-started",
            ["study": .string(SHA256Hex.of(facts.study ?? "")), "seed": .integer(study.seeds[0])])
        try Review.write(inputs.forget, shown: study.report.text == "shown", to: folder.forgottenWords)
        try before()
        try forecast()
        try unlearn()
        let after = try study.load(folder.checkpoint).model
        try self.after(after)
        try forecastOutcome(after: after)
        try interventions(after: after)
        try replay(after: after)
        try alignment(after: after, summands: try alignmentSummands())
        try contributions(after: after)
        try patching(after: after)
        try mediation(after: after)
        try removePathGradients()
        try retrainings(after: after)
        progress.begin("packing run.h5")
        try writer.finish()
        return try Self.finish(study, folder, inputs.benchmarks, audit: audit, progress: progress)
    }

    /// θ0 for the stages after the unlearning, which changed the model of the inputs in place: read again once, and only
    /// read from then on.
    func modelBefore() throws -> TransformerModel {
        let model = try loadedBefore ?? study.load(study.model).model
        loadedBefore = model
        return model
    }

    /// Stops between stages when the user asked to.
    func checkInterrupt() throws {
        if Interrupt.requested { throw interrupted("all finished stages are kept in \(folder.path)") }
    }

    func interrupted(_ kept: String) -> InterruptedError {
        progress.finishLine()
        return InterruptedError(kept: kept, resume: "add --resume to the same command to go on")
    }

    /// Saves the facts.
    func saveFacts() throws {
        facts.inputs = inputs.files
        try writer.write(facts)
    }

    private func startFacts(_ resolved: String) throws {
        let reader = try RunReader(folder.path)
        // The concepts are written last.
        if options.resume, let stored = try reader.metadata(), try reader.concepts() != nil {
            facts = stored
            return
        }
        let model = inputs.checkpoint.model
        let configuration = model.configuration
        facts.study = resolved
        facts.commandLine = options.commandLine
        facts.seed = study.seeds[0]
        facts.threads = Threads.count
        facts.model = RunMetadata.Model(
            name: study.model, family: inputs.checkpoint.family, parameters: model.layout.count,
            layers: configuration.layerCount,
            hiddenSize: configuration.hiddenSize, vocabulary: configuration.vocabularySize,
            context: configuration.contextLength, tiedEmbeddings: model.hasTiedEmbeddings)
        facts.forget = inputs.forget.summary
        facts.disjointness = Disjointness.check(inputs)
        try saveFacts()
        try writer.write(
            try TokenTable(
                tokenizer: inputs.checkpoint.tokenizer, rows: configuration.vocabularySize, exposure: inputs.exposure,
                corpusCount: inputs.corpusCounts))
        try writer.write(inputs.concepts)
    }

    /// An α is one of a dozen models: at every one of them a long text would cost more than all the rest of a run.
    private static let scalingBytes = 65_536

    private static func scalingText(
        _ inputs: StudyInputs, _ texts: [PerplexityText], profile: ScoringProfile, byLine: Bool
    ) throws -> PerplexityText? {
        guard let whole = texts.first, let text = inputs.perplexityTexts.first else { return nil }
        guard text.text.utf8.count > scalingBytes else { return whole }
        var beginning = ""
        for line in text.text.split(separator: "\n", omittingEmptySubsequences: false) {
            guard beginning.utf8.count + line.utf8.count < scalingBytes || beginning.isEmpty else { break }
            beginning += line + "\n"
        }
        return try PerplexityText(
            beginning, tokenizer: inputs.checkpoint.tokenizer, profile: profile,
            contextLength: inputs.checkpoint.model.configuration.contextLength, byLine: byLine, place: text.path)
    }

    /// The neutral text on which models are compared: the first perplexity text, else the guard's, else the retain text.
    private static func probeText(_ inputs: StudyInputs, _ texts: [PerplexityText]) throws -> PerplexityText {
        if let first = texts.first { return first }
        guard let sentences = inputs.guardText ?? inputs.retain else {
            throw InputError(
                "no neutral text to compare models on", at: "evaluate.perplexity",
                remedy: "name a text there, or give a guard or retain text")
        }
        return try PerplexityText(
            sentences.texts.joined(separator: "\n"), tokenizer: inputs.checkpoint.tokenizer,
            contextLength: inputs.checkpoint.model.configuration.contextLength, byLine: true, place: sentences.path)
    }

    private static func requireSameInputs(_ folder: RunFolder, _ resolved: String) throws {
        let old = try Input.text(folder.study).split(separator: "\n").filter { $0.hasPrefix("#") }
        let new = resolved.split(separator: "\n").filter { $0.hasPrefix("#") }
        guard old == new else {
            let changed = zip(old, new).first { $0 != $1 }.map { String($0.1) } ?? "an input"
            throw InputError(
                "an input has changed since the run began: \(changed)", at: folder.study,
                remedy: "put the old file back, or begin anew with another --out")
        }
    }

    private static func runID(_ resolved: String, _ created: Date) -> String {
        String(SHA256Hex.of(resolved + "\(created.timeIntervalSince1970)").prefix(12))
    }
}

/// The version that runs and reports carry.
public let driftscopeVersion = "0.1.0"
