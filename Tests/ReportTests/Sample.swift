import Analyze
import Foundation
import Records
import Report
import Testing

/// A made-up run: plausible values, measured on nothing. It exists to look at the page and to test the text of it.
enum Sample {
    static let names = ["gender", "race", "religion", "age"]
    static let tau = [-0.0762, -0.0613, -0.0187, -0.0031]

    /// A made-up attribution: race goes with gender, religion in part, age not at all.
    static func attribution() throws -> AttributionResult { try decoded(AttributionResult.self, "attribution") }

    /// The run of the built-in study as one might look: race moves, religion is open, age stays.
    static func input(
        outcomes: [VerdictOutcome] = [.transferSupported, .inconclusive, .noTransfer]
    ) throws -> ReportInput {
        ReportInput(
            analysis: try analysis(outcomes), records: records(isDamaged: outcomes.contains(.damage)),
            runID: "2026-01-01-sample", created: "2026-01-01T00:00:00Z", version: "0.0.0-sample", seeds: [1, 2, 3],
            guardLimits: .init(perplexityRise: 0.1, kl: 0.1),
            itemTexts: [41: "a made-up sentence for the test", 7: "another made-up sentence"])
    }

    /// What the run recorded: counts, steps, concept words, and two items that changed.
    private static func records(isDamaged: Bool) -> RunRecords {
        var out = RunRecords()
        out.metadata.commandLine = "/usr/bin/driftscope demo --out sample"
        out.metadata.threads = 2
        out.metadata.kernels = "a library 1.0"
        out.metadata.objective = "an-ascent: mean log p, minimised"
        out.metadata.model = .init(
            name: "/elsewhere/driftscope_BuiltInStudy.resources/files/planted/model", family: "gpt2",
            parameters: 412_672, layers: 2, hiddenSize: 128, vocabulary: 1_312, context: 32, tiedEmbeddings: true)
        out.metadata.perplexity = [
            text("/data/perplexity.txt", 6.291, 6.412, 20_480), text("/data/guard.txt", 6.302, 6.431, 10_240),
        ]
        let breach = GuardBreach(step: 15, measure: .perplexity, value: 7, limit: 6.9)
        out.metadata.outcome = UnlearningOutcome(
            reason: isDamaged ? .guardBreached(breach) : .finished, lastStep: 15, keptStep: isDamaged ? 10 : 15,
            baseline: GuardReading(perplexity: 6.302), kept: GuardReading(perplexity: 6.431, klDivergence: 0.0123))
        out.metadata.forget = [forgetSet()]
        out.metadata.inputs = ["config.json", "model.safetensors", "forget.csv", "retain.txt", "pairs.csv"].enumerated()
            .map {
                InputFile(
                    role: "input", path: "/data/" + $0.element, bytes: 1_024 * ($0.offset * 977 + 1),
                    sha256: String(repeating: "0123456789abcdef", count: 4))
            }
        out.metadata.study =
            "model: built-in\ndomains: {target: gender, transfer: [race, religion], control: [age]}\n"
            + "retain: \"/data/retain.txt\"\n# hashes\n"
        out.trajectory = trajectory()
        out.concepts = concepts()
        out.evaluations = [(Evaluation.before, 0.0, 0.0), (Evaluation.after, -0.231, -0.402)].map {
            label, race, gender in
            Evaluation(
                label: label, benchmark: "pairs", profile: "standard",
                items: [
                    ItemScore(row: 41, domain: "race", gap: 0.3 + race),
                    ItemScore(row: 7, domain: "gender", gap: 0.2 + gender),
                ])
        }
        return out
    }

    private static func text(_ path: String, _ before: Double, _ after: Double, _ tokens: Int) -> TextPerplexity {
        var out = TextPerplexity(text: path)
        (out.before, out.after) = (perplexity(before, tokens), perplexity(after, tokens))
        return out
    }

