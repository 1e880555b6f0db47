import Foundation

/// A linear scale from values to coordinates, with ticks at round values.
package struct Axis: Sendable {
    /// Least value shown.
    package let low: Double
    /// Greatest value shown.
    package let high: Double
    /// Distance of two ticks.
    package let step: Double
    /// Round values inside the range.
    package let ticks: [Double]
    private let start: Double
    private let end: Double

    /// A scale over all finite `values`, widened to whole ticks, laid on coordinates `from` to `to`.
    ///
    /// - Parameters:
    ///   - including: a value that must be inside, such as 0.
    ///   - wanted: about how many ticks.
    package init(
        _ values: [Double], including: [Double] = [], from start: Double, to end: Double, wanted: Int = 5,
        tight: Bool = false
    ) {
        let finite = (values + including).filter(\.isFinite)
        var low = finite.min() ?? 0
        var high = finite.max() ?? 1
        if high - low <= abs(high) * 1e-9 {
            // One value only: open the range around it, so that a flat line is drawn in the middle.
            let half = max(abs(high) * 0.1, 1e-6)
            (low, high) = (low - half, high + half)
        }
        let step = Axis.niceStep((high - low) / Double(max(1, wanted)))
        let room = (high - low) * 0.04
        self.low = tight ? low - room : (low / step + 1e-9).rounded(.down) * step
        self.high = tight ? high + room : (high / step - 1e-9).rounded(.up) * step
        (self.step, self.start, self.end) = (step, start, end)
        let first = Int((self.low / step - 1e-9).rounded(.up))
        let last = Int((self.high / step + 1e-9).rounded(.down))
        ticks = first <= last ? (first...last).map { Double($0) * step } : []
    }

    /// The coordinate of a value.
    package func callAsFunction(_ value: Double) -> Double {
        start + (value - low) / (high - low) * (end - start)
    }

    package func label(_ tick: Double) -> String { NumberText.tick(tick, step: step) }

    /// 1, 2 or 5 times a power of ten, near `raw`.
    package static func niceStep(_ raw: Double) -> Double {
        guard raw.isFinite, raw > 0 else { return 1 }
        let power = pow(10, log10(raw).rounded(.down))
        let fraction = raw / power
        return (fraction < 1.5 ? 1 : fraction < 3.5 ? 2 : fraction < 7.5 ? 5 : 10) * power
    }
}
