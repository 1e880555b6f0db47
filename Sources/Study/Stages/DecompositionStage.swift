import Analyze
import FileSupport
import LanguageModel
import LinearAlgebra
import Records
import RunStore
import StudyFiles
import Unlearn

/// The update taken apart by what made it: the run's steps repeated with forget term, retain term and weight decay apart.
enum DecompositionStage: Stage {
    static let name = "update decomposition"
    static let summary = "the steps repeated, the update split into forget term, retain term and weight decay"
    static let needs = [UnlearningStage.name]
    static let writes = ["/replay", "parts/update-terms"]

    static func isAsked(_ study: StudyFile) -> Bool { study.why.decomposition }

    static func isDone(_: StudyPlan, _ contents: RunContents) -> Bool { contents.holds(DecompositionRecord.self) }

    static func cost(_ plan: StudyPlan) -> StageCost {
        let (costs, configuration) = (plan.costs, plan.inputs.configuration)
        let hasRetain = configuration.retainLoss != .none && configuration.retainWeight > 0
        return StageCost(
            counts: [(configuration.steps, "step")],
            work: (costs.step(configuration, forget: plan.inputs.forget) + costs.sweeps(6))
                * Double(configuration.steps),
            memory: 2 * costs.untiedBytes + 2 * costs.modelBytes
                + costs.inMemory(costs.modelBytes * (hasRetain ? 5.5 : 2.5)) + costs.activationBytes,
            stored: Double(plan.watchedTokens.count * plan.inputs.before.configuration.hiddenSize * 16),
            files: costs.modelBytes * (hasRetain ? 2 : 1))
    }

    static func run(_ run: RunContext) throws {
        var record = DecompositionRecord()
        guard let parts = try StoredTerms.decompose(run) else {
            record.notDone.append(NotComputed(what: "replay of the run", reason: "no step of the run was kept"))
            return try run.writer.write(record)
        }
        let update = try run.update()
        record.steps = parts.steps
        record.replayError = parts.relativeError(from: update.before, to: update.after)
        (record.tokens, record.words) = words(run.inputs)
        let rows = parts.rows(record.tokens)
        record.split = DriftSplit(
            output: rows.output, input: rows.input, retain: rows.retain, decay: parts.decay == nil ? nil : rows.decay,
            actual: update.inputRows(record.tokens))
        try run.writer.write(record)
        try run.audit.append(
            "replay", ["steps": .integer(record.steps), "error": record.replayError.map { .number($0) } ?? .null])
    }

    /// The words whose rows are split: those of all lexicons, and the forgotten tokens, each a word of its own.
    private static func words(_ inputs: StudyInputs) -> (tokens: [Int], words: [DriftWord]) {
        let concepts = inputs.concepts.words.filter { !$0.singleTokens.isEmpty }
        let counts = inputs.forget.tokenCounts(vocabularySize: inputs.tokenizer.vocabularySize).harmful
        let harmful = counts.indices.filter { counts[$0] > 0 }
        let tokens = Set(concepts.flatMap(\.singleTokens).map(Int.init)).union(harmful).sorted()
        let row = Dictionary(uniqueKeysWithValues: tokens.enumerated().map { ($1, $0) })
        let words = concepts.map { DriftWord($0, rows: $0.singleTokens.compactMap { row[Int($0)] }) }
        let forgotten = harmful.map { token in
            DriftWord(
                domain: DecompositionRecord.harmfulWords, group: "", word: inputs.tokenizer.key(of: Int32(token)),
                rows: [token].compactMap { row[$0] }, exposure: .masked)
        }
        return (tokens, words + forgotten)
    }
}

/// What forget term, retain term and weight decay did to the parameters, in the order of the model's layout, each read
/// where it is wanted.
struct StoredTerms {
    private let folder: RunFolder
    private let count: Int

    func forget() throws -> FloatBuffer? { try term("forget") }

    /// Nil where the loss has no retain term.
    func retain() throws -> FloatBuffer? { try term("retain") }

    /// Nil where there is no weight decay.
    func decay() throws -> FloatBuffer? { try term("decay") }

    private func term(_ name: String) throws -> FloatBuffer? {
        let file = Self.file(name, folder)
        return file.exists ? try file.map(count: count) : nil
    }

    /// Takes the update apart, and keeps its terms in files for the stages that follow; nil when the run kept no step.
    static func decompose(_ run: RunContext) throws -> UpdateTerms? {
        let decomposition = try repetition(run)
        guard decomposition.steps > 0 else { return nil }
        run.progress.begin("repeating the run")
        let parts = try decomposition.split(in: run.folder.scratch) { step in
            run.progress.update(step, of: decomposition.steps)
            try run.checkInterrupt()
        }
        if let retain = parts.retain { try file("retain", run.folder).write(retain) }
        if let decay = parts.decay { try file("decay", run.folder).write(decay) }
        // The last one stands for all: with it, they are whole.
        try file("forget", run.folder).write(parts.forget)
        return parts
    }

    /// The terms, in their files; taken anew where these are gone, nil when the run kept no step.
    static func read(_ run: RunContext) throws -> StoredTerms? {
        if !file("forget", run.folder).exists, try decompose(run) == nil { return nil }
        return StoredTerms(folder: run.folder, count: run.before.layout.count)
    }

    /// The run's steps, to be taken again.
    static func repetition(_ run: RunContext) throws -> UpdateDecomposition {
        try UpdateDecomposition(
            before: run.before, forget: run.inputs.forget, retain: run.inputs.retain?.pieces,
            configuration: run.inputs.configuration, steps: run.contents.keptStep(run.study))
    }

    private static func file(_ name: String, _ folder: RunFolder) -> FloatFile {
        FloatFile(path: folder.updateTerms + "/" + name)
    }
}
