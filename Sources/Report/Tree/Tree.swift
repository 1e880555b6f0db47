import Analyze
import FileSupport
import Records

extension JSON {
    /// A number, or null for one that was not computed.
    static func of(_ value: Double?) -> JSON { value.map { .number($0) } ?? .null }
    /// A whole number, or null.
    static func of(_ value: Int?) -> JSON { value.map { .integer($0) } ?? .null }
    /// A text, or null.
    static func of(_ value: String?) -> JSON { value.map { .string($0) } ?? .null }
    /// A truth value, or null.
    static func of(_ value: Bool?) -> JSON { value.map { .bool($0) } ?? .null }
    /// Ends of an interval, or null.
    static func of(_ value: Interval?) -> JSON {
        value.map { .object([("lower", .number($0.lower)), ("upper", .number($0.upper))]) } ?? .null
    }
    /// A list of numbers.
    static func of(_ values: [Double]) -> JSON { .array(values.map { .number($0) }) }
    /// A list of texts.
    static func of(_ values: [String]) -> JSON { .array(values.map { .string($0) }) }

    /// A value with its interval: `value`, `lower`, `upper`.
    static func estimate(_ value: Double?, _ interval: Interval?) -> JSON {
        .object([("value", of(value)), ("lower", of(interval?.lower)), ("upper", of(interval?.upper))])
    }

    /// An object whose keys are the slugs of the items' names.
    static func keyed<Item>(_ items: [Item], by name: (Item) -> String, _ make: (Item) -> JSON) -> JSON {
        .object(Array(zip(Slug.unique(items.map(name)), items.map(make))))
    }

    /// The value at a path of keys and list indices joined by points; nil when there is none.
    ///
    /// A path that goes on below a null gives that null: what was not computed has no parts.
    package func at(_ path: String) -> JSON? {
        var here = self
        for key in path.split(separator: ".", omittingEmptySubsequences: false) {
            switch here {
            case .object: guard let next = here[String(key)] else { return nil }; here = next
            case .array(let items):
                guard let index = Int(key), items.indices.contains(index) else { return nil }
                here = items[index]
            case .null: return .null
            default: return nil
            }
        }
        return here
    }

    /// The number this is, non-finite ones in words included.
    package var asNumber: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        case .string("NaN"): .nan
        case .string("inf"): .infinity
        case .string("-inf"): -.infinity
        default: nil
        }
    }

    /// Paths of all leaves below, in order.
    package func leaves(_ prefix: String = "") -> [(path: String, value: JSON)] {
        func joined(_ key: String) -> String { prefix.isEmpty ? key : prefix + "." + key }
        switch self {
        case .object(let members): return members.flatMap { $0.1.leaves(joined($0.0)) }
        case .array(let items): return items.enumerated().flatMap { $0.element.leaves(joined(String($0.offset))) }
        default: return [(prefix, self)]
        }
    }
}
