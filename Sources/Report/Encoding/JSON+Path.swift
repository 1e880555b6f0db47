import FileSupport
import Records

extension JSON {
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

    /// The number this is.
    package var asNumber: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
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
