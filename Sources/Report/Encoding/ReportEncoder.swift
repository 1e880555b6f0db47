import Analyze
import FileSupport
import Records

/// Writes values as report.json holds them, by their properties: each once, in declared order, missing ones as null.
package final class ReportEncoder {
    private var known: [ObjectIdentifier: ReportFields] = [:]

    package init() {}

    package func encode(_ value: Any) -> JSON {
        switch value {
        case let json as JSON: return json
        case let number as Double: return .number(number)
        case let number as Int: return .integer(number)
        // Readers of JSON keep 53 bits of a number; a seed has 64.
        case let number as UInt64: return .string(String(number))
        case let flag as Bool: return .bool(flag)
        case let text as String: return .string(text)
        case let word as any RawRepresentable<String>: return .string(word.rawValue)
        default: break
        }
        let rows = value as? any KeyedRows
        switch Mirror(reflecting: value).displayStyle {
        case .optional: return parts(of: value).first.map { encode($0.part) } ?? .null
        case .collection where rows == nil: return .array(parts(of: value).map { encode($0.part) })
        case .collection, .struct:
            return parts(of: value).reduce(rows?.isNull == true ? .null : .object([])) { out, item in
                let json = encode(item.part)
                guard item.path.isEmpty, case .object(let members) = json else {
                    return out.setting(path: item.path, to: json)
                }
                return members.reduce(out) { $0.setting($1.0, to: $1.1) }
            }
        default: preconditionFailure("report.json holds no \(type(of: value))")
        }
    }

    /// What a value is made of, each part with its path below the value; empty for a part at the value's own level.
    package func parts(of value: Any) -> [(path: String, part: Any)] {
        let mirror = Mirror(reflecting: value)
        switch mirror.displayStyle {
        case .optional: return mirror.children.map { ("", $0.value) }
        case .collection:
            if let rows = value as? any KeyedRows { return rows.keyed.map { ($0.key, $0.row) } }
            return mirror.children.enumerated().map { (String($0.offset), $0.element.value) }
        case .struct:
            let fields = fields(of: value)
            return zip(fields.stored, mirror.children).flatMap { placed($1.value, at: $0) }
                + fields.computed.flatMap { placed(value[keyPath: $0.property] as Any, at: $0.key) }
        default: return []
        }
    }

    private func placed(_ part: Any, at key: ReportKey) -> [(path: String, part: Any)] {
        switch key {
        case .hidden: return []
        case .path(let path): return [(path, part)]
        case .ends(let path):
            let (interval, prefix) = (part as? Interval, path.isEmpty ? "" : path + ".")
            return [(prefix + "lower", interval?.lower as Any), (prefix + "upper", interval?.upper as Any)]
        }
    }

    func fields(of value: Any) -> ReportFields {
        func make<Value>(_ value: Value) -> ReportFields { ReportFields(of: value) }
        let type = ObjectIdentifier(type(of: value))
        if let fields = known[type] { return fields }
        let fields = make(value)
        known[type] = fields
        return fields
    }
}

/// A list of rows that are found by their names.
protocol KeyedRows {
    /// Whether the list is empty and means that nothing was computed.
    var isNull: Bool { get }
    /// The rows with their paths below the list.
    var keyed: [(key: String, row: Any)] { get }
}

extension Array: KeyedRows where Element: ReportRow {
    var isNull: Bool { isEmpty && Element.isNullWhenEmpty }
    var keyed: [(key: String, row: Any)] {
        zip(Slug.paths(map(\.reportNames)), self).map { (key: $0, row: $1) }
    }
}

extension JSON {
    /// The same object with the value at a path of keys set; objects on the way are made.
    func setting(path: String, to value: JSON) -> JSON {
        func set(_ keys: ArraySlice<Substring>, in object: JSON) -> JSON {
            guard let first = keys.first else { return value }
            let key = String(first)
            return object.setting(key, to: set(keys.dropFirst(), in: object[key] ?? .object([])))
        }
        return set(path.split(separator: ".")[...], in: self)
    }
}
