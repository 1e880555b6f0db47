import Foundation
import Records

/// A number with three significant digits and a true minus sign, the same in every locale.
func short(_ value: Double) -> String {
    var text = String(format: "%#.3g", value)
    if text.hasSuffix(".") { text.removeLast() }
    return text.replacingOccurrences(of: "e-0", with: "e-").replacingOccurrences(of: "-", with: "−")
        .replacingOccurrences(of: "e−", with: "e-")
}

/// A setting as the user wrote it: no zeros added.
func setting(_ value: Double) -> String { String(format: "%.6g", value) }

/// A count that is an estimate, to two significant digits with thin spaces between thousands: `1 200`.
func rounded(_ count: Int) -> String {
    var unit = 1
    while count / unit >= 100 { unit *= 10 }
    let digits = String((count + unit / 2) / unit * unit)
    return String(
        digits.enumerated().flatMap { place, digit in
            place > 0 && (digits.count - place) % 3 == 0 ? ["\u{202F}", digit] : [digit]
        })
}

/// `lower to upper` with three significant digits each.
func short(_ interval: Interval?) -> String {
    interval.map { "\(short($0.lower)) to \(short($0.upper))" } ?? "no interval"
}
