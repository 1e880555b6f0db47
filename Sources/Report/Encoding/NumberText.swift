import Foundation

/// How a number is written: the same text in HTML, Markdown and plots, whatever the machine's locale.
package enum NumberStyle: Sendable {
    /// Three significant digits.
    case plain
    /// Three significant digits with a sign, for changes.
    case signed
    /// A fraction printed as per cent, three significant digits, at most two decimals.
    case percent
    /// As ``percent`` with a sign.
    case signedPercent
    /// A whole number.
    case count
    /// A setting or a limit: three significant digits, no zeros added.
    case setting
    /// A p or q value: three significant digits, as the sentences of the analysis write it.
    case probability
}

/// Text of numbers: fixed significant digits, `.` as decimal point, a true minus sign, NaN and infinity as words.
package enum NumberText {
    /// The minus sign of the printed page (U+2212).
    package static let minus = "−"

    /// The text of `value` in `style`.
    package static func text(_ value: Double, _ style: NumberStyle = .plain) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? minus + "inf" : "inf" }
        let x = abs(value)
        return switch style {
        case .plain, .probability: signed(value, significant(x))
        case .signed: signed(value, significant(x), plus: true)
        case .percent: signed(value, percent(x) + " %")
        case .signedPercent: signed(value, percent(x) + " %", plus: true)
        case .count: signed(value, count(x))
        case .setting: signed(value, trimmed(significant(x)))
        }
    }

    /// A coordinate inside an SVG: two decimals at most, an ASCII minus, no trailing zeros.
    package static func coordinate(_ value: Double) -> String {
        guard value.isFinite else { return "0" }
        let text = trimmed(fixed(value, 2))
        return text == "-0" ? "0" : text
    }

    /// A tick label: as many decimals as the step between ticks needs.
    package static func tick(_ value: Double, step: Double) -> String {
        let decimals = max(0, Int((-log10(step) - 1e-9).rounded(.up)))
        if decimals > 5 || abs(value) >= 1e6 {
            return value == 0 ? "0" : signed(value, scientific(abs(value), 2))
        }
        let body = fixed(abs(value), decimals)
        return (value < 0 && body.contains { $0 != "0" && $0 != "." } ? minus : "") + body
    }

    // A magnitude that rounds to zero carries no sign.
    private static func signed(_ value: Double, _ body: String, plus: Bool = false) -> String {
        guard body.contains(where: { $0.isNumber && $0 != "0" }) else { return body }
        return value < 0 ? minus + body : plus ? "+" + body : body
    }

    private static func significant(_ x: Double, digits: Int = 3) -> String {
        if x == 0 { return "0" }
        // The exponent after rounding: 0.9996 is written 1.00, not 1.000.
        let text = scientific(x, digits)
        let exponent = Int(text.split(separator: "e").last ?? "0") ?? 0
        if exponent < -4 || exponent >= 7 { return text }
        return fixed(x, max(0, digits - 1 - exponent))
    }

    private static func percent(_ x: Double) -> String {
        let scaled = x * 100
        return fixed(scaled, scaled >= 99.95 ? 0 : scaled >= 9.995 ? 1 : 2)
    }

    private static func count(_ x: Double) -> String {
        let digits = Array(fixed(x, 0))
        guard digits.count > 4 else { return String(digits) }
        // A thin space between thousands: neither a point nor a comma, which readers of other languages misread.
        return digits.indices.map { ($0 > 0 && (digits.count - $0) % 3 == 0 ? "\u{202F}" : "") + String(digits[$0]) }
            .joined()
    }

    private static func scientific(_ x: Double, _ digits: Int) -> String {
        let parts = String(format: "%.\(digits - 1)e", x).split(separator: "e")
        guard parts.count == 2, let exponent = Int(parts[1]) else { return String(x) }
        return parts[0] + "e" + String(exponent)
    }

    package static func fixed(_ x: Double, _ decimals: Int) -> String { String(format: "%.\(decimals)f", x) }

    private static func trimmed(_ text: String) -> String {
        guard text.contains("."), !text.contains("e") else { return text }
        var out = Substring(text)
        while out.last == "0" { out.removeLast() }
        if out.last == "." { out.removeLast() }
        return String(out)
    }
}
