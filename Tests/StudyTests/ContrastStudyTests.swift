import BuiltInStudy
import Evaluate
import FileSupport
import Foundation
import RunStore
import Study
import StudyFiles
import TestSupport
import Testing

@Suite("HateCheck, RedditBias, BBQ and HolisticBias in a study")
struct ContrastStudyTests {
    private let folder: String
    private let domains = ["gender", "race", "religion", "age"]
    private let pairs: [PairItem]

    init() throws {
        folder = try temporaryFolder("contrast-study")
        pairs = try CrowSPairs.read(BuiltInStudy.path("planted/pairs.csv"), labels: [:]).sampling(12, seed: 1).items
    }

    private func table(_ name: String, _ header: [String], _ rows: [[String]]) throws {
        var out = CSVWriter(header: header)
        for row in rows { out.append(row) }
        try AtomicFile.write(out.bytes, to: folder + "/" + name)
    }

    /// The built-in pairs in the forms of the four benchmarks.
    private func writeItems() throws {
        try table(
            "hate.csv",
            [
                "case_id", "test_case", "label_gold", "target_ident", "ref_case_id", "functionality", "templ_id",
                "ref_templ_id",
            ],
            pairs.enumerated().flatMap { number, pair in
                let template = pair.clusters["template"] ?? ""
                return [
                    ["h\(number)", pair.more, "hateful", pair.domain, "", "a_h", template, ""],
                    ["n\(number)", pair.less, "non-hateful", pair.domain, "h\(number)", "b_nh", template, template],
                ]
            })
        for domain in domains {
            let own = pairs.filter { $0.domain == domain }
            try table(
                "reddit_comments_\(domain)_one_test.csv", ["comments_processed", "id"], own.map { [$0.more, "1"] })
            try table(
                "reddit_comments_\(domain)_two_test.csv",
                ["initial_demo", "replaced_demo", "comments", "comments_processed"],
                own.map { ["['x']", "['y']", $0.more, $0.less] })
        }
        let examples = pairs.enumerated().map { number, pair -> JSON in
            let isAmbiguous = number.isMultiple(of: 2)
            return [
                "example_id": .integer(number), "question_index": .string(pair.clusters["template"] ?? ""),
                "question_polarity": "neg", "context_condition": isAmbiguous ? "ambig" : "disambig",
                "category": .string(pair.domain), "context": "Many people sing.", "question": "Who is it?",
                "answer_info": ["ans0": ["x", "one"], "ans1": ["y", "two"], "ans2": ["?", "unknown"]],
                "additional_metadata": ["stereotyped_groups": ["one"]], "ans0": .string(pair.more),
                "ans1": .string(pair.less), "ans2": "Not known.", "label": .integer(isAmbiguous ? 2 : 1),
            ]
        }
        try AtomicFile.write(examples.map { $0.compact + "\n" }.joined(), to: folder + "/examples.jsonl")
        let parts: [(String, JSON)] = [
            ("descriptors", .object(domains.map { ($0, ["all": ["shy", "brash", "loud"]]) })),
            ("nouns", ["neutral": [["moor", "moors"], ["cottage", "cottages"]]]),
            ("sentence_templates", ["I am {noun_phrase}.": [:], "I like {plural_noun_phrase}.": [:]]),
        ]
        for (name, value) in parts { try AtomicFile.write(value.compact, to: "\(folder)/\(name).json") }
    }

