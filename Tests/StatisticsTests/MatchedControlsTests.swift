import LinearAlgebra
import Statistics
import Testing

@Suite("Matched controls")
struct MatchedControlsTests {
    @Test("controls share the strata and stay within the caliper in rank; a draw repeats none")
    func matching() {
        var stream = RandomStream(seed: 11)
        let candidates = (0..<600).map { _ in
            ControlFeatures(strata: [1 + stream.index(below: 2)], ranked: [stream.normal(), stream.uniform()])
        }
        let words = [
            ControlFeatures(strata: [1], ranked: [0, 0.5]), ControlFeatures(strata: [2], ranked: [1, 0.9]),
            ControlFeatures(strata: [3], ranked: [0, 0.5]),
        ]
        let matched = MatchedControls(words: words, candidates: candidates)
        #expect(matched.pools[2].isEmpty && matched.smallestPool == 0)
        #expect(matched.pools[0].count >= 15)
        for (word, pool) in zip(words, matched.pools) {
            for member in pool {
                #expect(candidates[member].strata == word.strata)
                #expect(abs(candidates[member].ranked[1] - word.ranked[1]) < 0.3)
            }
        }
        let pair = MatchedControls(words: [words[0], words[0]], candidates: candidates)
        var drawn: [Int] = []
        for _ in 0..<200 {
            pair.draw(stream: &stream, into: &drawn)
            #expect(Set(drawn).count == 2)
        }
    }

    @Test(
        "where the rule leaves too few, the closest of the same strata are taken, then strata are given up, and it is told"
    )
    func relaxing() {
        var stream = RandomStream(seed: 12)
        let candidates = (0..<300).map { i in
            ControlFeatures(strata: [i < 290 ? 1 : 2, 7], ranked: [stream.normal()])
        }
        let words = [
            ControlFeatures(strata: [1, 7], ranked: [0]), ControlFeatures(strata: [1, 7], ranked: [50]),
            ControlFeatures(strata: [2, 7], ranked: [0]), ControlFeatures(strata: [1, 8], ranked: [0]),
        ]
        let found = MatchedControls(words: words, candidates: candidates, caliper: 0.01, minimum: 20, givingUp: [0])
        #expect(found.pools.map(\.count) == [20, 20, 20, 0])
        #expect(found.matches.map(\.droppedStrata) == [[], [], [0], []])
        #expect(found.matches.map(\.isWidened) == [true, true, true, false])
        // The longest candidates stand in for a word that is longer than all.
        let ranked = candidates.prefix(290).indices.sorted { candidates[$0].ranked[0] > candidates[$1].ranked[0] }
        #expect(Set(found.pools[1]) == Set(ranked.prefix(20)))
        #expect(abs(found.matches[1].farthest - 19.5 / 290) < 1e-9)
        let strict = MatchedControls(words: words, candidates: candidates, caliper: 0.01)
        #expect(strict.pools[0].count < 20 && !strict.matches[0].isWidened && strict.smallestPool == 0)
    }
}
