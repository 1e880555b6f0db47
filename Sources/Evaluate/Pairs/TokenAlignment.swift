/// Which tokens two sequences share: longest matching blocks, the rule of Python's
/// `difflib.SequenceMatcher(None, a, b, autojunk=False)` that CrowS-Pairs uses.
///
/// The longest common run is taken (of several, the one that starts first in `a`, then in `b`), and the same is done
/// left and right of it. Deterministic; O(|a|·|b|) a run.
package enum TokenAlignment {
    /// For each token of `a` and of `b`, whether it lies in a matching block.
    package static func shared(_ a: [Int32], _ b: [Int32]) -> (a: [Bool], b: [Bool]) {
        var inA = [Bool](repeating: false, count: a.count)
        var inB = [Bool](repeating: false, count: b.count)
        for block in blocks(a, b) {
            for k in 0..<block.count {
                inA[block.a + k] = true
                inB[block.b + k] = true
            }
        }
        return (inA, inB)
    }

    /// The matching blocks from left to right: `a[block.a + k] == b[block.b + k]` for `k` in `0..<block.count`.
    package static func blocks(_ a: [Int32], _ b: [Int32]) -> [(a: Int, b: Int, count: Int)] {
        var found: [(a: Int, b: Int, count: Int)] = []
        var open = [(a.indices, b.indices)]
        while let (partA, partB) = open.popLast() {
            let best = longestRun(a, partA, b, partB)
            guard best.count > 0 else { continue }
            found.append(best)
            open.append((partA.lowerBound..<best.a, partB.lowerBound..<best.b))
            open.append((best.a + best.count..<partA.upperBound, best.b + best.count..<partB.upperBound))
        }
        return found.sorted { $0.a < $1.a }
    }

    private static func longestRun(
        _ a: [Int32], _ partA: Range<Int>, _ b: [Int32], _ partB: Range<Int>
    ) -> (a: Int, b: Int, count: Int) {
        var best = (a: partA.lowerBound, b: partB.lowerBound, count: 0)
        // lengths[j + 1]: the common run that ends at the current token of a and at b[partB.lowerBound + j].
        var lengths = [Int](repeating: 0, count: partB.count + 1)
        for i in partA {
            for j in stride(from: partB.count - 1, through: 0, by: -1) {
                lengths[j + 1] = a[i] == b[partB.lowerBound + j] ? lengths[j] + 1 : 0
            }
            for j in 0..<partB.count where lengths[j + 1] > best.count {
                let count = lengths[j + 1]
                best = (i - count + 1, partB.lowerBound + j - count + 1, count)
            }
        }
        return best
    }
}
