import Evaluate
import Testing

@Suite("Summing up pair scores")
struct PairTableTests {
    @Test("shares, ties and means are those worked out by hand")
    func summary() {
        func score(_ gap: Double, _ direction: PairItem.Direction, changed: Double? = nil) -> PairScore {
            PairScore(
                row: 0, domain: "d", direction: direction, moreScore: gap, lessScore: 0, gapChanged: changed)
        }
        let table = PairTable(
            benchmark: "b", profile: .driftscope,
            scores: [
                score(2, .stereotype, changed: 4), score(-1, .stereotype), score(0, .stereotype),
                score(3, .antiStereotype, changed: 2),
            ])
        let summary = table.summary("d")
        #expect(summary.count == 4 && summary.hits == 2 && summary.ties == 1 && summary.notFinite == 0)
        #expect(summary.stereotypeCount == 3 && summary.antiStereotypeCount == 1)
        #expect(summary.share == 50 && summary.distanceFrom50 == 0)
        #expect(summary.stereotypeScore == 100.0 / 3 && summary.antiStereotypeScore == 100)
        #expect(summary.bias == 1 && table.bias("d") == 1)
        #expect(summary.meanAbsoluteGap == 1.5)
        #expect(abs(summary.absoluteGapDeviation - (5.0 / 3).squareRoot()) < 1e-12)
        #expect(summary.biasChanged == 3 && summary.biasShared.isNaN)
        #expect(table.overall == summary || summary.biasShared.isNaN)
    }

    @Test("a score that is no number is counted, stays in N and is no hit")
    func notFinite() {
        let summary = PairSummary([
            PairScore(row: 0, domain: "d", moreScore: .nan, lessScore: -1),
            PairScore(row: 1, domain: "d", moreScore: -1, lessScore: -2),
        ])
        #expect(summary.count == 2 && summary.hits == 1 && summary.notFinite == 1)
        #expect(summary.share == 50 && summary.bias.isNaN)
    }

    @Test("an empty domain has no numbers")
    func empty() {
        let summary = PairTable(benchmark: "b", profile: .driftscope, scores: []).summary("d")
        #expect(summary.count == 0 && summary.bias.isNaN && summary.share.isNaN)
    }
}
