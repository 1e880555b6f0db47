import Attribution
import Counterfactuals
import Evaluate
import FileSupport
import LanguageModel
import Records
import RunStore
import StudyFiles
import Unlearn

/// What the stages of one run share: the inputs, the models before and after, and the files that they write to.
///
/// θ0 and θ1 are only ever read. A stage that changes parameters does so in a copy of its own, which ends with it.
final class RunContext {
    let plan: StudyPlan
    let options: StudyRun.Options
    let progress: ProgressLine
    let audit: AuditLog
    let writer: RunWriter
    let contents: RunContents
    /// What the run came to, once its report is written.
    var summary: RunSummary?
    /// Kept by the stage that works with it.
    private weak var loadedAfter: TransformerModel?
    /// What this process knows that the models before and after score, by ``ScoredLabel``.
    private var scored: [ScoredLabel: any ScoreTable] = [:]

    private struct ScoredLabel: Hashable {
        let label: String
        let benchmark: String
    }

    init(
        _ plan: StudyPlan, _ contents: RunContents, writer: RunWriter, audit: AuditLog, options: StudyRun.Options,
        progress: ProgressLine
    ) {
        self.plan = plan
        self.contents = contents
        self.writer = writer
        self.audit = audit
        self.options = options
        self.progress = progress
    }

    var study: StudyFile { plan.study }
    var inputs: StudyInputs { plan.inputs }
    var folder: RunFolder { contents.folder }

    /// θ0; only to be read.
    var before: TransformerModel { inputs.before }

    /// θ1, from the checkpoint, in memory as long as somebody keeps it; only to be read.
    func after() throws -> TransformerModel {
        let model = try loadedAfter ?? study.load(folder.checkpoint).model
        loadedAfter = model
        return model
    }

    /// What the run did to the parameters.
    func update() throws -> ParameterUpdate { ParameterUpdate(from: before, to: try after()) }

    /// The same between untied models, so that the two sides of a tied matrix are parts of their own; in a file, of which
    /// what is looked at is in memory.
    func untiedUpdate() throws -> ParameterUpdate {
        let folder = folder.scratch
        return ParameterUpdate(from: try before.untied(in: folder), to: try after().untied(in: folder))
    }

    /// What the model before or after scores on a benchmark of the study.
    ///
    /// - Parameter label: ``Evaluation/before`` or ``Evaluation/after``.
    func scores(_ label: String, of scorer: any BenchmarkScorer) throws -> any ScoreTable {
        let place = ScoredLabel(label: label, benchmark: scorer.benchmark)
        if let table = scored[place] { return table }
        let table: any ScoreTable = scorer.score(label == Evaluation.before ? before : try after())
        scored[place] = table
        return table
    }

    /// Keeps what a model scores for stages that follow.
    func keep(_ table: any ScoreTable, of label: String) {
        scored[ScoredLabel(label: label, benchmark: table.benchmark)] = table
    }

    /// Stops between stages, and within them, when the user asked to.
    func checkInterrupt() throws {
        if Interrupt.requested { throw interrupted("all finished stages are kept") }
    }

    func interrupted(_ kept: String) -> InterruptedError {
        progress.finishLine()
        return folder.interrupted(kept: kept)
    }

    /// What was written, to be read.
    func reader() throws -> RunReader { try RunReader(folder.path) }

    /// Saves what the run knows beside its tables.
    func saveFacts() throws { try writer.write(contents.facts) }

    func append(_ rows: [ScoredModel]) throws {
        let counts = plan.scorers.map { scorer in
            (scorer.benchmark, Dictionary(uniqueKeysWithValues: scorer.domains.map { ($0, scorer.count(in: $0)) }))
        }
        try writer.append(
            rows, items: ScoredItems(domains: study.domains.all, counts: Dictionary(uniqueKeysWithValues: counts)))
        contents.note(rows)
    }
}
