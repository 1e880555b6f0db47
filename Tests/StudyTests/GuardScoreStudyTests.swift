import BuiltInStudy
import Evaluate
import FileSupport
import Foundation
import RunStore
import Study
import StudyFiles
import TestSupport
import Testing

/// Budgets on what benchmarks say, broken by a run that goes too far.
@Suite("Budgets on benchmarks' scores")
struct GuardScoreStudyTests {
    /// The built-in study under one budget, with steps that no model survives.
    private static let settings = [
        "objective.method=sentence-ascent", "retain=none", "optimizer.learning-rate=3e-3", "optimizer.steps=40",
        "optimizer.clip=none", "guard.perplexity=none", "guard.kl=none", "guard.check-every=1",
        "evaluate.pairs=5", "analyze.null-draws=0", "analyze.controls=20", "analyze.bootstrap=100",
        "analyze.scaling=[1]", "snapshots.contextual=false", "corpus=[]", "why=none",
    ]

    private var pairs: [PairItem] {
        get throws {
            try CrowSPairs.read(BuiltInStudy.path("planted/pairs.csv"), labels: [:]).sampling(12, seed: 1).items
        }
    }

    /// Each sentence's words from last to first: known words, and no language.
    private func reversed(_ text: String) -> String { text.split(separator: " ").reversed().joined(separator: " ") }

    private func stereoSet(_ path: String) throws {
        let items: [JSON] = try pairs.map { pair in
            let sentences = [
                ("stereotype", pair.more), ("anti-stereotype", pair.less), ("unrelated", reversed(pair.more)),
            ]
            return [
                "id": .string("in-\(pair.row)"), "target": .string(pair.clusters["attribute"] ?? ""),
                "bias_type": .string(pair.biasType), "context": "BLANK",
                "sentences": .array(
                    sentences.map { ["gold_label": .string($0.0), "sentence": .string($0.1), "id": "x"] }),
            ]
        }
        try AtomicFile.write((["data": ["intrasentence": .array(items)]] as JSON).compact, to: path)
    }

    private func hateCheck(_ path: String) throws {
        var table = "functionality,case_id,test_case,label_gold,target_ident,ref_case_id,ref_templ_id,templ_id\n"
        for (index, pair) in try pairs.enumerated() {
            table += "derogation,h\(index),\(pair.more),hateful,\(pair.biasType),,,t\n"
            table += "negation,n\(index),\(pair.less),non-hateful,\(pair.biasType),h\(index),t,t\n"
        }
        try AtomicFile.write(table, to: path)
    }

    @Test(
        "a step that breaks the budget is taken back, and the kept model is within it", arguments: ["lms", "hatecheck"])
    func broken(budget: String) throws {
        let place = try temporaryFolder("guard-scores")
        defer { try? FileManager.default.removeItem(atPath: place) }
        let (file, run) = (place + "/items", place + "/run")
        let limit = budget == "lms" ? 8.0 : 0.05
        if budget == "lms" { try stereoSet(file) } else { try hateCheck(file) }
        let key = budget == "lms" ? "stereoset" : "hatecheck"
        let study = try StudyFile.builtIn(
            overrides: Self.settings + ["evaluate.\(key)=" + file, "guard.\(budget)=\(limit)"])
        let report = try StudyRun(study, folder: run).run().json
        let records = try RunStore.read(run)
        let outcome = try #require(records.metadata.outcome)
        let looks = records.trajectory.map { ($0.step, $0.guardScores[budget]) }
        let (start, last) = (try #require(looks.first?.1), try #require(looks.last?.1))
        func isWithin(_ score: Double) -> Bool {
            budget == "lms" ? score >= start - limit : abs(score - start) <= limit
        }
        #expect(!isWithin(last) && outcome.keptStep < looks[looks.count - 1].0)
        let kept = try #require(looks.first { $0.0 == outcome.keptStep }?.1)
        #expect(isWithin(kept))
        guard case .guardBreached(let breach) = outcome.reason else {
            Issue.record("\(outcome.reason)")
            return
        }
        #expect(breach.description.hasPrefix("\(budget) reached "))
        #expect(report.at("quality.guard.reason") == .string(breach.description))
        // What was kept is a budget of the verdicts.
        #expect(report.at("quality.budgets.\(budget).before")?.asNumber == start)
        #expect(report.at("quality.budgets.\(budget).after")?.asNumber == kept)
        #expect(report.at("quality.budgets.\(budget).limit")?.asNumber == limit)
        #expect(report.at("quality.budgets.\(budget).broken") == .bool(false))
        let page = try Input.text(run + "/report.md")
        #expect(page.contains("**Guard** stopped the run: "))
        // A score's budget is in its own unit, and no share.
        let line = try #require(page.split(separator: "\n").first { $0.contains("**Budget on the guard's scores**") })
        #expect(line.contains(" \(budget) ") && line.contains(" allowed (kept)") && !line.contains("%"), "\(line)")
    }
}
