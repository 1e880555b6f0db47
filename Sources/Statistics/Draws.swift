import LinearAlgebra

extension [Double] {
    /// The place of a value in a sorted array as a share of it, equal values counting half.
    func share(below value: Double) -> Double {
        let (below, notAbove) = (firstIndexSorted { $0 >= value }, firstIndexSorted { $0 > value })
        return Double(below + notAbove) / 2 / Double(count)
    }

    /// The first index of a sorted array at which `predicate` holds, by bisection; the count when it never holds.
    private func firstIndexSorted(_ predicate: (Double) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if predicate(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

/// Makes draws in blocks of fixed size, each with a stream of its own: the same numbers for any number of threads.
///
/// - Parameter body: makes the draws of a block; blocks run side by side.
package func drawBlocks(_ draws: Int, _ stream: inout RandomStream, _ body: (Range<Int>, inout RandomStream) -> Void) {
    let block = 256
    let seeds = (0..<(draws + block - 1) / block).map { _ in stream.next() }
    parallelFor(seeds.count) { blocks in
        for index in blocks {
            var stream = RandomStream(seed: seeds[index])
            body(index * block..<min(draws, (index + 1) * block), &stream)
        }
    }
}
