import Evaluate
import FileSupport
import Foundation
import Study
import StudyFiles
import TestSupport
import Testing

/// Whether the tests that take minutes run.
let isSlow = ProcessInfo.processInfo.environment["DRIFTSCOPE_SLOW"] != nil

/// What a run of a study with a known answer found.
struct Finding {
    var outcomes: [String: String] = [:]
    var tau: [String: Double] = [:]
    /// Interval of τ by domain.
    var interval: [String: (lower: Double, upper: Double)] = [:]
    /// Items that would decide, by domain, where the verdict names them.
    var itemsToDecide: [String: Int] = [:]
    var perplexityChange = Double.infinity
    /// The whole report.
    let report: JSONCursor

    /// Overrides that leave out what the verdicts do not need.
    static let light = ["why=none", "snapshots.contextual=false", "analyze.controls=200", "analyze.bootstrap=2000"]

    /// Runs a study in a temporary folder.
    init(_ study: StudyFile) throws {
        let folder = try temporaryFolder("known-answer")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        report = JSONCursor(try StudyRun(study, folder: folder + "/run").run().json, place: "report.json")
        for domain in study.domains.all {
            let value = try report.member("transfer").member(domain).member("tau")
            tau[domain] = try value.member("value").double()
            interval[domain] = (try value.member("lower").double(), try value.member("upper").double())
            if !study.domains.targets.contains(domain) {
                let verdict = try report.member("verdict").member(domain)
                outcomes[domain] = try verdict.member("outcome").string()
                itemsToDecide[domain] = try verdict.optional("items_to_decide")?.int()
            }
        }
        perplexityChange = try report.member("quality").member("perplexity").member("change").double()
    }

    /// Whether the interval of the target's τ lies below 0.
    var targetFalls: Bool { (interval["gender"]?.upper ?? 1) < 0 }

    /// τ of a domain over τ of gender.
    func ratio(_ domain: String) -> Double { (tau[domain] ?? .nan) / (tau["gender"] ?? .nan) }

    /// Overrides like ``light``, with some stages of the argument why a bias moved, as `why` names them.
    static func argument(_ stages: Set<String>) -> [String] {
        let all: Set = ["forecast", "alignment", "patching", "mediation", "decomposition", "ablations", "retrainings"]
        return light.filter { $0 != "why=none" } + all.subtracting(stages).sorted().map { "why.\($0)=false" }
            + ["why.neutral-words=0", "evaluate.every=0"]
    }

    /// What carries a domain's change, as the argument names it.
    func carriers(_ domain: String) throws -> [String] {
        try report.member("why").member("explanations").member(domain).member("carriers").elements()
            .map { try $0.string() }
    }
}

/// Holds a planted study to its base model: every domain prefers the stereotype in 75 to 90 % of its 256 pairs, and each
/// of the 600 forget sentences has one harmful token.
func expectPlantedPreferences(_ inputs: StudyInputs) throws {
    let scorer = try inputs.selected[0].scorer(
        tokenizer: inputs.checkpoint.tokenizer, profile: .driftscope, contextLength: 64)
    let table = scorer.score(inputs.checkpoint.model)
    for domain in ["gender", "race", "religion", "age"] {
        let gaps = table.gaps(in: domain)
        let share = Double(gaps.count { $0 > 0 }) / Double(gaps.count)
        #expect(gaps.count == 256)
        #expect((0.75...0.9).contains(share), "\(domain): \(share)")
    }
    #expect(inputs.forget.sentences.count == 600)
    #expect(inputs.forget.sentences.allSatisfy { $0.harmfulPositions.count == 1 })
}
