import Analyze
import LinearAlgebra

/// Made-up score tables with a chosen bias and change per domain.
struct TransferFixture {
    static let domains = DriftFixture.domains
    static let alphas = [-1.0, -0.5, 0, 0.5, 1, 1.5]
    var input: TransferInput
    var settings = AnalysisSettings()

    /// A fall of the target, a fall of race, nothing for age; nulls around 0; a directional response; budgets kept.
    init(
        seed: UInt64 = 1, count: Int = 120, bias: [Double] = [0.09, 0.08, 0.07],
        tau: [Double] = [-0.07, -0.05, 0], noise: Double = 0.02, nullSpread: Double = 0.005, nulls: Int = 199,
        even: Double = 0
    ) {
        var stream = RandomStream(seed: seed, label: "transfer fixture")
        var items: [TransferItem] = []
        var tables: [NullTable] = []
        var doses: [ScalingTable] = []
        for (d, domain) in Self.domains.enumerated() {
            var before: [Double] = []
            var change: [Double] = []
            for i in 0..<count {
                before.append(bias[d] + 0.05 * stream.normal())
                change.append(tau[d] + noise * stream.normal())
                items.append(
                    TransferItem(
                        row: i, domain: domain.name, before: before[i], after: before[i] + change[i],
                        afterCommonRemoved: before[i] + change[i], clusters: ["template": "t\(i % 12)"]))
            }
            tables.append(
                NullTable(
                    kind: "random-update", benchmark: "pairs", domain: domain.name,
                    draws: (0..<nulls).map { NullDraw(seed: UInt64($0), exact: nullSpread * stream.normal()) }))
            doses.append(
                ScalingTable(
                    benchmark: "pairs", domain: domain.name,
                    points: Self.alphas.map { alpha in
                        ScalingPoint(
                            alpha: alpha,
                            gaps: (0..<count).map { before[$0] + alpha * change[$0] + even * alpha * alpha })
                    }))
        }
        input = TransferInput(
            domains: Self.domains, benchmarks: [BenchmarkScores(name: "pairs", profile: "test", items: items)],
            nulls: tables, doses: doses,
            budgets: [
                QualityBudget(name: "perplexity", text: "neutral", before: 6, after: 6.1, value: 0.017, limit: 0.1)
            ])
        settings.bootstrapDraws = 2_000
    }

    /// The analysis, with no embedding space.
    func analyse() throws -> AnalysisResult {
        try Analysis.run(AnalysisInput(spaces: [], transfer: input, settings: settings))
    }

    /// The verdict on a domain.
    func verdict(_ domain: String) throws -> Verdict? { try analyse().verdicts.first { $0.domain == domain } }

    /// Changes every item.
    mutating func edit(_ change: (inout TransferItem) -> Void) {
        for i in input.benchmarks[0].items.indices { change(&input.benchmarks[0].items[i]) }
    }
}
