import BuiltInStudy
import Evaluate
import FileSupport
import Foundation
import RunStore
import Study
import StudyFiles
import TestSupport
import Testing
import Unlearn

/// Makes every token of the sentences less likely, not the harmful words alone: an objective of these tests' own.
private struct ScaledAscent: TokenWeightedObjective {
    static let name = "scaled-ascent"
    static let summary = "gradient ascent on every token of the sentences"
    static let options = [ObjectiveOption("scale", "the factor of the loss", initial: 1, .above(0))]
    let formula = "(scale/Σ|x|) Σ_t log p(x_t | x_<t), minimised"
    private let scale: Double

    init(_ options: ObjectiveOptions) { scale = options.number("scale") }

    func weightedTexts(of batch: ObjectiveBatch, in pass: GradientPass) -> [ScoredText] {
        let texts = batch.sentences.map { pass.scored($0, .all) }
        let count = texts.reduce(0) { $0 + $1.count }
        return texts.map { $0.weighted(Float(scale) / Float(max(1, count))) }
    }
}

/// A benchmark and an objective that no line of Sources knows go through a whole study, from its file to its report.
@Suite("Extensions")
struct ExtensionTests {
    private let registry = StudyRegistry(
        objectives: .standard.adding(ScaledAscent.self), benchmarks: .standard.adding(Toy.self))

    /// Some of the built-in pairs as the toy's triples.
    private func writeItems(_ path: String) throws -> Int {
        let pairs = try CrowSPairs.read(BuiltInStudy.path("planted/pairs.csv"), labels: [:])
            .sampling(24, seed: 1)
        let lines = pairs.items.map { item in
            [item.domain, item.clusters["attribute"] ?? "", item.more, item.less, "The moors are shy of rain."]
                .joined(separator: " | ")
        }
        try AtomicFile.write(lines.joined(separator: "\n"), to: path)
        return lines.count
    }

    private func studyText(_ items: String) -> String {
        """
        model: built-in
        domains: {target: gender, transfer: [race, religion], control: [age]}
        forget:
          domain: gender
          data: \(BuiltInStudy.path("planted/forget.csv"))
          where: {label: hate, target: {part: gen}}
          codes: {gen: gender, race: race, faith: religion, age: age}
          harmful: {lexicon: \(BuiltInStudy.path("planted/harmful.json"))}
        objective: {method: scaled-ascent, scale: 0.5}
        optimizer: {learning-rate: 1e-4, batch: 8, steps: 3, clip: none}
        snapshots: {contextual: false}
        evaluate: {toy: \(items), perplexity: \(BuiltInStudy.path("planted/perplexity.txt")), perplexity-mode: lines}
        concepts: \(BuiltInStudy.path("planted/concepts"))
        analyze: {controls: 200, bootstrap: 200, null-draws: 3, scaling: [-1, 1]}
        why: none
        """
    }

    @Test("a toy benchmark and a toy objective run, are judged and reported without a line in Sources")
    func drive() throws {
        let folder = try temporaryFolder("extension")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let items = folder + "/items.toy"
        let count = try writeItems(items)
        let text = studyText(items)
        let study = try StudyFile.parse(text, file: "study.yaml", folder: folder, registry: registry)
        var options = StudyRun.Options()
        options.registry = registry
        let summary = try StudyRun.run(study, folder: folder + "/run", options: options)

        // The verdict and the report are of the toy benchmark.
        #expect(summary.verdicts.map(\.domain) == ["race", "religion", "age"])
        #expect(summary.verdicts.allSatisfy { !$0.sentence.isEmpty })
        let report = summary.json
        #expect(report.at("primary_benchmark") == .string("toy"))
        #expect(report.at("transfer.gender.count")?.asNumber == 24)
        #expect(report.at("transfer.race.tau.value")?.asNumber?.isFinite == true)
        let page = try Input.text(folder + "/run/report.md")
        #expect(page.contains("`toy`"))

        // The store holds the benchmark's own columns, and scores of every item before and after.
        let records = try RunStore.read(folder + "/run")
        let before = try #require(records.evaluations.first { $0.label == "before" && $0.benchmark == "toy" })
        #expect(before.items.count == count)
        #expect(before.columns.map(\.name).sorted() == ["letters", "nothing_mean", "sensible"])

        // The objective that was named is the one that unlearned, with its option.
        let audit = try Input.text(folder + "/run/audit.jsonl")
        #expect(audit.contains(#""method":"scaled-ascent""#))
        #expect(try Input.text(folder + "/run/study.yaml").contains("scale: 0.5"))
        #expect(records.trajectory.count == 4 && records.trajectory.allSatisfy { $0.forgetLoss ?? 0 <= 0 })
    }

    @Test("driftscope itself knows neither: a study that names them is refused")
    func unknown() throws {
        let text = studyText("items.toy")
        let error = #expect(throws: InputError.self) {
            try StudyFile.parse(text, file: "study.yaml", folder: "/")
        }
        #expect(error?.what.contains("scale") == true && error?.place.contains("objective") == true)
    }
}
