import FileSupport
import Foundation
import LanguageModel
import LinearAlgebra
import Records
import RunStore
import StudyFiles
import Unlearn

/// One run of a study, stage by stage (``Stages/all``), from inputs to report.
package final class StudyRun {
    /// What a caller may choose beside the study itself.
    package struct Options: Sendable {
        /// Go on with the run in the folder.
        package var resume = false
        /// The command line as typed, for provenance.
        package var commandLine = ""
        /// When the run began.
        package var created = Date()
        /// The objectives and benchmarks that the study may name.
        package var registry = StudyRegistry.standard
        /// Whether the hashes of a run that is gone on with were checked.
        package var isVerified = true
        /// What runs of other settings share of the model before; nil for a run by itself.
        var baseline: SharedBaseline?
        /// Whether the study's own commands may be run.
        package var allowsCommands = false

        package init() {}
    }

    private let context: RunContext
    private let lock: RunLock

    /// Reads all inputs, then makes the folder ready.
    ///
    /// - Throws: ``InputError`` for anything wrong in the study or its inputs, before anything is written.
    package init(
        _ study: StudyFile, folder path: String, options: Options = Options(), progress: ProgressLine = .silent
    ) throws {
        let folder = RunFolder(path)
        try folder.requireUsable(resume: options.resume)
        if let command = study.evaluate.custom.first, !options.allowsCommands {
            throw InputError(
                "the study runs the command '\(command.name)': \(command.command.joined(separator: " "))",
                at: "evaluate.custom", remedy: "add --allow-commands to run it")
        }
        let plan = try StudyPlan(study, registry: options.registry, progress: progress)
        let resolved = plan.resolved
        lock = try folder.open(resolvedStudy: resolved, resume: options.resume, registry: options.registry)
        if options.resume { try folder.requireSameInputs(resolved) }
        // The study is the mark by which a folder is known to hold a run: after all that can be refused, and before
        // anything that a killed process could leave alone.
        try Interrupt.isHeard(or: folder.interrupted()) {
            if !folder.holdsRun { try AtomicFile.write(resolved, to: folder.study) }
        }
        let audit = try AuditLog(path: folder.audit)
        let writer: RunWriter
        var savedStep: Int?
        if options.resume, folder.holdsStore {
            savedStep = try UnlearningStage.stepToGoOnFrom(folder)
            writer = try RunWriter.resume(in: path, fromStep: savedStep ?? -1)
        } else {
            writer = try RunWriter.create(
                in: path,
                header: RunHeader(
                    runID: String(SHA256Hex.of(resolved + "\(options.created.timeIntervalSince1970)").prefix(12)),
                    created: options.created, producerVersion: driftscopeVersion))
        }
        let reader = try RunReader(path)
        let contents = try RunContents(folder, reader, of: study, writer: writer)
        contents.savedStep = savedStep
        context = RunContext(plan, contents, writer: writer, audit: audit, options: options, progress: progress)
        // The concepts are written last.
        if try !options.resume || reader.metadata() == nil || reader.concepts() == nil { try writeFacts(resolved) }
    }

    /// Runs a study in a folder, or goes on with the run there.
    ///
    /// - Throws: ``InputError`` for anything wrong in the study or its inputs, before anything is written;
    ///   ``UnfinishedError``, ``InterruptedError``: what was done stays and `resume` goes on.
    package static func run(
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

    /// Makes one of several runs, or what is left of it; one that has ended must be of this very study.
    static func make(
        _ study: StudyFile, _ folder: RunFolder, options: Options, progress: ProgressLine
    ) throws {
        var options = options
        options.resume = folder.holdsRun
        if options.resume, try folder.hasEnded {
            return try folder.requireFree(
                resolvedStudy: study.resolved(registry: options.registry), resume: true, registry: options.registry)
        }
        _ = try run(study, folder: folder.path, options: options, progress: progress)
    }

    /// Analyses a run whose numbers are all there, packed, but whose report was not finished; nil for another.
    private static func finishPacked(
        _ study: StudyFile, _ folder: RunFolder, _ options: Options, progress: ProgressLine
    ) throws -> RunSummary? {
        guard try folder.isPacked else { return nil }
        let lock = try folder.open(
            resolvedStudy: study.resolved(registry: options.registry), resume: true, registry: options.registry)
        defer { withExtendedLifetime(lock) {} }
        try folder.requireUnended()
        Interrupt.isHeard(or: folder.interrupted()) {}
        RunStore.removeLeftovers(in: folder.path)
        return try ReportStage.finish(
            study, folder, options: options, audit: try AuditLog(path: folder.audit), progress: progress)
    }

    /// Does all stages that are asked for and not done yet.
    ///
    /// - Returns: the report's main numbers.
    /// - Throws: ``UnfinishedError``, ``InterruptedError``; what was done stays and `--resume` goes on.
    @discardableResult
    package func run() throws -> RunSummary {
        let study = context.study
        try context.audit.append(
            context.options.resume ? "run-resumed" : "run-started",
            [
                "study": .string(SHA256Hex.of(context.contents.facts.study ?? "")), "seed": .integer(study.seeds[0]),
                "threads": .integer(Threads.count), "kernels": .string(BLAS.kernels),
                "notes": .array(context.inputs.notes.map { .string($0) }),
                "forget": .array(
                    context.inputs.forgetSets.map { read in
                        [
                            "domain": .string(read.request.domain),
                            "sentences": .integer(read.set.summary.sentences),
                            "harmful_tokens": .integer(read.set.summary.harmfulTokens),
                            "pairs": .integer(read.set.pairs.count), "sha256": .string(read.set.summary.sha256),
                        ]
                    }),
            ])
        try context.writer.write(context.audit.anchor)
        for stage in Stages.all where stage.isAsked(study) {
            if try stage.isDone(context.plan, context.contents) { continue }
            try context.checkInterrupt()
            try requireNeeds(of: stage)
            let started = Date()
            try stage.run(context)
            // The analysis's own event ends the log.
            guard context.summary == nil else { break }
            context.before.releaseWorkingMemory()
            try context.audit.append(
                "stage-ended",
                [
                    "stage": .string(stage.name), "seconds": .number(Date().timeIntervalSince(started)),
                    "peak_memory_bytes": .integer(ProcessMemory.peak),
                ])
            if !context.contents.isPacked { try context.writer.write(context.audit.anchor) }
        }
        guard let summary = context.summary else { throw context.interrupted("the report was not written") }
        return summary
    }

    /// Refuses to begin a stage without the numbers that it reads: it would come to others.
    private func requireNeeds(of stage: any Stage.Type) throws {
        for needed in Stages.all where stage.needs.contains(needed.name) && needed.isAsked(context.study) {
            guard try !needed.isDone(context.plan, context.contents) else { continue }
            throw InputError(
                "the numbers of the stage \(needed.name) are not there, which \(stage.name) needs",
                at: context.folder.path, remedy: "begin anew with another --out")
        }
    }

    /// What is known before the first stage: the model, the forget set, tokens and concepts.
    private func writeFacts(_ resolved: String) throws {
        let inputs = context.inputs
        let model = inputs.before
        let configuration = model.configuration
        var facts = RunMetadata()
        facts.study = resolved
        facts.commandLine = context.options.commandLine
        facts.seed = context.study.seeds[0]
        facts.threads = Threads.count
        facts.kernels = BLAS.kernels
        let method = inputs.configuration.method
        facts.objective = "\(method.name): \(method.objective.formula(of: inputs.before.configuration))"
        facts.model = RunMetadata.Model(
            name: context.study.model, family: inputs.checkpoint.family, parameters: model.layout.count,
            layers: configuration.layerCount, hiddenSize: configuration.hiddenSize,
            vocabulary: configuration.vocabularySize,
            context: configuration.contextLength, tiedEmbeddings: model.hasTiedEmbeddings,
            addsBeginToken: inputs.tokenizer.addsBeginToken)
        facts.inputs = inputs.files
        facts.forget = inputs.forgetSets.map { read in
            var summary = read.set.summary
            let pairs = read.set.pairs.count
            summary.instead =
                method.objective.learnsPairs
                ? .learnedPairs(pairs)
                : method.objective.needs.contains(.pairs)
                    ? .pairs(pairs) : method.objective.scope == .all ? .allTokens : nil
            return summary
        }
        facts.disjointness = Disjointness.check(inputs)
        context.contents.facts = facts
        try context.saveFacts()
        try context.writer.write(
            try TokenTable(
                tokenizer: inputs.tokenizer, rows: configuration.vocabularySize, exposure: inputs.exposure,
                corpusCount: inputs.corpusCounts))
        try context.writer.write(inputs.concepts)
    }
}

/// The version that runs and reports carry.
package let driftscopeVersion = "0.1.0"
