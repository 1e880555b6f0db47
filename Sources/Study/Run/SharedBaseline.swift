import Evaluate
import FileSupport
import Foundation
import Records
import RunStore
import StudyFiles
import Synchronization

/// What the baseline stage came to, kept for runs whose baseline would come to the same.
///
/// Runs of a sweep differ in how they forget; what they measure of the model before is one thing, made by the first of them.
/// What it depends on is hashed, so that a run of another model, forget set or benchmark measures for itself.
final class SharedBaseline: Sendable {
    /// Holds a folder of parts for each baseline.
    let folder: String
    /// What the model before scores, by baseline, for stages that need the scores of every item in memory.
    private let scores = Mutex<[String: [any ScoreTable]]>([:])

    init(_ folder: String) { self.folder = folder }

    /// What is kept beside the parts, written last: without it there is no baseline.
    private struct Record: Codable {
        /// The hash of all that the numbers depend on.
        var key: String
        /// SHA-256 by path in run.h5.
        var parts: [String: String]
        var perplexity: [TextPerplexity]
    }

    /// The hash of the settings and files that the model before and its scores depend on.
    ///
    /// The forget set is one of them: a score says whether the words of its item stand there.
    private func key(_ plan: StudyPlan) throws -> String {
        let study = plan.study
        var relevant = StudyFile()
        (relevant.model, relevant.concepts, relevant.domains) = (study.model, study.concepts, study.domains)
        (relevant.forget, relevant.evaluate, relevant.snapshots) = (study.forget, study.evaluate, study.snapshots)
        relevant.seeds = [study.seeds[0]]
        let others: Set = ["retain", "guard", "corpus", "forget (matrix)", "forget (matrix) pairs"]
        let files = plan.inputs.files.filter { !others.contains($0.role) }
        return SHA256Hex.of(
            try relevant.resolved(hashes: files.map(\.hash), registry: plan.inputs.registry) + driftscopeVersion)
    }

    private func place(_ key: String) -> String { folder + "/" + key.prefix(12) }

    /// Puts the baseline into a run that has none.
    ///
    /// - Returns: whether there is one that fits; one whose files are not as they were written does not.
    func give(to run: RunContext, _ parts: [String]) throws -> Bool {
        let key = try key(run.plan)
        let place = place(key)
        let path = place + "/baseline.json"
        guard FileManager.default.fileExists(atPath: path) else { return false }
        guard let record: Record = try? StoredJSON.value(try Input.text(path)), record.key == key,
            Set(record.parts.keys) == Set(parts),
            record.parts.allSatisfy({ (try? SHA256Hex.ofFile(place + "/" + RunPaths.partFile($0)).sha256) == $1 })
        else {
            run.progress.say("note: the baseline in \(place) is damaged; it is measured again")
            return false
        }
        run.progress.begin("baseline of another run")
        for part in parts { try run.writer.adopt(part, from: place) }
        run.contents.facts.perplexity = record.perplexity
        try run.saveFacts()
        for table in scores.withLock({ $0[key] }) ?? [] { run.keep(table, of: Evaluation.before) }
        try run.audit.append(
            "baseline-shared", ["depends_on": .string(key), "parts": .object(record.parts.map { ($0, .string($1)) })])
        return true
    }

    /// Keeps the baseline that a run has measured.
    func keep(_ parts: [String], of run: RunContext) throws {
        let key = try key(run.plan)
        let place = place(key)
        try AtomicFile.makeFolder(place)
        var hashes: [String: String] = [:]
        for part in parts { hashes[part] = try SHA256Hex.ofFile(try run.writer.copyPart(part, to: place)).sha256 }
        let record = Record(key: key, parts: hashes, perplexity: run.contents.facts.perplexity)
        try AtomicFile.write(try StoredJSON.text(record), to: place + "/baseline.json")
        let tables = try run.plan.scorers.map { try run.scores(Evaluation.before, of: $0) }
        scores.withLock { $0[key] = tables }
    }
}
