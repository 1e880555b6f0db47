import FileSupport
import Foundation
import Records
import RunStore
import Study
import StudyFiles
import TestSupport
import Testing

@Suite("Run folder") struct RunFolderTests {
    private let study = "model: a\nseeds: [1]\n# model: a/config.json 12 bytes\n"

    @Test("is made when it is not there, and taken when it is empty")
    func new() throws {
        let root = try temporaryFolder("run-folder")
        defer { try? FileManager.default.removeItem(atPath: root) }
        let folder = RunFolder(root + "/a/b")
        for _ in 0..<2 { try folder.open(resolvedStudy: study, resume: false) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
        #expect(!folder.holdsRun && !folder.hasCheckpoint)
    }

    @Test("that holds a run is opened to resume the same study only; hashes and keys that came later do not count here")
    func resume() throws {
        let root = try temporaryFolder("run-folder")
        defer { try? FileManager.default.removeItem(atPath: root) }
        let folder = RunFolder(root)
        let study = try StudyFile.builtIn()
        let later = "  checkpoint-activations: false\n"
        let stored = try study.resolved(hashes: [(name: "model: a", bytes: 12, sha256: "ab")])
        #expect(stored.contains(later))
        try AtomicFile.write(stored.replacingOccurrences(of: later, with: ""), to: folder.study)
        #expect(folder.holdsRun)
        #expect(throws: InputError.self) { try folder.open(resolvedStudy: stored, resume: false) }
        try folder.open(resolvedStudy: stored, resume: true)
        try folder.open(resolvedStudy: study.resolved(), resume: true)
        // A run that was begun when keys had other names is this study too.
        let former = stored.replacing("  ablations:", with: "  ladder:").replacing("  scaling:", with: "  doses:")
        #expect(former != stored)
        try AtomicFile.write(former, to: folder.study)
        try folder.open(resolvedStudy: stored, resume: true)
        let other = try StudyFile.builtIn(overrides: ["optimizer.steps=17"]).resolved()
        let error = #expect(throws: InputError.self) { try folder.open(resolvedStudy: other, resume: true) }
        #expect(error?.description.contains(": optimizer: steps: 16 there, steps: 17 now") == true)
    }

    @Test("goes on with the same inputs in another place, and with no others")
    func inputs() throws {
        let root = try temporaryFolder("run-folder")
        defer { try? FileManager.default.removeItem(atPath: root) }
        let study = try StudyFile.builtIn()
        func resolved(_ name: String, _ bytes: Int = 12, _ hash: String = "ab") throws -> String {
            try study.resolved(hashes: [(name: "model: m", bytes: 1, sha256: "cd"), (name, bytes, hash)])
        }
        try AtomicFile.write(try resolved("concepts: a/b.json"), to: RunFolder(root).study)
        try RunFolder(root).requireSameInputs(try resolved("concepts: c/b.json"))
        for other in [
            try resolved("concepts: a/b.json", 13), try resolved("concepts: a/b.json", 12, "ac"),
            try resolved("pairs: a/b.json"), try study.resolved(),
        ] {
            let error = #expect(throws: InputError.self) { try RunFolder(root).requireSameInputs(other) }
            #expect(error?.description.contains("an input has changed since the run began") == true)
        }
    }

    @Test("is refused where it tells of a step that its study does not have", arguments: [-1, 4, Int.max])
    func keptStep(step: Int) throws {
        let place = try temporaryFolder("run-folder")
        defer { try? FileManager.default.removeItem(atPath: place) }
        let study = try StudyFile.builtIn(overrides: ["optimizer.steps=3", "corpus=[]", "evaluate.pairs=8"])
        _ = try StudyRun(study, folder: place + "/run")
        var facts = try #require(try RunReader(place + "/run").metadata())
        facts.outcome = UnlearningOutcome(reason: .finished, lastStep: 3, keptStep: step)
        try RunWriter.resume(in: place + "/run", fromStep: .max).write(facts)
        var options = StudyRun.Options()
        options.resume = true
        let error = #expect(throws: InputError.self) {
            try StudyRun.run(study, folder: place + "/run", options: options)
        }
        #expect(error?.what.contains("the model of step \(step)") == true, "\(error?.description ?? "")")
    }

    @Test("is cleared of what a killed process left, files and folders, and of nothing else")
    func leftovers() throws {
        let root = try temporaryFolder("run-folder")
        defer { try? FileManager.default.removeItem(atPath: root) }
        // No process has a number as large as this.
        let dead = "2147483646"
        let living = String(ProcessInfo.processInfo.processIdentifier)
        for owner in [dead, living] {
            try FileManager.default.createDirectory(
                atPath: "\(root)/checkpoint.\(owner).partial", withIntermediateDirectories: true)
            try Data("{".utf8).write(to: URL(fileURLWithPath: "\(root)/checkpoint.\(owner).partial/config.json"))
            try Data("half".utf8).write(to: URL(fileURLWithPath: "\(root)/study.yaml.\(owner).partial"))
        }
        try RunFolder(root).open(resolvedStudy: study, resume: false)
        #expect(try FileManager.default.contentsOfDirectory(atPath: root).isEmpty)
    }

    @Test("is refused when something else stands there, which is left alone")
    func foreign() throws {
        let root = try temporaryFolder("run-folder")
        defer { try? FileManager.default.removeItem(atPath: root) }
        try Data("mine".utf8).write(to: URL(fileURLWithPath: root + "/notes.txt"))
        #expect(throws: InputError.self) { try RunFolder(root).open(resolvedStudy: study, resume: false) }
        #expect(throws: InputError.self) {
            try RunFolder(root + "/notes.txt").open(resolvedStudy: study, resume: false)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: root) == ["notes.txt"])
        #expect(try Input.text(root + "/notes.txt") == "mine")
    }
}
