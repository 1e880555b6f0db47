import LinearAlgebra
import Statistics
import TestSupport
import Testing

@Suite("Cohen's κ")
struct CohensKappaTests {
    /// Items in the cells of a 2 × 2 table.
    private func marks(both: Int, first: Int, second: Int, neither: Int) -> [(first: Bool, second: Bool)] {
        let cells: [(count: Int, mark: (first: Bool, second: Bool))] = [
            (both, (true, true)), (first, (true, false)), (second, (false, true)), (neither, (false, false)),
        ]
        return cells.flatMap { cell in (0..<cell.count).map { _ in cell.mark } }
    }

    private func kappa(_ marks: [(first: Bool, second: Bool)], _ clusters: [Int]) -> CohensKappa {
        var stream = RandomStream(seed: 1, label: "test")
        return CohensKappa(marks, clusters: clusters, stream: &stream)
    }

    @Test(
        "κ of a table is that of the closed form",
        arguments: [
            // p_o = 0.7, p_e = 0.5; then full agreement, none beyond chance, and each marking what the other does not.
            ([20, 5, 10, 15], 0.4), ([3, 0, 0, 7], 1), ([4, 4, 4, 4], 0), ([0, 5, 5, 0], -1),
            // p_o = 0.75, p_e = 0.7
            ([5, 5, 20, 70], 1.0 / 6.0),
        ] as [([Int], Double)])
    func closedForm(cells: [Int], expected: Double) throws {
        let items = marks(both: cells[0], first: cells[1], second: cells[2], neither: cells[3])
        let value = try #require(kappa(items, Array(items.indices)).value)
        #expect(abs(value - expected) < 1e-12, "\(value)")
    }

    @Test("κ is not defined where nothing, or everything, is marked by both")
    func undefined() {
        for items in [marks(both: 0, first: 0, second: 0, neither: 4), marks(both: 4, first: 0, second: 0, neither: 0)]
        {
            #expect(kappa(items, [0, 0, 1, 1]) == kappa(items, [0, 1, 2, 3]))
            #expect(kappa(items, [0, 0, 1, 1]).value == nil && kappa(items, [0, 0, 1, 1]).interval == nil)
        }
    }

    @Test("The interval goes by clusters: none where all are alike, wide where the items of one agree with each other")
    func clusters() throws {
        let one = marks(both: 2, first: 1, second: 1, neither: 6)
        let alike = kappa((0..<30).flatMap { _ in one }, (0..<30).flatMap { cluster in (0..<10).map { _ in cluster } })
        let (value, interval) = (try #require(alike.value), try #require(alike.interval))
        #expect(abs(interval[0] - value) < 1e-12 && abs(interval[1] - value) < 1e-12)

        let good = marks(both: 3, first: 0, second: 0, neither: 7)
        let bad = marks(both: 0, first: 3, second: 3, neither: 4)
        let items = (0..<30).flatMap { $0 % 2 == 0 ? good : bad }
        let byCluster = kappa(items, (0..<30).flatMap { cluster in (0..<10).map { _ in cluster } })
        let byItem = kappa(items, Array(items.indices))
        #expect(byCluster.value == byItem.value)
        let (wide, narrow) = (try #require(byCluster.interval), try #require(byItem.interval))
        let middle = try #require(byItem.value)
        #expect(wide[0] < narrow[0] && narrow[0] < middle && middle < narrow[1] && narrow[1] < wide[1])
        // Of the items of one cluster alone nothing can be said about others.
        #expect(kappa(one, one.map { _ in 0 }).interval == nil)
    }
}
