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
}
