import LinearAlgebra

/// Σ (a − b)(c − d) in double precision over blocks of fixed size, so that the sum does not depend on threads.
package func blockSum(_ range: Range<Int>, _ term: (Int) -> (Float, Float, Float, Float)) -> Double {
    let size = 1 << 15
    var sums = [Double](repeating: 0, count: (range.count + size - 1) / size)
    sums.withUnsafeMutableBufferPointer { sums in
        nonisolated(unsafe) let sums = sums
        parallelFor(sums.count) { blocks in
            for block in blocks {
                let start = range.lowerBound + block * size
                var sum = 0.0
                for i in start..<min(start + size, range.upperBound) {
                    let (a, b, c, d) = term(i)
                    sum += (Double(a) - Double(b)) * (Double(c) - Double(d))
                }
                sums[block] = sum
            }
        }
    }
    return sums.reduce(0, +)
}

/// Σ a·b over a range in double precision.
package func blockSum(_ range: Range<Int>, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>) -> Double {
    blockSum(range) { (a[$0], 0, b[$0], 0) }
}
