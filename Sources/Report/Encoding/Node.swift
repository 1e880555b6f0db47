/// A value of the report together with its path in report.json, so that what is printed and where it stands cannot differ.
///
/// Properties of the value are nodes again: of `row`, a node at `transfer.race`, `row.tau` is the number at
/// `transfer.race.tau.value`, and `row().tau` the bare number.
@dynamicMemberLookup
package struct Node<Value> {
    private let reportValue: Value
    /// Where the value stands in report.json, keys and indices joined by points.
    package let reportPath: String
    private let reportEncoder: ReportEncoder

    package init(_ value: Value, path: String, encoder: ReportEncoder) {
        (reportValue, reportPath, reportEncoder) = (value, path, encoder)
    }

    /// The value itself.
    package func callAsFunction() -> Value { reportValue }

    package subscript<Part>(dynamicMember property: KeyPath<Value, Part>) -> Node<Part> {
        part(property, of: reportValue, reportValue[keyPath: property])
    }

    package subscript<Whole, Part>(dynamicMember property: KeyPath<Whole, Part>) -> Node<Part?>
    where Value == Whole? {
        part(property, of: reportValue, reportValue?[keyPath: property])
    }

    package subscript<Whole, Part>(dynamicMember property: KeyPath<Whole, Part?>) -> Node<Part?>
    where Value == Whole? {
        part(property, of: reportValue, reportValue?[keyPath: property])
    }

    /// The value below, when it is there; of what was not computed, parts stand where the whole does.
    package func unwrapped<Whole>() -> Node<Whole>? where Value == Whole? {
        reportValue.map { Node<Whole>($0, path: reportPath, encoder: reportEncoder) }
    }

    /// The same as a value that may be absent, beside others that are.
    package func optional() -> Node<Value?> {
        Node<Value?>(reportValue, path: reportPath, encoder: reportEncoder)
    }

    /// The rows of a list, each at its key or index.
    package func nodes<Row>() -> [Node<Row>] where Value == [Row] {
        let keys = (reportValue as? any KeyedRows)?.keyed.map(\.key) ?? reportValue.indices.map(String.init)
        return zip(reportValue, keys).map { Node<Row>($0, path: joined(reportPath, $1), encoder: reportEncoder) }
    }

    private func part<Whole, Part>(
        _ property: PartialKeyPath<Whole>, of whole: Whole?, _ part: Part
    ) -> Node<Part> {
        guard let whole else { return Node<Part>(part, path: reportPath, encoder: reportEncoder) }
        guard let key = reportEncoder.fields(of: whole).key(of: property)?.path else {
            preconditionFailure("\(property) does not stand in report.json")
        }
        return Node<Part>(part, path: joined(reportPath, key), encoder: reportEncoder)
    }
}

private func joined(_ path: String, _ key: String) -> String {
    path.isEmpty || key.isEmpty ? path + key : path + "." + key
}

/// A number of a report; nil when it was not computed.
package protocol ReportNumber {
    var printed: Double? { get }
}

extension Double: ReportNumber {
    package var printed: Double? { self }
}

extension Int: ReportNumber {
    package var printed: Double? { Double(self) }
}

extension Optional: ReportNumber where Wrapped: ReportNumber {
    package var printed: Double? { flatMap(\.printed) }
}
