import Foundation

/// Small vector arithmetic in double precision.
enum Vector {
    static func dot(_ a: [Double], _ b: [Double]) -> Double {
        var sum = 0.0
        for i in a.indices { sum += a[i] * b[i] }
        return sum
    }

    static func norm(_ a: [Double]) -> Double { dot(a, a).squareRoot() }

    /// The vector at length 1; a zero vector stays as it is.
    static func unit(_ a: [Double]) -> [Double] {
        let size = norm(a)
        return size > 0 ? a.map { $0 / size } : a
    }

    static func difference(_ a: [Double], _ b: [Double]) -> [Double] { zip(a, b).map { $0 - $1 } }

    static func mean(_ vectors: [[Double]]) -> [Double] {
        guard let width = vectors.first?.count else { return [] }
        var sum = [Double](repeating: 0, count: width)
        for vector in vectors { for i in 0..<width { sum[i] += vector[i] } }
        return sum.map { $0 / Double(vectors.count) }
    }

    /// The cosine; nil for a zero vector.
    static func cosine(_ a: [Double], _ b: [Double]) -> Double? {
        let size = norm(a) * norm(b)
        return size > 0 ? dot(a, b) / size : nil
    }

    /// The angle in radians as 2·atan2(‖u − v‖, ‖u + v‖) of the unit vectors, exact for tiny angles where 1 − cos is
    /// not; nil for a zero vector.
    static func angle(_ a: [Double], _ b: [Double]) -> Double? {
        let (sizeA, sizeB) = (norm(a), norm(b))
        guard sizeA > 0, sizeB > 0 else { return nil }
        var (minus, plus) = (0.0, 0.0)
        for i in a.indices {
            let (u, v) = (a[i] / sizeA, b[i] / sizeB)
            minus += (u - v) * (u - v)
            plus += (u + v) * (u + v)
        }
        return 2 * atan2(minus.squareRoot(), plus.squareRoot())
    }
}
