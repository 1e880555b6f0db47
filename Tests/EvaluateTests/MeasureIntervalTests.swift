import Evaluate
import FileSupport
import Foundation
import LinearAlgebra
import Records
import Statistics
import Study
import TestSupport
import Testing

@Suite("Measures and their intervals") struct MeasureIntervalTests {
    /// Scores that both languages can write down, in terms of 3 to 7 examples; see `Tests/References/statistics_references.py`.
    private var stereoset: [StereoSetScore] {
        let terms = (0..<16).flatMap { term in (0..<3 + (7 * term) % 5).map { _ in term } }
        return terms.enumerated().map { row, term in
            let i = Double(row)
            return StereoSetScore(
                row: row, id: "\(row)", target: "\(term)", domain: "d",
                means: StereoSetTriple(
                    stereotype: sin(1.7 * i + 0.3), antiStereotype: sin(2.3 * i + 1) - 0.2,
                    unrelated: sin(0.9 * i + 2) - 0.6))
        }
    }

    private func pairs(_ profile: ScoringProfile) -> [PairScore] {
        (0..<24).map { row in
            // Every fifth is a tie.
            let more = (sin(1.3 * Double(row)) * 10).rounded() / 10 - 2
            return PairScore(
                row: row, domain: "d", direction: row % 3 == 0 ? .antiStereotype : .stereotype, profile: profile,
                moreScore: more, lessScore: row % 5 == 0 ? more : sin(0.7 * Double(row)) - 2)
        }
    }

    @Test("the function that an interval resamples gives the measure itself, of every benchmark and profile")
    func statistics() {
        let bbq = (0..<40).map { row in
            BBQScore(
                row: row, domain: "d", means: (0..<3).map { sin(1.1 * Double(row) + 2 * Double($0)) },
                roles: .init(stereotyped: row % 3, other: (row + 1) % 3, unknown: (row + 2) % 3),
                correct: (row % 2 == 0 ? row + 2 : row / 2) % 3, isAmbiguous: row % 2 == 0)
        }
        let all: [[Measure]] = [
            StereoSetScore.measures(stereoset), BBQScore.measures(bbq),
            PairScore.measures(pairs(.driftscope)), PairScore.measures(pairs(.crows2020)),
            RedditBiasScore.measures(pairs(.driftscope).map(RedditBiasScore.init)),
            BLiMPScore.measures(pairs(.driftscope).map(BLiMPScore.init)),
        ]
        var compared: [String] = []
        for measure in all.joined() {
            guard let statistic = measure.statistic else { continue }
            compared.append(measure.name)
            let found = statistic.value(statistic.columns.map { $0.reduce(0, +) / Double($0.count) })
            #expect(abs(found - measure.value) < 1e-9, "\(measure.name): \(found) \(measure.value)")
        }
        for name in [
            "ss", "lms", "icat", "accuracyAmbiguous", "biasAmbiguous", "biasDisambiguated",
            "share", "stereotypeScore", "antiStereotypeScore", "perplexityGap", "accuracy", "meanGap",
        ] { #expect(compared.contains(name), "\(name)") }
    }

    @Test("SS and ICAT over target terms have the BCa intervals of scipy")
    func reference() throws {
        let scores = stereoset
        // scipy 1.17.1, 400,000 draws; a rounding of the quantile's place in a coarse statistic is some tenths of a point.
        for (name, value, lower, upper) in [
            ("ss", 60.357142857142854, 53.050595238095234, 66.30952380952381),
            ("icat", 55.42330994897959, 45.57289580327428, 68.91181699694359),
        ] {
            let measure = try #require(StereoSetScore.measures(scores).first { $0.name == name })
            let statistic = try #require(measure.statistic)
            #expect(abs(measure.value - value) < 1e-9)
            var stream = RandomStream(seed: 1)
            let bootstrap = Bootstrap(
                columns: statistic.columns, clusters: scores.map { Int($0.target) ?? 0 },
                draws: 40_000, stream: &stream)
            let found = try #require(
                bootstrap.acceleratedInterval(
                    of: statistic.value, columns: 0..<statistic.columns.count, level: 0.95))
            #expect(abs(found.lower - lower) < 0.5 && abs(found.upper - upper) < 0.5, "\(name) \(found)")
        }
    }

    @Test("a function of one column has the column's interval; one that is no number in a draw has none")
    func ofColumns() {
        let values = (0..<30).map { sin(Double($0)) }
        var stream = RandomStream(seed: 3)
        let bootstrap = Bootstrap(
            columns: [values, [1] + [Double](repeating: 0, count: 29)], draws: 2_000, stream: &stream)
        let (plain, same) = (
            bootstrap.acceleratedInterval(level: 0.95),
            bootstrap.acceleratedInterval(of: { 2 * $0[0] }, columns: 0..<1, level: 0.95)
        )
        #expect(abs(plain.lower * 2 - (same?.lower ?? 0)) < 1e-12 && abs(plain.upper * 2 - (same?.upper ?? 0)) < 1e-12)
        // A third of the draws leave the first item out.
        #expect(bootstrap.acceleratedInterval(of: { $0[0] / $0[1] }, columns: 0..<2, level: 0.95) == nil)
    }

    @Test("evaluate prints a row a benchmark, domain and measure, with the widest interval; few items have none")
    func table() throws {
        let folder = try temporaryFolder("measures")
        var lines = ",sent_more,sent_less,stereo_antistereo,bias_type,noun\n"
        for (row, noun) in (0..<24).map({ ($0, "noun \($0 / 3)") }) {
            let name = row < 20 ? "gender" : "race"
            lines += "\(row),The king is \(row) here.,The queen was \(row * 7 % 5) here.,stereo,\(name),\(noun)\n"
        }
        try AtomicFile.write(lines, to: folder + "/mine.csv")
        func evaluate() throws -> CommandResult {
            try ModelEvaluation.run(
                model: "built-in", benchmarks: [("crows-pairs", folder + "/mine.csv")], texts: [],
                profile: .driftscope, byLine: false, perItem: nil, perToken: nil, progress: .silent)
        }
        let result = try evaluate()
        let rows = result.text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(rows[0].joined(separator: " ") == "benchmark domain N measure value 95 % interval clusters")
        let bias = try #require(rows.first { $0.starts(with: ["mine", "gender", "20", "B_d"]) })
        let few = try #require(rows.first { $0.starts(with: ["mine", "race", "4", "B_d"]) })
        #expect(few.suffix(2) == ["-", "-"])
        let all = JSONCursor(result.json, place: "result")
        let benchmark = try #require(try all.member("benchmarks").elements().first)
        let domain = try benchmark.member("domains").member("gender")
        let interval = try domain.member("intervals").member("bias")
        let (lower, upper) = (try interval.member("lower").double(), try interval.member("upper").double())
        let value = try domain.member("bias").double()
        #expect(lower < value && value < upper)
        #expect(bias[4] == String(format: "%.4f", value))
        #expect(bias[5...6] == ["[" + String(format: "%.4f", lower) + ",", String(format: "%.4f", upper) + "]"])
        #expect(try interval.member("clusters").string() == bias[7])
        #expect(["items", "noun"].contains(bias[7]))
        #expect(try benchmark.member("domains").member("race").member("intervals").value == [:])
        #expect(try evaluate().text == result.text)
    }
}