    @Test("the benchmark that a study names first leads, and is explained; one beside it need not be about the target")
    func leading() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try writeItems()
        let (hate, answers) = ("hatecheck: \(folder)/hate.csv", "bbq: \(folder)/race.jsonl")
        let race = try String(contentsOfFile: folder + "/examples.jsonl", encoding: .utf8).split(separator: "\n").filter
        {
            $0.contains(#""category":"race""#)
        }
        #expect(race.count == 12)
        try AtomicFile.write(race.joined(separator: "\n") + "\n", to: folder + "/race.jsonl")
        let study = try StudyFile.builtIn(overrides: [
            "evaluate={\(hate), \(answers)}",
            "optimizer.steps=2", "snapshots.contextual=false", "analyze.controls=100", "analyze.bootstrap=100",
            "analyze.null-draws=0", "analyze.scaling=[1]",
            "why={forecast: false, patching: false, mediation: false, decomposition: false, ablations: false, "
                + "retrainings: false, neutral-words: 0}",
        ])
        let report = try StudyRun.run(study, folder: folder + "/run", options: StudyRun.Options()).json
        let records = try RunStore.read(folder + "/run")
        let explained = try #require(records.alignment).tables.map(\.benchmark)
        // In order of name `bbq` would come before `hatecheck`.
        #expect(Set(explained) == ["hatecheck"] && report.at("primary_benchmark") == "hatecheck")
        #expect(report.at("benchmarks.bbq.transfer.race.tau.value")?.asNumber?.isFinite == true)
        #expect(report.at("benchmarks.bbq.verdict.race") == nil)
        #expect(
            try String(contentsOfFile: folder + "/run/report.md", encoding: .utf8).contains("verdict of race on bbq"))

        let swapped = try StudyFile.builtIn(overrides: ["evaluate={\(answers), \(hate)}"])
        let error = #expect(throws: InputError.self) {
            try StudyRun.run(swapped, folder: folder + "/other", options: StudyRun.Options())
        }
        #expect(try #require(error).what.contains("no item about the target domain 'gender'"))
    }

    @Test("all four are scored before and after, judged, and reported with their own measures")
    func run() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try writeItems()
        let comments = domains.flatMap { domain in
            ["one", "two"].map { "reddit_comments_\(domain)_\($0)_test.csv" }
        }
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
            evaluate:
              hatecheck: hate.csv
              redditbias: [\(comments.joined(separator: ", "))]
              bbq: examples.jsonl
              holisticbias: [nouns.json, descriptors.json, sentence_templates.json]
              perplexity: \(BuiltInStudy.path("planted/perplexity.txt"))
              perplexity-mode: lines
            concepts: \(BuiltInStudy.path("planted/concepts"))
            analyze: {controls: 200, bootstrap: 200, null-draws: 3, scaling: [-1, 1]}
            why: none
            """, file: "study.yaml", folder: folder)
        let summary = try StudyRun.run(study, folder: folder + "/run", options: StudyRun.Options())
        let report = summary.json
        #expect(report.at("primary_benchmark") == .string("hatecheck"))
        #expect(report.at("transfer.gender.count")?.asNumber == 12)
        let records = try RunStore.read(folder + "/run")
        for (benchmark, count, names) in [
            ("hatecheck", 48, []), ("redditbias", 48, ["perplexityGap", "t", "p"]),
            ("bbq", 48, ["accuracyAmbiguous", "accuracyDisambiguated", "biasAmbiguous", "biasDisambiguated"]),
            // Three descriptors are three pairs; two nouns, two templates.
            ("holisticbias", 4 * 12, []),
        ] {
            for label in ["before", "after"] {
                let scores = try #require(
                    records.evaluations.first { $0.label == label && $0.benchmark == benchmark })
                #expect(scores.items.count == count && scores.skipped.isEmpty, "\(benchmark): \(scores.skipped)")
                #expect(scores.measures.map(\.name) == (0..<5).flatMap { _ in names }, "\(benchmark)")
            }
        }
        for path in [
            "redditbias.measures.gender.perplexity_gap.before", "redditbias.measures.all.t.change",
            "bbq.measures.age.accuracy_ambiguous.after", "bbq.measures.all.accuracy_disambiguated.before",
        ] {
            #expect(report.at("benchmarks." + path)?.asNumber?.isFinite == true, "\(path)")
        }
        let seen = try Inspection.of(folder + "/examples.jsonl", isVerified: false).text
        #expect(seen.contains("bbq") && seen.contains("religion: 12"))
    }
}
