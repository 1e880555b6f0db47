import Analyze
import FileSupport

/// Writes values as report.json holds them, by their properties: each once, in declared order, missing ones as null.
package final class ReportEncoder {
    private var known: [ObjectIdentifier: ReportFields] = [:]

    package init() {}

    /// The value as JSON.
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
        case let rows as any KeyedRows: return keyed(rows)
        default: break
        }
        let mirror = Mirror(reflecting: value)
        switch mirror.displayStyle {
        case .optional: return mirror.children.first.map { encode($0.value) } ?? .null
        case .collection: return .array(mirror.children.map { encode($0.value) })
        case .struct: return record(value, mirror)
        default: preconditionFailure("report.json holds no \(type(of: value))")
        }
    }

    private func keyed(_ rows: any KeyedRows) -> JSON {
        var out: JSON = rows.isNull ? .null : .object([])
        for (key, row) in rows.keyed { out = out.setting(path: key, to: encode(row)) }
        return out
    }

    /// What a value is made of, with the place of each part below it.
    package func parts(of value: Any) -> [(key: String, part: Any)] {
        if let rows = value as? any KeyedRows { return rows.keyed.map { ($0.key, $0.row) } }
        let mirror = Mirror(reflecting: value)
        switch mirror.displayStyle {
        case .optional: return mirror.children.map { ("", $0.value) }
        case .collection: return mirror.children.enumerated().map { (String($0.offset), $0.element.value) }
        case .struct:
            let fields = fields(of: value)
            return zip(fields.stored, mirror.children).compactMap { key, child in
                key.path.map { ($0, child.value) }
            } + fields.computed.compactMap { property, key in key.path.map { ($0, value[keyPath: property] as Any) } }
        default: return []
        }
    }

    private func record(_ value: Any, _ mirror: Mirror) -> JSON {
        let fields = fields(of: value)
        var out: JSON = .object([])
        for (key, child) in zip(fields.stored, mirror.children) { put(child.value, at: key, into: &out) }
        for (property, key) in fields.computed { put(value[keyPath: property] as Any, at: key, into: &out) }
        return out
    }

    private func put(_ part: Any, at key: ReportKey, into out: inout JSON) {
        switch key {
        case .hidden: return
        case .ends(let path):
            let interval = part as? Interval
            for (end, number) in [("lower", interval?.lower), ("upper", interval?.upper)] {
                out = out.setting(path: path.isEmpty ? end : path + "." + end, to: .of(number))
            }
        case .path(""):
            let json = encode(part)
            if case .object(let members) = json {
                for (name, member) in members { out = out.setting(name, to: member) }
            } else {
                out = json
            }
        case .path(let path): out = out.setting(path: path, to: encode(part))
        }
    }

    /// The properties of a value's type.
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
    /// A number, or null for one that was not computed.
    static func of(_ value: Double?) -> JSON { value.map { .number($0) } ?? .null }

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
