import Foundation

/// A number with three significant digits, the same in every locale.
func short(_ value: Double) -> String { String(format: "%.3g", value) }

/// `lower to upper` with three significant digits each.
func short(_ interval: Interval?) -> String {
    interval.map { "\(short($0.lower)) to \(short($0.upper))" } ?? "no interval"
}
