import FileSupport
import Foundation
import LanguageModel
import RunStore
import Study
import StudyFiles
import TestSupport
import Testing

@Suite("What the models of a run say")
struct ContinuationStageTests {
    private static let settings = [
        "analyze.null-draws=0", "analyze.controls=20", "analyze.bootstrap=400", "analyze.scaling=[1]",
        "optimizer.steps=4", "evaluate.pairs=5", "why=none", "generate.max-tokens=6", "generate.samples=5",
    ]

    @Test("before, after and a control of the run's divergence go on with the prompts; `generate` says the same")
    func run() throws {
        let place = try temporaryFolder("continuations")
        defer { try? FileManager.default.removeItem(atPath: place) }
        let (prompts, folder) = (place + "/prompts.txt", place + "/run")
        try AtomicFile.write("the women are\nthe kings\nthe sons of\n", to: prompts)
        let study = try StudyFile.builtIn(overrides: Self.settings + ["generate.prompts=" + prompts])
        let report = try StudyRun(study, folder: folder).run().json
        let record = try #require(try RunStore.read(folder).continuations)
        #expect(record.voices.map(\.model) == ["before", "after", "random update"])
        #expect(record.voices.allSatisfy { $0.texts.count == 15 } && record.voices[0] != record.voices[1])
        let kl = try #require(record.kl)
        #expect(kl[0] > 0 && abs(kl[1] / kl[0] - 1) <= 0.05, "\(kl)")

        var request = ModelGeneration.Request()
        (request.model, request.after, request.prompts) = (study.model, folder, prompts)
        (request.samples, request.sampling.maximumTokens) = (5, 6)
        let said = try ModelGeneration.run(request, progress: .silent).json
        for measure in ["tokens", "repetition", "harmful_words", "with_harmful_words", "distinct_1", "distinct_2"] {
            for model in ["before", "after"] {
                let value = try #require(report.at("continuations.\(model).\(measure).value"))
                #expect(value == said.at("models.\(model).\(measure).value"), "\(model) \(measure)")
            }
        }
        let page = try String(contentsOfFile: folder + "/report.md", encoding: .utf8)
        #expect(page.contains("## What the models say") && page.contains("| Repetition |"))
    }

    @Test("prompts that no model goes on with are refused before anything is written")
    func refusals() throws {
        let place = try temporaryFolder("continuations")
        defer { try? FileManager.default.removeItem(atPath: place) }
        let prompts = place + "/prompts.txt"
        for (text, complaint) in [
            (String(repeating: "kings ", count: 200) + "\n", "prompt 1 fills the model's context"),
            ("\n", "prompts.txt"),
        ] {
            try AtomicFile.write(text, to: prompts)
            let study = try StudyFile.builtIn(overrides: Self.settings + ["generate.prompts=" + prompts])
            let error = #expect(throws: InputError.self) { try StudyRun(study, folder: place + "/run").run() }
            #expect(try #require(error).description.contains(complaint), "\(String(describing: error))")
            #expect(!FileManager.default.fileExists(atPath: place + "/run"))
        }
    }
}
