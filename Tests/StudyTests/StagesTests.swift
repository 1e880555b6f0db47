import FileSupport
import Foundation
import Study
import StudyFiles
import TestSupport
import Testing

@Suite("The stages of a run") struct StagesTests {
    @Test("each has a name of its own, a summary, and needs only what comes before it")
    func order() {
        var earlier: Set<String> = []
        for stage in Stages.descriptions {
            #expect(!earlier.contains(stage.name), "\(stage.name) twice")
            #expect(!stage.summary.isEmpty && !stage.writes.isEmpty, "\(stage.name)")
            for need in stage.needs { #expect(earlier.contains(need), "\(stage.name) needs \(need)") }
            earlier.insert(stage.name)
        }
        #expect(Stages.descriptions.last?.name == "analysis and report")
    }

    @Test("stand in docs/architecture.md as they are")
    func documented() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = try Input.text(root.path + "/docs/architecture.md")
        #expect(page.contains(Stages.table), "docs/architecture.md should hold:\n\(Stages.table)")
    }
}

@Suite("What a run would take") struct DryRunTests {
    /// The built-in study, cut down.
    private static let settings = ["evaluate.pairs=20", "corpus=[]", "optimizer.steps=4"]

    /// The settings with a test of association, prompts and a command.
    private static func settingsWithTest() throws -> [String] {
        let path = try temporaryFolder("weat") + "/words.jsonl"
        let groups = [
            ("targ1", ["king", "boy"]), ("targ2", ["queen", "girl"]), ("attr1", ["shy"]), ("attr2", ["calm"]),
        ]
        let sets = groups.map { key, words -> (String, JSON) in
            (key, ["category": .string(key), "examples": .array(words.map { .string($0) })])
        }
        try AtomicFile.write(JSON.object(sets).compact, to: path)
        let prompts = path.replacing("words.jsonl", with: "prompts.txt")
        try AtomicFile.write("the kings\nthe women are\n", to: prompts)
        return settings + [
            "evaluate.weat=" + path, "generate.prompts=" + prompts, "evaluate.custom=[{name: own, command: [sh]}]",
        ]
    }

    private static func stages(_ result: CommandResult) throws -> [JSONCursor] {
        try JSONCursor(result.json, place: "dry run").member("stages").elements()
    }

    @Test("every stage that is asked for is told, with its numbers, and nothing is written")
    func everyStage() throws {
        let folder = try temporaryFolder("dry-run") + "/run"
        let study = try StudyFile.builtIn(overrides: try Self.settingsWithTest())
        let result = try DryRun.run(study, folder: folder, resume: false, progress: .silent)
        #expect(!FileManager.default.fileExists(atPath: folder))
        let stages = try Self.stages(result)
        #expect(try stages.map { try $0.member("stage").string() } == Stages.descriptions.map(\.name))
        var sum = 0.0
        for stage in stages {
            let name = try stage.member("stage").string()
            #expect(result.text.contains(name))
            let seconds = try stage.member("seconds").double()
            #expect(seconds >= 0 && seconds.isFinite && seconds < 3600, "\(name): \(seconds)")
            #expect(try stage.member("memory_bytes").double() > 1e6)
            if try !stage.member("done").bool() { sum += seconds }
        }
        let total = try JSONCursor(result.json, place: "dry run").member("total")
        #expect(abs(try total.member("seconds").double() - sum) < 1e-6 && sum > 0)
        func counts(_ stage: String) throws -> [String: Int] {
            let found = try #require(try stages.first { try $0.member("stage").string() == stage })
            let all = try found.member("counts").elements().map {
                (try $0.member("of").string(), try $0.member("number").int())
            }
            return Dictionary(uniqueKeysWithValues: all)
        }
        #expect(try counts("unlearning")["step"] == 4)
        #expect(try counts("random updates")["draw"] == 199)
        // Six components, each alone and left out, with 20 controls of both kinds.
        #expect(try counts("patching")["scoring"] == 6 * 42)
        #expect(try counts("update scaling")["scoring"] == 11)
    }

    @Test("what the study does not ask for is not told, and twice the controls cost about twice as much")
    func asked() throws {
        func seconds(_ extra: [String]) throws -> [String: Int] {
            let study = try StudyFile.builtIn(overrides: Self.settings + ["why.mediation=false"] + extra)
            let result = try DryRun.run(study, folder: "nowhere", resume: false, progress: .silent)
            return Dictionary(
                uniqueKeysWithValues: try Self.stages(result).map {
                    (
                        try $0.member("stage").string(),
                        try $0.member("counts").elements().first?.member("number").int() ?? 0
                    )
                })
        }
        let few = try seconds(["why.controls=10"])
        let many = try seconds(["why.controls=20"])
        #expect(few["mediation"] == nil && few["patching"] == 6 * 22 && many["patching"] == 6 * 42)
    }

    @Test("a finished stage of an interrupted run is told as done")
    func resumed() throws {
        let folder = try temporaryFolder("dry-run") + "/run"
        let study = try StudyFile.builtIn(
            overrides: Self.settings + [
                "analyze.null-draws=0", "analyze.controls=100", "analyze.bootstrap=100", "analyze.scaling=[1]",
                "snapshots.contextual=false",
                "why={forecast: true, alignment: false, patching: false, mediation: false, decomposition: false, ablations: false, retrainings: false, neutral-words: 0}",
            ])
        // A folder with the study alone, as a run that was killed at once leaves it.
        do { _ = try StudyRun(study, folder: folder) }
        func done(_ resume: Bool) throws -> [String] {
            let result = try DryRun.run(study, folder: folder, resume: resume, progress: .silent)
            return try Self.stages(result).filter { try $0.member("done").bool() }.map {
                try $0.member("stage").string()
            }
        }
        #expect(throws: InputError.self) { try done(false) }
        let before = try FileManager.default.subpathsOfDirectory(atPath: folder).sorted()
        // The built-in pairs have no label beside the study's domains: nothing is to be done there.
        #expect(try done(true) == ["forecast outcome"])
        #expect(try FileManager.default.subpathsOfDirectory(atPath: folder).sorted() == before)
        try AtomicFile.write("", to: RunFolder(folder).forgottenWords)
        #expect(try done(true) == ["forgotten words", "forecast outcome"])
        var options = StudyRun.Options()
        options.resume = true
        try StudyRun(study, folder: folder, options: options).run()
        let error = #expect(throws: InputError.self) { try done(true) }
        #expect(error?.description.contains("this run has ended") == true)
    }

    @Test("what a run refuses is refused")
    func refused() throws {
        let root = try temporaryFolder("dry-run")
        try Data("mine".utf8).write(to: URL(fileURLWithPath: root + "/notes.txt"))
        let study = try StudyFile.builtIn(overrides: Self.settings)
        #expect(throws: InputError.self) {
            try DryRun.run(study, folder: root, resume: false, progress: .silent)
        }
        #expect(throws: InputError.self) {
            try DryRun.run(study, folder: root + "/none", resume: true, progress: .silent)
        }
        let wrong = try StudyFile.builtIn(overrides: Self.settings + ["domains.control=[age, height]"])
        #expect(throws: InputError.self) {
            try DryRun.run(wrong, folder: root + "/new", resume: false, progress: .silent)
        }
    }
}