    private static func perplexity(_ value: Double, _ tokens: Int) -> Perplexity {
        Perplexity(
            value: value, negativeLogLikelihood: 1, normaliser: 1, normaliserName: "token", scoredTokens: tokens,
            tokens: tokens + 32, bytes: 5 * tokens, window: 32, stride: 32, beginToken: true, byLine: false,
            profile: .driftscope)
    }

    private static func forgetSet() -> ForgetSetSummary {
        var out = ForgetSetSummary(
            path: "/data/forget.csv", bytes: 9, sha256: "", format: "csv", harmfulSource: "lexicon built-in",
            rowsRead: 2_400)
        (out.rowsMatching, out.sentences, out.tokens, out.rowsWithoutText) = (1_180, 1_176, 9_412, 920)
        (out.harmfulTokens, out.distinctHarmfulWords, out.rowsWithoutHarmfulWord) = (1_403, 38, 4)
        out.exclusions = [("race", 212), ("religion", 88)].map {
            var count = ForgetSetSummary.ExclusionCount(domain: $0.0)
            count.byLabel = $0.1
            return count
        }
        return out
    }

    /// In each of two groups of a domain, twelve words that are one token, one that is several and one in two concepts.
    private static func concepts() -> ConceptTable {
        func row(_ domain: String, _ group: String, _ k: Int) -> ConceptRow {
            ConceptRow(
                domain: domain, group: "group \(group)", word: "\(domain)\(group)\(k)", variant: "", lexicon: domain,
                pair: nil, isControl: false, tokens: k == 12 ? [1, 2] : [Int32(k)], status: k == 12 ? .multi : .single,
                exposure: domain == "gender" ? .masked : k == 0 ? .seen : .unexposed, inTwoConcepts: k == 13)
        }
        return ConceptTable(
            rows: names.flatMap { domain in
                ["one", "two"].flatMap { group in (0..<14).map { row(domain, group, $0) } }
            })
    }

    /// The analysis in Fixtures, with draws of null models and a row for every cluster and metric.
    static func analysis(_ outcomes: [VerdictOutcome]) throws -> AnalysisResult {
        var out = try decoded(AnalysisResult.self, "analysis")
        for i in out.transfer.indices {
            out.transfer[i].nulls[0].draws = (0..<199).map { 0.006 * noise(i * 1000 + $0) - 0.001 }
        }
        for (i, outcome) in outcomes.enumerated() {
            let isOpen = outcome == .inconclusive
            out.verdicts[i].outcome = outcome
            out.verdicts[i].sentence = sentence(out.verdicts[i].domain, outcome)
            (out.verdicts[i].itemsToDecide, out.verdicts[i].itemsReason) = isOpen ? (1_260, reason) : (nil, nil)
        }
        out.drift = try spaces(out.drift[0])
        out.attribution = try attribution()
        return out
    }

    /// A value that a file in Fixtures holds as run.h5 does.
    static func decoded<Value: Decodable>(_ type: Value.Type, _ name: String) throws -> Value {
        let url = try #require(Bundle.module.url(forResource: name, withExtension: "json", subdirectory: "Fixtures"))
        return try JSONDecoder().decode(type, from: Data(contentsOf: url))
    }

    /// Why so many items would decide an open verdict.
    static let reason = "to tell τ from 0 with power 0.8 if τ is as measured"

    private static func sentence(_ domain: String, _ outcome: VerdictOutcome) -> String {
        guard outcome == .inconclusive else { return "A made-up sentence that says why \(domain) ends here." }
        return "It is open whether forgetting gender changed the \(domain) bias: about 1260 items instead of 400 would "
            + "decide it, \(reason)."
    }

