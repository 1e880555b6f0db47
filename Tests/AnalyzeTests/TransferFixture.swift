import Analyze
import LinearAlgebra
import Records

/// An item with its gaps in three models.
struct FixtureItem {
    var row: Int
    var domain: String
    var before: Double
    var after: Double
    var afterCommonRemoved: Double?
    var clusters: [String: String] = [:]
    var identityExposed = false
}

/// Made-up scores with a chosen bias and change per domain.
struct TransferFixture {
    static let domains = DriftFixture.domains
    static let alphas = [-1.0, -0.5, 0, 0.5, 1, 1.5]
    var items: [FixtureItem] = []
    var records = RunRecords()
    var request = AnalysisRequest(domains: Self.domains)
    var settings: AnalysisSettings {
        get { request.settings }
        set { request.settings = newValue }
    }

    /// Given items alone.
    init(items: [FixtureItem], domains: [AnalysisDomain]) {
        self.items = items
        request = AnalysisRequest(domains: domains)
    }

    /// A fall of the target, a fall of race, nothing for age; nulls around 0; a directional response; budgets kept.
    init(
        seed: UInt64 = 1, count: Int = 120, bias: [Double] = [0.09, 0.08, 0.07],
        tau: [Double] = [-0.07, -0.05, 0], noise: Double = 0.02, nullSpread: Double = 0.005, nulls: Int = 199,
        even: Double = 0
    ) {
        var stream = RandomStream(seed: seed, label: "transfer fixture")
        var draws = (0..<nulls).map { ScoredModel(benchmark: "pairs", kind: .random, draw: $0, seed: seed) }
        var doses = Self.alphas.map { ScoredModel(benchmark: "pairs", kind: .dose, alpha: $0) }
        for (d, domain) in Self.domains.enumerated() {
            var before: [Double] = []
            var change: [Double] = []
            for i in 0..<count {
                before.append(bias[d] + 0.05 * stream.normal())
                change.append(tau[d] + noise * stream.normal())
                items.append(
                    FixtureItem(
                        row: i, domain: domain.name, before: before[i], after: before[i] + change[i],
                        afterCommonRemoved: before[i] + change[i], clusters: ["template": "t\(i % 12)"]))
            }
            let mean = before.reduce(0, +) / Double(count)
            for i in draws.indices { draws[i].bias[domain.name] = mean + nullSpread * stream.normal() }
            for i in doses.indices {
                let alpha = doses[i].alpha
                doses[i].gaps[domain.name] = (0..<count).map { before[$0] + alpha * change[$0] + even * alpha * alpha }
            }
        }
        records.models = draws + doses
        records.metadata.outcome = UnlearningOutcome(reason: .finished, lastStep: 1, keptStep: 1)
        setPerplexity(after: 6.1)
        request.guardLimits = .init(perplexityRise: 0.1)
        settings.bootstrapDraws = 2_000
    }

    /// The guard's readings: 6 before, and that of the model kept.
    mutating func setPerplexity(after: Double) {
        records.metadata.outcome?.baseline = GuardReading(perplexity: 6)
        records.metadata.outcome?.kept = GuardReading(perplexity: after)
    }

    /// The records with the items' scores.
    var all: RunRecords {
        var records = records
        func evaluation(_ label: String, _ gap: (FixtureItem) -> Double?) -> Evaluation {
            Evaluation(
                label: label, benchmark: "pairs", profile: "test",
                items: items.compactMap { item in
                    guard let gap = gap(item) else { return nil }
                    var score = ItemScore(row: item.row, domain: item.domain, gap: gap)
                    score.clusters = item.clusters
                    score.identityExposed = item.identityExposed
                    return score
                })
        }
        records.evaluations = [
            evaluation(Evaluation.before) { $0.before }, evaluation(Evaluation.after) { $0.after },
        ]
        let removed = evaluation(Evaluation.commonRemoved) { $0.afterCommonRemoved }
        if !removed.items.isEmpty { records.evaluations.append(removed) }
        return records
    }

    /// The analysis, with no embedding space.
    func analyse() throws -> AnalysisResult { try Analysis.run(all, request, spaces: []) }

    /// The explanation.
    func explain() throws -> AttributionResult? {
        var request = request
        request.explains = true
        return try Analysis.run(all, request, spaces: []).attribution
    }

    /// The verdict on a domain.
    func verdict(_ domain: String) throws -> Verdict? { try analyse().verdicts.first { $0.domain == domain } }

    /// Changes every item.
    mutating func edit(_ change: (inout FixtureItem) -> Void) {
        for i in items.indices { change(&items[i]) }
    }

    /// Takes the scored models of a kind away.
    mutating func remove(_ kind: ScoredModel.Kind) { records.models.removeAll { $0.kind == kind } }

    /// A model that moved every item by `share` of its change, and by `shift`.
    func model(
        _ kind: ScoredModel.Kind, _ component: String, share: Double, shift: Double = 0, subject: String? = nil,
        draw: Int? = nil, norm: Double? = nil, kl: Double? = nil, perplexity: Double? = nil
    ) -> ScoredModel {
        var model = ScoredModel(
            benchmark: "pairs", kind: kind, component: component, subject: subject, norm: norm, draw: draw, kl: kl,
            perplexity: perplexity)
        model.gaps = Dictionary(grouping: items, by: \.domain).mapValues { items in
            items.map { $0.before + share * ($0.after - $0.before) + shift }
        }
        return model
    }
}
