import FileSupport
import Foundation
import Records
import RunStore
import StudyFiles

/// What a run folder holds: the one place that stages ask whether their numbers are there.
final class RunContents {
    /// A changed model that was scored.
    struct Model: Hashable {
        let kind: ScoredModel.Kind
        /// What was changed, with the domain it is about after a slash.
        let name: String
    }

    let folder: RunFolder
    /// What the run knows beside its tables.
    var facts: RunMetadata
    /// The changed models that were scored.
    private(set) var models: Set<Model> = []
    /// Whether all numbers are in one file.
    var isPacked: Bool
    /// The step of the saved state from which the unlearning goes on; nil where it begins anew.
    var savedStep: Int?
    private let has: (String) -> Bool

    /// The contents of a run that a reader sees, kept up by asking a writer.
    ///
    /// - Parameter writer: nil where nothing is going to be written.
    /// - Throws: ``InputError`` where it says of its unlearning what cannot be in the study.
    init(_ folder: RunFolder, _ reader: RunReader?, of study: StudyFile, writer: RunWriter?) throws {
        self.folder = folder
        isPacked = reader?.isPacked ?? false
        has = { path in writer?.holds(path) ?? reader?.holds(path) ?? false }
        facts = try reader?.metadata() ?? RunMetadata()
        if let kept = facts.outcome?.keptStep, !(0...study.optimizer.steps ~= kept) {
            throw InputError(
                "the run kept the model of step \(kept), and the study has \(study.optimizer.steps) steps",
                at: folder.path, remedy: "use a copy of the folder, or begin anew with another --out")
        }
        note(try reader?.models() ?? [])
    }

    func note(_ rows: [ScoredModel]) {
        for row in rows {
            models.insert(Model(kind: row.kind, name: row.subject.map { row.component + "/" + $0 } ?? row.component))
        }
    }

    // MARK: What was written

    func holdsModels(_ kind: ScoredModel.Kind) -> Bool { models.contains { $0.kind == kind } }
    func holds(_ kind: ScoredModel.Kind, _ name: String) -> Bool { models.contains(Model(kind: kind, name: name)) }
    func holds<Record: StageRecord>(_: Record.Type) -> Bool { has(RunPaths.record(Record.group)) }
    func holdsSnapshot(step: Int) -> Bool { has(RunPaths.snapshot(step)) }
    func holdsContextual(step: Int) -> Bool { has(RunPaths.contextual(step)) }
    func holdsScores(_ label: String, _ benchmark: String) -> Bool {
        has(RunPaths.evaluation(label: label, benchmark: benchmark))
    }

    /// The step whose parameters the unlearning kept; that of the study's end while it has not ended.
    func keptStep(_ study: StudyFile) -> Int { facts.outcome?.keptStep ?? study.optimizer.steps }
    var hasCheckpoint: Bool { folder.hasCheckpoint }
    var hasBegunUnlearning: Bool { hasCheckpoint || FileManager.default.fileExists(atPath: folder.unlearnState) }
}
