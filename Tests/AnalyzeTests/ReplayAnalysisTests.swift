import Analyze
import LinearAlgebra
import Records
import Testing

/// The attribution of a study of two domains with a few items each, and of what the decomposition of its update told.
private func analysed(
    contributions: [ContributionTable] = [], split: DriftSplit? = nil, words: [DriftWord] = [],
    tau: [String: Double] = ["gender": -0.2, "race": -0.1]
) throws -> AttributionResult {
    let domains = [
        AnalysisDomain(name: "gender", role: .target), AnalysisDomain(name: "race", role: .transfer),
    ]
    let items = domains.flatMap { domain in
        (0..<8).map { row in
            // Symmetric about τ, so that their mean is τ.
            let change = (tau[domain.name] ?? 0) + 0.01 * (Double(row) - 3.5)
            return FixtureItem(row: row, domain: domain.name, before: 0.5, after: 0.5 + change)
        }
    }
    var fixture = TransferFixture(items: items, domains: domains)
    fixture.settings.bootstrapDraws = 50
    fixture.records.contributions = ContributionRecord()
    fixture.records.contributions?.tables = contributions
    fixture.records.decomposition = DecompositionRecord()
    fixture.records.decomposition?.split = split
    fixture.records.decomposition?.words = words
    fixture.records.decomposition?.replayError = 1e-4
    return try #require(try fixture.explain())
}

@Suite("What a replay told")
struct ReplayAnalysisTests {
    private func word(
        _ domain: String, _ word: String, _ rows: [Int], _ exposure: WordExposure = .unexposed, two: Bool = false
    ) -> DriftWord {
        DriftWord(domain: domain, group: "one", word: word, rows: rows, exposure: exposure, inTwoConcepts: two)
    }

    private func split(_ rows: Int) -> DriftSplit {
        var stream = RandomStream(seed: 5)
        func matrix() -> Matrix<Float> {
            Matrix(rows: rows, columns: 3, elements: (0..<rows * 3).map { _ in Float(stream.normal()) })
        }
        let parts = [matrix(), matrix(), matrix(), matrix()]
        var actual = parts[0]
        for i in actual.elements.indices { actual.elements[i] = parts.reduce(0) { $0 + $1.elements[i] } }
        return DriftSplit(output: parts[0], input: parts[1], retain: parts[2], decay: parts[3], actual: actual)
    }

    @Test("Large contributions that cancel make no share: random words do as much")
    func cancelling() throws {
        var stream = RandomStream(seed: 3)
        // Thirty words that push with 0.5 either way and leave −0.1, half of them shared.
        var values = (0..<30).map { _ in stream.normal() * 0.5 }
        values[0] += -0.1 - values.reduce(0, +)
        let used = (0..<30).map { $0 % 2 == 0 ? ["race"] : [] }
        func summary(_ values: [Double]) throws -> ContributionSummary {
            let table = ContributionTable(
                benchmark: "pairs", domains: ["race"], sentences: ["s"], digests: ["x"], uses: [30],
                bySentence: [[values.reduce(0, +)]], words: (0..<30).map { "w\($0)" },
                wordUses: Array(repeating: 1, count: 30), byWord: [values], usedAgainst: used, retain: [0],
                decay: [0], isExact: true)
            return try #require(try analysed(contributions: [table]).contributions.first)
        }
        let noise = try summary(values)
        #expect(try #require(noise.sharedWordP) > 0.05 && noise.comesFromSharedWords(alpha: 0.05) != true)
        // The same sum by shared words alone, each a little.
        let carried = try summary((0..<30).map { $0 % 2 == 0 ? -0.1 / 15 : 0 })
        #expect(try #require(carried.sharedWordP) < 0.001 && carried.comesFromSharedWords(alpha: 0.05) == true)
        #expect(abs(try #require(carried.sharedWordShare) - 1) < 1e-9)
    }

