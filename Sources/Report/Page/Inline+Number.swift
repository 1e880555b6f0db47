import Analyze
import Records

// Numbers of the report as pieces of a line.

/// A number as text, or words where it was not computed.
func n(_ number: Node<some ReportNumber>, _ style: NumberStyle = .plain) -> Inline {
    let text = number().printed.map { NumberText.text($0, style) }
    return .number(text ?? ReportSections.notComputed, path: number.reportPath, isComputed: text != nil)
}

/// A number that may be absent, or a dash.
func optional(_ number: Node<some ReportNumber>, _ style: NumberStyle = .plain) -> [Inline] {
    number().printed == nil ? ["–"] : [n(number, style)]
}

/// `[lower, upper]`, or a dash.
func interval(
    _ lower: Node<some ReportNumber>, _ upper: Node<some ReportNumber>, _ style: NumberStyle = .plain
) -> [Inline] {
    guard lower().printed != nil, upper().printed != nil else { return ["–"] }
    return ["[", n(lower, style), ", ", n(upper, style), "]"]
}

/// The ends of an interval, or a dash.
func interval(_ ends: Node<Interval?>, _ style: NumberStyle = .plain) -> [Inline] {
    interval(ends.lower, ends.upper, style)
}

/// A number with its interval.
func estimate(_ value: Node<ControlledValue>, _ style: NumberStyle = .plain) -> [Inline] {
    let number = n(value.value, style)
    guard value().value != nil, value().interval != nil else { return [number] }
    return [number, " "] + interval(value.interval, style)
}

/// Where the control of a number lies.
func band(_ value: Node<ControlledValue>, _ style: NumberStyle = .plain) -> [Inline] {
    interval(value.controlLower, value.controlUpper, style)
}

extension [[Inline]] {
    /// Lines as one, with a separator between them.
    func joined(by separator: Inline = "; ") -> [Inline] { [Inline](joined(separator: [separator])) }
}

extension Sequence {
    /// What goes with each key, keys and values once, in the order met.
    func gathered<Key: Hashable, Value: Hashable>() -> [(key: Key, values: [Value])] where Element == (Key, Value) {
        map(\.0).uniqued().map { key in (key, filter { $0.0 == key }.map(\.1).uniqued()) }
    }
}

extension ClosedRange where Bound == Double {
    /// An interval as a range; nil when an end is missing, not finite, or the ends are the wrong way round.
    init?(_ interval: Interval?) {
        guard let interval, interval.lower.isFinite, interval.upper.isFinite, interval.lower <= interval.upper
        else { return nil }
        self = interval.lower...interval.upper
    }

    /// Where the control lies; nil when it was not drawn.
    init?(controlOf value: ControlledValue) {
        guard let lower = value.controlLower, let upper = value.controlUpper else { return nil }
        self.init(Interval(lower: lower, upper: upper))
    }
}
