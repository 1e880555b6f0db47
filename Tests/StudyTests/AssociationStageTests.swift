import Embeddings
import FileSupport
import Foundation
import LanguageModel
import LinearAlgebra
import Records
import RunStore
import Statistics
import Study
import StudyFiles
import TestSupport
import Testing

@Suite("WEAT in a run")
struct AssociationStageTests {
    private static let settings = [
        "analyze.null-draws=0", "analyze.controls=20", "analyze.bootstrap=400", "analyze.scaling=[1]",
        "optimizer.steps=4", "evaluate.pairs=5",
        "why={forecast: false, decomposition: false, alignment: false, patching: false, mediation: false, ablations: false, retrainings: false, neutral-words: 0}",
    ]

    private func file(_ name: String) throws -> String {
        let path = try temporaryFolder("weat") + "/\(name).jsonl"
        let groups = [
            ("targ1", ["kings", "men", "father", "boy"]), ("targ2", ["queens", "women", "girl", "mother"]),
            ("attr1", ["brash", "loud"]), ("attr2", ["shy", "meek"]),
        ]
        let sets = groups.map { key, words -> (String, JSON) in
            (key, ["category": .string(key), "examples": .array(words.map { .string($0) })])
        }
        try AtomicFile.write(JSON.object(sets).compact, to: path)
        return path
    }

    @Test("a test is scored before and after; the report has d, p and the change with its interval in every space")
    func run() throws {
        let (path, folder) = (try file("people"), try temporaryFolder("weat-run") + "/run")
        let study = try StudyFile.builtIn(overrides: Self.settings + ["evaluate.weat=" + path])
        let report = try StudyRun(study, folder: folder).run().json
        let record = try #require(try RunStore.read(folder).associations)
        let sets = try AssociationSets.read(path)
        for (place, found) in [(study.model, record.before), (folder + "/checkpoint", record.after)] {
            let model = try CheckpointFolder.load(place)
            let scores = try sets.scores(of: model.model, tokenizer: model.tokenizer)
            #expect(scores.map(\.space) == found.map(\.space) && scores.count == 5)
            for (expected, scores) in zip(scores, found) {
                let close = compare(
                    (scores.first + scores.second).map(\.value), (expected.first + expected.second).map(\.value),
                    absolute: 1e-6, relative: 1e-6, name: scores.space)
                #expect(close.isClose, "\(close)")
            }
        }
        let tests = try JSONCursor(report, place: "report").member("associations").member("people")
        var moved = 0
        for (before, after) in zip(record.before, record.after) {
            let slug = before.space.replacing(", ", with: "_").replacing(" ", with: "_")
            let row = try tests.member(slug)
            func test(_ scores: AssociationScores) throws -> AssociationTest {
                var stream = RandomStream(seed: 1)
                return try #require(
                    AssociationTest(
                        first: scores.first.map(\.value), second: scores.second.map(\.value), stream: &stream))
            }
            let (old, new) = (try test(before), try test(after))
            #expect(
                try row.member("before").double() == old.effectSize && row.member("after").double() == new.effectSize)
            #expect(try row.member("p_before").double() == old.p && row.member("p_after").double() == new.p)
            let change = try row.member("change").member("value").double()
            #expect(abs(change - ((new.effectSize ?? 0) - (old.effectSize ?? 0))) < 1e-12)
            let ends = try ["lower", "upper"].map { try row.member("change").member($0).double() }
            #expect(ends[0] < ends[1])
            if change != 0 { moved += 1 }
        }
        #expect(moved == record.before.count)
        let page = try Input.text(folder + "/report.md")
        #expect(page.contains("Associations (WEAT, SEAT)") && page.contains("people"))
    }

    @Test("two tests of one name, and a file that is no test, are refused before anything is written")
    func refused() throws {
        let folder = try temporaryFolder("weat-refused") + "/run"
        let bad = try temporaryFolder("weat") + "/bad.jsonl"
        try AtomicFile.write("{}", to: bad)
        for (files, message) in [
            ("[\(try file("people")), \(try file("people"))]", "two tests have the name 'people'"),
            (bad, "the key targ1 is missing"),
        ] {
            let study = try StudyFile.builtIn(overrides: Self.settings + ["evaluate.weat=" + files])
            let error = #expect(throws: InputError.self) { try StudyRun(study, folder: folder).run() }
            #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
        }
        #expect(!FileManager.default.fileExists(atPath: folder + "/run.h5"))
    }
}
