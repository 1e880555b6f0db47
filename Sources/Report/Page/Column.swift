import Analyze
import Records

/// A column of a table: its head, and what stands in it for a row.
struct Column<Row> {
    let title: String
    /// Numbers are set to the right.
    var isNumeric = true
    let cell: (Row) -> [Inline]

    static func words(_ title: String, _ cell: @escaping (Row) -> [Inline]) -> Column {
        Column(title: title, isNumeric: false, cell: cell)
    }

    static func numbers(_ title: String, _ cell: @escaping (Row) -> [Inline]) -> Column {
        Column(title: title, cell: cell)
    }

    /// Text of a row's bare value.
    static func text<Value>(_ title: String, _ text: @escaping (Value) -> String) -> Column where Row == Node<Value> {
        words(title) { [.text(text($0()))] }
    }

    /// A number, or that it was not computed.
    static func number<Number: ReportNumber>(
        _ title: String, _ number: @escaping (Row) -> Node<Number>, _ style: NumberStyle = .plain
    ) -> Column {
        numbers(title) { [n(number($0), style)] }
    }

    /// A number, or a dash.
    static func orDash<Number: ReportNumber>(
        _ title: String, _ number: @escaping (Row) -> Node<Number>, _ style: NumberStyle = .plain
    ) -> Column {
        numbers(title) { optional(number($0), style) }
    }

    /// A p or q, or a dash.
    static func p<Number: ReportNumber>(_ title: String, _ number: @escaping (Row) -> Node<Number>) -> Column {
        orDash(title, number, .probability)
    }

    /// An interval, or a dash.
    static func range(
        _ title: String, _ ends: @escaping (Row) -> Node<Interval?>, _ style: NumberStyle = .plain
    ) -> Column {
        numbers(title) { interval(ends($0), style) }
    }

    /// A band, or a dash.
    static func range<Number: ReportNumber>(
        _ title: String, _ lower: @escaping (Row) -> Node<Number>, _ upper: @escaping (Row) -> Node<Number>,
        _ style: NumberStyle = .plain
    ) -> Column {
        numbers(title) { interval(lower($0), upper($0), style) }
    }

    /// A number with its interval.
    static func estimated(
        _ title: String, _ value: @escaping (Row) -> Node<ControlledValue>, _ style: NumberStyle
    ) -> Column {
        numbers(title) { estimate(value($0), style) }
    }

    /// Where the control of a number lies.
    static func controls(
        _ title: String, _ value: @escaping (Row) -> Node<ControlledValue>, _ style: NumberStyle
    ) -> Column {
        numbers(title) { band(value($0), style) }
    }
}
