import FileSupport
import Foundation
import RunStore
import StudyFiles
import Unlearn

/// The folder of one run and the names in it.
package struct RunFolder: Sendable {
    package let path: String

    /// Names a folder; nothing is touched.
    package init(_ path: String) { self.path = path }

    /// The study, resolved, with the hash of every input.
    package var study: String { path + "/study.yaml" }
    /// The append-only log.
    package var audit: String { path + "/audit.jsonl" }
    /// The model after, a Hugging Face folder.
    package var checkpoint: String { path + "/checkpoint" }
    /// The low-rank update alone, as PEFT reads it, where the study trains one.
    package var adapter: String { path + "/adapter" }
    /// Which words were forgotten, for review.
    package var forgottenWords: String { path + "/forgotten-words.jsonl" }
    /// State of the unlearning while it goes on.
    package var unlearnState: String { path + "/parts/unlearn" }
    /// Gradients of the biases along the update, while stages need them.
    var pathGradients: String { path + "/parts/path-gradients" }
    /// What each term did to the parameters, while stages need it.
    var updateTerms: String { path + "/parts/update-terms" }

    /// A folder for working memory that lies in files; made where it is not there yet.
    var scratch: String {
        let folder = path + "/parts"
        // Where this fails, the first file in it says why.
        try? AtomicFile.makeFolder(folder)
        return folder
    }

    package var holdsRun: Bool { FileManager.default.fileExists(atPath: study) }
    /// Whether the unlearned model is there, whole.
    package var hasCheckpoint: Bool { FileManager.default.fileExists(atPath: checkpoint + "/config.json") }

    /// What is said when the user stops a run here.
    func interrupted(kept: String = "everything finished before is kept") -> InterruptedError {
        InterruptedError(kept: "\(kept) in \(path)", resume: "add --resume to the same command to go on")
    }

    var hasForgottenWords: Bool { FileManager.default.fileExists(atPath: forgottenWords) }
    var holdsStore: Bool { FileManager.default.fileExists(atPath: path + "/run.h5") }
    /// Whether all numbers are there, in one file.
    var isPacked: Bool { get throws { try holdsRun && holdsStore && RunReader(path).isPacked } }

    /// Whether a folder holds a run with numbers in it.
    package static func holdsNumbers(_ path: String) -> Bool { RunFolder(path).holdsRun && RunFolder(path).holdsStore }

    /// How many threads the run in a folder began with; nil where there is none to read.
    package static func threads(_ path: String) -> Int? {
        guard let threads = try? RunReader(path).metadata()?.threads, 1...1024 ~= threads else { return nil }
        return threads
    }

    /// Refuses what needs no look at the inputs, which may take a while: another run, or none to go on with.
    func requireUsable(resume: Bool) throws {
        if holdsRun, !resume { try requireFree(resume: false) }
        if resume, !holdsRun {
            throw InputError("no run to go on with", at: path, remedy: "leave --resume out, or check --out")
        }
    }

    /// Whether the run has its report.
    var hasEnded: Bool {
        get throws {
            guard try isPacked else { return false }
            let isReported = RunAnalysis.formats.allSatisfy {
                FileManager.default.fileExists(atPath: path + "/report." + $0)
            }
            // The last line tells of the analysis, and run.h5 names that line before the report is written.
            return try isReported && RunReader(path).header.audit == AuditLog.verify(audit).anchor
        }
    }

    /// Refuses a run that has its report.
    func requireUnended() throws {
        guard try !hasEnded else {
            throw InputError("this run has ended", at: path, remedy: "driftscope report \(path) makes its report again")
        }
    }

    /// Refuses to go on with inputs that are not those that the run began with. Where they lie does not matter: a program
    /// that was moved finds its own files in another place.
    package func requireSameInputs(_ resolved: String) throws {
        /// Hash, bytes and role of every input; its path follows.
        func inputs(_ text: String) -> [(content: Substring, line: Substring)] {
            text.split(separator: "\n").filter { $0.hasPrefix("#") }.map { line in
                (line[..<(line.range(of: ": ")?.lowerBound ?? line.endIndex)], line)
            }
        }
        let (old, new) = (inputs(try Input.text(study)), inputs(resolved))
        guard old.map(\.content) == new.map(\.content) else {
            let changed = zip(old, new).first { $0.content != $1.content }.map { String($0.1.line) } ?? "an input"
            throw InputError(
                "an input has changed since the run began: \(changed)", at: study,
                remedy: "put the old file back, or begin anew with another --out")
        }
    }

    /// Refuses a folder that a run cannot be made in, or gone on with: one that holds another run or something else.
    ///
    /// - Parameter resolvedStudy: what a run there must have been begun with.
    func requireFree(resolvedStudy: String = "", resume: Bool, registry: StudyRegistry = .standard) throws {
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue {
            throw InputError("a file where the run's folder should be", at: path, remedy: "give another --out")
        }
        if holdsRun {
            guard resume else {
                throw InputError(
                    "this folder holds another run", at: path,
                    remedy: "give another --out, or add --resume to go on with that run")
            }
            if let difference = try difference(to: resolvedStudy, registry) {
                throw InputError(
                    "the run here was begun with another study" + difference, at: study,
                    remedy: "resume with the study and options it was begun with, or give another --out")
            }
            return
        }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        let known = names.filter { $0 != "audit.jsonl" && !AtomicFile.isTemporary($0) }
        guard known.isEmpty else {
            throw InputError(
                "this folder is not empty and holds no run", at: path, remedy: "give a new folder with --out")
        }
    }

    /// Makes the folder ready: new and empty, or, to resume, one that holds this very study.
    ///
    /// - Returns: what holds the folder for this process as long as it lives.
    /// - Throws: ``InputError`` when it holds another run or something else, there is nothing to resume, or another process
    ///   works in it.
    @discardableResult
    package func open(resolvedStudy: String, resume: Bool, registry: StudyRegistry = .standard) throws -> RunLock {
        try requireFree(resolvedStudy: resolvedStudy, resume: resume, registry: registry)
        try AtomicFile.makeFolder(path)
        let lock = try RunLock(self)
        // Another process may have begun a run here before this one had the lock.
        try requireFree(resolvedStudy: resolvedStudy, resume: resume, registry: registry)
        AtomicFile.removeAllLeftovers(below: path)
        return lock
    }

    /// Where the study of the run here differs from another, in words; nil where both ask for the same.
    ///
    /// The stored one is read and written anew, so that keys which came later have their defaults in it.
    private func difference(to resolvedStudy: String, _ registry: StudyRegistry) throws -> String? {
        let text = try Input.text(study)
        guard
            let stored = try? StudyFile.parse(text, file: study, folder: path, registry: registry)
                .resolved(registry: registry)
        else { return "" }
        func lines(_ yaml: String) -> [Substring] { yaml.split(separator: "\n").filter { !$0.hasPrefix("#") } }
        let (there, here) = (lines(stored), lines(resolvedStudy))
        guard there != here else { return nil }
        guard let place = zip(there, here).enumerated().first(where: { $1.0 != $1.1 })?.offset else { return "" }
        let section = there[...place].last { !$0.hasPrefix(" ") } ?? ""
        func value(_ line: Substring) -> String { line.trimmingCharacters(in: .whitespaces) }
        let owner = there[place].hasPrefix(" ") ? value(section) + " " : ""
        return ": \(owner)\(value(there[place])) there, \(value(here[place])) now"
    }
}

/// Holds a run folder for one process; a second one is told so.
///
/// The lock is on the folder itself, so it leaves no file behind and dies with the process. Who only reads needs none.
package final class RunLock {
    private let descriptor: Int32

    init(_ folder: RunFolder) throws {
        descriptor = Foundation.open(folder.path, O_RDONLY | O_DIRECTORY)
        guard descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            if descriptor >= 0 { close(descriptor) }
            throw InputError(
                "another driftscope is working in this folder", at: folder.path,
                remedy: "wait for it, or name another folder")
        }
    }

    deinit { close(descriptor) }
}
