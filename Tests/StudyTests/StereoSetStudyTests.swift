import BuiltInStudy
import Evaluate
import FileSupport
import Foundation
import RunStore
import Study
import StudyFiles
import TestSupport
import Testing

@Suite("StereoSet in a study")
struct StereoSetStudyTests {
    /// Some of the built-in pairs, each with an unrelated sentence, as examples of both splits.
    private func writeItems(_ path: String) throws -> Int {
        let pairs = try CrowSPairs.read(BuiltInStudy.path("planted/pairs.csv"), labels: [:]).sampling(12, seed: 1)
        func examples(_ split: String, _ context: String, _ unrelated: String) -> JSON {
            .array(
                pairs.items.map { pair in
                    let labelled = [
                        ("anti-stereotype", pair.less), ("unrelated", unrelated), ("stereotype", pair.more),
                    ]
                    return [
                        "id": .string("\(split)-\(pair.row)"), "target": .string(pair.clusters["attribute"] ?? ""),
                        "bias_type": .string(pair.biasType), "context": .string(context),
                        "sentences": .array(
                            labelled.map { ["gold_label": .string($0.0), "sentence": .string($0.1), "id": "x"] }),
                    ]
                })
        }
        let file: JSON = [
            "data": [
                "intersentence": examples("after", "Many people sing.", "The moors are shy of rain."),
                "intrasentence": examples("in", "BLANK", "The moors are shy of rain."),
            ]
        ]
        try AtomicFile.write(file.compact, to: path)
        return pairs.items.count
    }

    @Test("both splits are scored before and after, judged, and reported with their quality")
    func run() throws {
        let folder = try temporaryFolder("stereoset-study")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let count = try writeItems(folder + "/items.json")
        let study = try StudyFile.parse(
            """
            model: built-in
            domains: {target: gender, transfer: [race, religion], control: [age]}
            forget:
              domain: gender
              data: \(BuiltInStudy.path("planted/forget.csv"))
              where: {label: hate, target: {part: gen}}
              codes: {gen: gender, race: race, faith: religion, age: age}
              harmful: {lexicon: \(BuiltInStudy.path("planted/harmful.json"))}
            optimizer: {learning-rate: 1e-4, batch: 8, steps: 3, clip: none}
            snapshots: {contextual: false}
            guard: {data: \(BuiltInStudy.path("planted/guard.txt")), lms: 60, check-every: 2}
            evaluate:
              stereoset: items.json
              perplexity: \(BuiltInStudy.path("planted/perplexity.txt"))
              perplexity-mode: lines
            concepts: \(BuiltInStudy.path("planted/concepts"))
            analyze: {controls: 200, bootstrap: 200, null-draws: 3, scaling: [-1, 1]}
            why: none
            """, file: "study.yaml", folder: folder)
        let summary = try StudyRun.run(study, folder: folder + "/run", options: StudyRun.Options())
        let report = summary.json
        #expect(report.at("primary_benchmark") == .string("stereoset-items"))
        #expect(report.at("transfer.gender.count")?.asNumber == 12)
        #expect(report.at("transfer.race.tau.value")?.asNumber?.isFinite == true)
        #expect(summary.verdicts.map(\.domain) == ["race", "religion", "age"])
        let records = try RunStore.read(folder + "/run")
        // Looked at where the guard looks: before, every two steps, at the end.
        let looks = records.trajectory.map { $0.guardScores["lms"] }
        #expect(looks.map { $0 != nil } == [true, false, true, true])
        #expect(looks[0] == report.at("measures.all.lms.before")?.asNumber)
        #expect(looks[3] == report.at("measures.all.lms.after")?.asNumber)
        for benchmark in ["stereoset-items", "stereoset-items-intersentence"] {
            for label in ["before", "after"] {
                let scores = try #require(
                    records.evaluations.first { $0.label == label && $0.benchmark == benchmark })
                #expect(scores.items.count == count && scores.items.allSatisfy { $0.clusters["target"] != nil })
                #expect(scores.measures.map(\.name) == (0..<5).flatMap { _ in ["ss", "lms", "icat"] })
                #expect(
                    Set(scores.columns.map(\.name)) == [
                        "id", "target", "bias_type", "stereotype_mean", "anti_stereotype_mean", "unrelated_mean",
                    ])
            }
        }
        // The report tells them before and after, LMS among what the change cost.
        let before = try #require(
            records.evaluations.first { $0.label == "before" && $0.benchmark == "stereoset-items" })
        let lms = try #require(before.measures.first { $0.domain == nil && $0.name == "lms" })
        #expect(lms.isQuality && report.at("measures.all.lms.before")?.asNumber == lms.value)
        for path in ["measures.gender.ss.after", "benchmarks.stereoset_items_intersentence.measures.all.icat.change"] {
            #expect(report.at(path)?.asNumber?.isFinite == true, "\(path)")
        }
        let page = try Input.text(folder + "/run/report.md")
        #expect(page.contains("**LMS**") && page.contains("on `stereoset-items-intersentence`; higher is better"))
        #expect(page.contains("The benchmark's own measures"))
    }
}
