import Analyze
import LinearAlgebra
import Records
import Testing

@Suite("Attribution of an update")
struct UpdateAttributionAnalysisTests {
    @Test("shares of a patched part are the planted ones, compared with its controls; none where nothing moved")
    func patching() throws {
        var models = TransferFixture()
        models.records.models += [
            models.model(.only, "attention", share: 0.4, norm: 0.6),
            models.model(.without, "attention", share: 0.7, norm: 0.8),
            models.model(.only, "attention/1", share: 0.1, norm: 0.3),
            models.model(.without, "attention/1", share: 0.9, norm: 0.9),
        ]
        for draw in 0..<20 {
            let noise = 0.01 * Double(draw - 10)
            models.records.models.append(models.model(.onlyControl, "attention", share: noise, draw: draw))
            models.records.models.append(models.model(.withoutControl, "attention", share: 1 + noise, draw: draw))
        }
        let rows = try #require(try models.explain()).patching
        let race = try #require(rows.first { $0.domain == "race" && $0.layer == nil })
        #expect(abs((race.shareOnly.value ?? 0) - 0.4) < 1e-9 && abs((race.shareWithout.value ?? 0) - 0.3) < 1e-9)
        #expect(abs(race.normShare - 0.36) < 1e-12)
        #expect(race.only.controls == 20 && race.shareOnly.p == 1.0 / 21 && race.without.p == 1.0 / 21)
        #expect(abs((race.shareOnly.controlUpper ?? 0) - 0.09) < 1e-9)
        let interval = try #require(race.only.interval)
        #expect(interval.lower < -0.4 * 0.045 && interval.upper > -0.4 * 0.055 && interval.excludesZero)
        let block = try #require(rows.first { $0.domain == "race" && $0.layer == 1 })
        #expect(block.component == "attention" && block.only.controls == 0 && block.only.p == nil)
        let age = try #require(rows.first { $0.domain == "age" && $0.layer == nil })
        #expect(age.shareOnly.value == nil && age.shareOnly.reason != nil && age.only.value != nil)
    }

    @Test(
        "the mediated share is what the removed subspace takes with it; first-order controls carry an exact one's error"
    )
    func mediation() throws {
        var models = TransferFixture()
        models.records.models += [
            models.model(.removed, "shared", share: 0.25, subject: "race"),
            models.model(.kept, "shared", share: 0.7, subject: "race"),
        ]
        let tau = Dictionary(
            uniqueKeysWithValues: ["gender", "race", "age"].map { domain in
                let items = models.items.filter { $0.domain == domain }
                return (domain, items.reduce(0) { $0 + $1.after - $1.before } / Double(items.count))
            })
        for draw in 0..<3 {
            models.records.models.append(
                models.model(.removedControl, "shared", share: 0.8, subject: "race", draw: draw))
        }
        // The first order is off by a tenth of τ in every draw.
        let firstOrder = (0..<20).map { draw in
            tau.mapValues { (draw < 3 ? 0.7 : 0.6 + 0.005 * Double(draw)) * $0 }
        }
        models.records.mediation = MediationRecord()
        models.records.mediation?.tables = [
            MediationTable(
                benchmark: "pairs", subject: "race", subspace: "shared", ranks: [1, 1, 1], normShare: 0.03,
                firstOrder: firstOrder),
            MediationTable(benchmark: "pairs", subject: "race", subspace: "specific", ranks: [0, 0, 0]),
        ]
        let rows = try #require(try models.explain()).mediation
        let race = try #require(rows.first { $0.domain == "race" && $0.subspace == "shared" })
        #expect(abs((race.share.value ?? 0) - 0.75) < 1e-9 && abs((race.kept.value ?? 0) - 0.7) < 1e-9)
        #expect(race.share.controls == 20 && race.share.p == 1.0 / 21)
        #expect(abs((race.share.controlLower ?? 0) - 0.2) < 1e-9, "\(race.share)")
        #expect(abs((race.share.controlUpper ?? 0) - (0.3 - 0.015)) < 1e-9, "\(race.share)")
        #expect(rows.contains { $0.domain == "gender" && $0.subspace == "shared" && $0.share.value != nil })
        let specific = try #require(rows.first { $0.domain == "race" && $0.subspace == "specific" })
        #expect(specific.share.value == nil && specific.share.reason != nil)
    }

    @Test("parts add up over blocks, and neutral pairs that shrink alike are no reason to see more than flattening")
    func alignment() throws {
        var models = TransferFixture()
        models.records.alignment = AlignmentRecord()
        models.records.alignment?.tables = [
            AlignmentTable(
                benchmark: "pairs", domain: "race",
                components: [
                    AlignedComponent(component: "mlp", layer: 0, start: -0.01, path: -0.02, forget: -0.03, norm: 3),
                    AlignedComponent(component: "mlp", layer: 1, start: -0.02, path: -0.01, forget: -0.01, norm: 4),
                    AlignedComponent(component: "positions", start: 0, path: -0.02, forget: 0, norm: 0),
                ], exact: -0.049, nodes: 5, cosine: -0.1, cosineNeutralRemoved: -0.09)
        ]
        // Preferences of every size that lose the share of themselves which race loses on average.
        let items = models.items.filter { $0.domain == "race" }
        let before = items.reduce(0) { $0 + $1.before }
        let after = items.reduce(0) { $0 + $1.after }
        let sizes = (0..<400).map { 0.0005 * Double($0 + 1) }
        func neutral(_ factor: Double) throws -> AttributionResult {
            models.records.alignment?.neutralPairs = [
                NeutralPairs(benchmark: "pairs", before: sizes, after: sizes.map { $0 * factor })
            ]
            return try #require(try models.explain())
        }
        let alike = try neutral(after / before)
        let summary = try #require(alike.alignment.first)
        #expect(abs(summary.path + 0.05) < 1e-12 && abs(summary.completenessError + 0.001) < 1e-12)
        #expect(summary.forget == -0.04 && summary.retain == nil)
        let mlp = try #require(alike.alignmentComponents.first { $0.component == "mlp" && $0.layer == nil })
        #expect(abs(mlp.path + 0.03) < 1e-12 && abs((mlp.share ?? 0) - 0.6) < 1e-12 && mlp.normShare == 1)
        #expect(alike.alignmentComponents.count { $0.layer != nil } == 2)
        #expect((summary.neutral.p ?? 0) > 0.05, "\(summary.neutral)")
        let still = try #require(try neutral(1).alignment.first)
        #expect((still.neutral.p ?? 1) < 0.001 && still.neutral.controlMedian == 0)
        let small = NeutralPairs(
            benchmark: "pairs", before: sizes.map { $0 / 100 }, after: sizes.map { $0 / 100 })
        models.records.alignment?.neutralPairs = [small]
        let unmatched = try #require(try models.explain()?.alignment.first)
        #expect(unmatched.neutral.p == nil && unmatched.neutral.reason != nil)
    }
}