    private static func trajectory() -> [TrajectoryStep] {
        (0...15).map { step in
            let t = Double(step) / 15
            let fall = t * t * (3 - 2 * t)
            return TrajectoryStep(
                step: step, forgetLoss: -2.1 - 3.3 * fall, retainLoss: step == 0 ? nil : 0.002 + 0.01 * t,
                guardPerplexity: 6.302 + 0.129 * t * t + 0.004 * noise(step), guardKL: 0.0123 * t * t,
                bias: [
                    "gender": 0.0914 - 0.0762 * fall, "race": 0.0812 - 0.0613 * fall,
                    "religion": 0.0531 - 0.0187 * fall, "age": 0.0744 - 0.0031 * fall,
                ])
        }
    }

    /// Input side, output side with its gauge, and two layers in context.
    private static func spaces(_ one: DriftResult) throws -> [DriftResult] {
        var input = one
        input.clusters = try clusters()
        input.words = names.flatMap { name in
            (0..<7).map { k in
                var word = one.words[0]
                (word.domain, word.word) = (name, "\(name)word\(Character(UnicodeScalar(UInt8(97 + k))))")
                word.exposure = name == "gender" ? .masked : .unexposed
                word.displacement = 0.2 - 0.01 * Double(k)
                return word
            }
        }
        var output = input
        (output.space, output.side) = ("output embeddings (tied)", .output)
        output.gauge = try JSONDecoder().decode(
            GaugeSummary.self, from: Data(#"{"rows":1309,"normBefore":0.91,"normAfter":0.913,"shift":0.0171}"#.utf8))
        output.vocabulary = VocabularyMatch(matched: 1_312, added: 3, removed: 1, moved: 4, examples: ["added: new"])
        let layers = (1...2).map { layer -> DriftResult in
            var space = input
            (space.space, space.side) = ("contextual, layer \(layer)", .contextual)
            space.clusters = space.clusters.filter { $0.group == nil && $0.metric == .displacement }
            for i in space.clusters.indices where space.clusters[i].controlMedian != nil {
                space.clusters[i].value = 0.15 * Double(layer) + 0.03 * Double(i)
            }
            return space
        }
        return [input, output] + layers
    }

    /// A row for every domain, group and metric: the target's without controls, race far beyond its own.
    private static func clusters() throws -> [DriftRow] {
        func row(_ text: String) throws -> DriftRow {
            try JSONDecoder().decode(DriftRow.self, from: Data(text.utf8))
        }
        let target = try row(
            #"""
            {"domain": "gender", "metric": "displacement", "commonRemoved": false, "wordCount": 11, "evidence": false,
             "dropped": [], "reason": "no controls: fewer than 20 for a word"}
            """#)
        let other = try row(
            #"""
            {"domain": "race", "metric": "displacement", "commonRemoved": false, "wordCount": 11, "evidence": true,
             "dropped": [], "controlMedian": 0.12, "controlLower": 0.08, "controlUpper": 0.19, "p": 0.24, "q": 0.38,
             "poolSize": 240, "poolUnion": 800}
            """#)
        return names.indices.flatMap { i in
            [nil, "group one", "group two"].flatMap { group in
                DriftMetric.allCases.enumerated().flatMap { j, metric in
                    [false, true].filter {
                        group == nil || $0 && [.displacement, .targetShare].contains(metric)
                    }.map { removed in
                        var row = i == 0 ? target : other
                        (row.domain, row.group, row.metric, row.commonRemoved) = (names[i], group, metric, removed)
                        row.value = 0.4 / Double(i + 1) + 0.03 * Double(j)
                        if i == 1 { (row.p, row.q) = (0.0001, 0.0008) }
                        if i == 3 {
                            row.matching = "2 of 11 words have fewer than 20 controls; the closest 20 stand in"
                        }
                        return row
                    }
                }
            }
        }
    }

    /// A number like a standard normal draw, the same for the same `i` everywhere.
    private static func noise(_ i: Int) -> Double {
        func uniform(_ k: Int) -> Double {
            let x = sin(Double(k) * 12.9898 + 78.233) * 43758.5453
            return x - x.rounded(.down)
        }
        return (0..<6).map { uniform(i * 6 + $0 + 1) }.reduce(0, +) * 1.4142 - 4.2426
    }
}
