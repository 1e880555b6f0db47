import Embeddings
import FileSupport
import Foundation
import Records
import RunStore
import Study
import StudyFiles
import TestSupport
import Testing

@Suite("Forecast and retrainings in a run", .serialized)
struct RetrainingStageTests {
    private static let settings = [
        "analyze.null-draws=0", "analyze.controls=100", "analyze.bootstrap=200", "analyze.scaling=[1]",
        "snapshots.contextual=false", "evaluate.pairs=40",
    ]

    private func run(_ folder: String, _ extra: [String]) throws -> JSON {
        try StudyRun(StudyFile.builtIn(overrides: Self.settings + extra), folder: folder).run().json
    }

    private func retrainings(_ folder: String) throws -> RetrainingRecord {
        try #require(try RunReader(folder).stage(RetrainingRecord.self))
    }

    @Test("the forecast is written before the first step, and race comes before religion before age")
    func forecastFirst() throws {
        let folder = try temporaryFolder("forecast") + "/run"
        _ = try run(
            folder,
            [
                "why={forecast: true, alignment: false, patching: false, mediation: false, decomposition: false, ablations: false, retrainings: false, neutral-words: 0}"
            ])
        let events = try Input.text(folder + "/audit.jsonl").split(separator: "\n").map(String.init)
        let forecast = try #require(events.firstIndex { $0.contains(#""event":"forecast""#) })
        let started = try #require(events.firstIndex { $0.contains(#""event":"unlearn-started""#) })
        #expect(forecast < started)
        let record = try #require(try RunReader(folder).stage(ForecastRecord.self))
        let entries = try #require(record.tables.first).entries
        let change = Dictionary(uniqueKeysWithValues: entries.map { ($0.domain, $0.predicted) })
        func fall(_ domain: String) throws -> Double { -(try #require(change[domain])) }
        #expect(try fall("race") > fall("religion") && fall("religion") > fall("age"))
        #expect(try fall("religion") > 0.005 && abs(fall("age")) < 0.003)
    }

    @Test("every arm is stored with its scores, or with the reason why there are none")
    func arms() throws {
        let folder = try temporaryFolder("arms") + "/run"
        let report = try run(
            folder,
            [
                "seeds=[1, 2, 3]",
                "why={forecast: false, alignment: false, patching: false, mediation: false, decomposition: false, neutral-words: 2}",
            ])
        let record = try retrainings(folder)
        let stored = record.reruns
        #expect(
            stored.map(\.name) == [
                "run", "seed-2", "seed-3", "ladder-all-rows", "ladder-labels", "ladder-words", "ladder-lexical-race",
                "ladder-lexical-religion", "ladder-lexical-all", "sgd", "no-retain", "neutral-words-1",
                "neutral-words-2",
            ])
        let scored = try RunReader(folder).models().filter { $0.kind == .rerun }
        #expect(scored.map(\.component) == stored.filter { $0.reason == nil && $0.name != "run" }.map(\.name))
        // Nulls and plain descent have the run's divergence.
        let target = try #require(record.targetKL)
        for model in scored where model.component == "sgd" || model.component.hasPrefix("neutral") {
            #expect(abs(try #require(model.kl) / target - 1) < 0.021, "\(model.component)")
        }
        let race = report["transfer"]?["race"]
        #expect(race?["nulls"]?["neutral_words"]?["count"] == 2)
        #expect(race?["seeds"]?["count"] == 3)
    }

    @Test("forget sets of the matrix are trained for every seed; one about a domain that the study lacks is refused")
    func matrix() throws {
        let folder = try temporaryFolder("matrix") + "/run"
        let data = try #require(StudyFile.builtIn().forget.first).data
        let entry = "{domain: race, data: \(data), where: {label: hate, target: {part: race}}, codes: {race: race}, "
        let lexicon = (data as NSString).deletingLastPathComponent + "/harmful.json"
        let why =
            "ablations: false, retrainings: false, neutral-words: 0, forecast: false, alignment: false, patching: false, "
        let rest = "mediation: false, decomposition: false, matrix: [\(entry)harmful: {lexicon: \(lexicon)}}]"
        _ = try run(folder, ["seeds=[1, 2]", "why={\(why)\(rest)}"])
        #expect(
            try retrainings(folder).reruns.map(\.name) == [
                "run", "seed-2", "forget-race-seed-1", "forget-race-seed-2",
            ])
        let forgotten = try retrainings(folder).reruns.map(\.forgotten)
        #expect(forgotten == ["gender", "gender", "race", "race"])
        #expect(throws: InputError.self) {
            try StudyFile.builtIn(overrides: ["why={\(why)\(rest.replacing("domain: race", with: "domain: height"))}"])
        }
    }
}