    @Test("Shares of a cluster add up to 1, and R² grows to 1 with all parts")
    func shares() throws {
        let split = split(4)
        let result = try analysed(split: split, words: [word("race", "a", [0, 1]), word("race", "b", [2])])
        let row = try #require(result.driftSplit.first)
        #expect(result.decompositionError == 1e-4 && row.words == 2)
        let shares = try [row.output, row.input, row.retain, row.decay].map { try #require($0) }
        #expect(abs(shares.reduce(0, +) - 1) < 1e-6)
        #expect(abs(try #require(row.allR2) - 1) < 1e-6)
        // By hand: the first word is the mean of its two rows.
        func vectors(_ matrix: Matrix<Float>) -> [Double] {
            let first = (0..<3).map { (Double(matrix[0, $0]) + Double(matrix[1, $0])) / 2 }
            return first + (0..<3).map { Double(matrix[2, $0]) }
        }
        let (actual, output) = (vectors(split.actual), vectors(split.output))
        let size = actual.reduce(0) { $0 + $1 * $1 }
        let rest = zip(actual, output).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        #expect(abs(try #require(row.outputR2) - (1 - rest / size)) < 1e-6)
        #expect(abs(try #require(row.movement) - (size / 2).squareRoot()) < 1e-6)
    }

    @Test(
        "Exposed words and words of two concepts are no evidence outside the target; forgotten words have their own row"
    )
    func choice() throws {
        let rows = try analysed(
            split: split(6),
            words: [
                word("gender", "a", [0], .seen), word("race", "b", [1], .seen), word("race", "c", [2], two: true),
                word("things", "d", [3]), word(DecompositionRecord.harmfulWords, "e", [4], .masked),
            ]
        ).driftSplit.filter { $0.group == nil }
        #expect(rows.map(\.domain) == ["gender", "race", "things", DecompositionRecord.harmfulWords])
        #expect(rows.map(\.words) == [1, 0, 1, 1])
        #expect(rows[1].reason != nil && rows[1].output == nil)
    }

    @Test("Words and sentences are listed toward τ's side, and shared words are compared with their share of tokens")
    func contributions() throws {
        let table = ContributionTable(
            benchmark: "pairs", domains: ["gender", "race"], sentences: ["s1", "s2"], digests: ["x", "y"],
            uses: [3, 1], bySentence: [[-0.15, -0.03], [-0.12, 0.03]], words: ["cold", "dull", "mean"],
            wordUses: [1, 2, 1], byWord: [[-0.1, -0.06, -0.02], [0.01, -0.12, 0.02]],
            usedAgainst: [[], ["race"], []], retain: [-0.01, 0.002], decay: [0, 0], isExact: true)
        let result = try analysed(contributions: [table]).contributions
        #expect(result.map(\.domain) == ["gender", "race"])
        #expect(result[0].topWords.map(\.name) == ["cold", "dull", "mean"])
        #expect(result[1].topWords.map(\.name) == ["dull", "cold", "mean"])
        #expect(result[1].topSentences.map(\.name) == ["s1", "s2"] && result[1].topSentences[0].uses == 3)
        #expect(abs(result[0].unexplained - (-0.2 + 0.18 + 0.01)) < 1e-12)
        #expect(result[0].sharedWordShare == nil)
        #expect(abs(try #require(result[1].sharedWordShare) - 0.12 / 0.09) < 1e-9)
        #expect(result[1].sharedWordBase == 0.5)
        // One of three words is shared, and it did most: one choice of three does as much.
        #expect(abs(try #require(result[1].sharedWordP) - 1 / 3) < 0.02 && result[1].sharedWordPFloor == 1 / 3)
        #expect(result[1].comesFromSharedWords(alpha: 0.05) == nil)
        // A bias that rises is explained by what raised it.
        let rising = try analysed(contributions: [table], tau: ["gender": -0.2, "race": 0.1])
        #expect(rising.contributions[1].topWords.map(\.name) == ["mean", "cold", "dull"])
        #expect(rising.contributions[1].retain == 0.002)
        // No share of a change that cannot be told from 0.
        let still = try analysed(contributions: [table], tau: ["gender": -0.2, "race": 0.001])
        #expect(still.contributions[1].sharedWordShare == nil && still.contributions[1].sharedWordBase == 0.5)
    }
}
