import Foundation

/// The worst disagreement between two lists of numbers, in units of the tolerance `absolute + relative * |expected|`.
public struct Disagreement: CustomStringConvertible {
    /// Index of the worst element, or nil when the counts differ.
    public let index: Int?
    /// |a - b| over the tolerance there; at most 1 means close.
    public let ratio: Double
    /// One line for a test's message.
    public let description: String
    /// Whether all elements agree.
    public var isClose: Bool { ratio <= 1 }
}

/// Compares `actual` with `expected`; NaN agrees with nothing.
public func compare<S: BinaryFloatingPoint>(
    _ actual: [S], _ expected: [S], absolute: Double, relative: Double, name: String = ""
) -> Disagreement {
    guard actual.count == expected.count else {
        return Disagreement(
            index: nil, ratio: .infinity, description: "\(name): \(actual.count) values for \(expected.count)")
    }
    var worst = 0
    var ratio = 0.0
    for (i, (a, b)) in zip(actual, expected).enumerated() {
        let difference = abs(Double(a) - Double(b))
        let r = difference.isNaN ? .infinity : difference / (absolute + relative * abs(Double(b)))
        if r > ratio { (worst, ratio) = (i, r) }
    }
    let found = actual.isEmpty ? "nothing" : "\(actual[worst]), expected \(expected[worst])"
    return Disagreement(
        index: worst, ratio: ratio, description: "\(name)[\(worst)]: \(found) (\(ratio) of the tolerance)")
}

/// ‖a − b‖ / max(‖b‖, floor).
public func relativeError<S: BinaryFloatingPoint>(_ actual: [S], _ expected: [S], floor: Double = 1e-12) -> Double {
    precondition(actual.count == expected.count)
    var difference = 0.0
    var size = 0.0
    for (a, b) in zip(actual, expected) {
        let d = Double(a) - Double(b)
        difference += d * d
        size += Double(b) * Double(b)
    }
    return difference.squareRoot() / max(size.squareRoot(), floor)
}
