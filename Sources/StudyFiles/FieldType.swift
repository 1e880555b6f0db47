import BuiltInStudy
import FileSupport
import Foundation
import LanguageModel
import Unlearn
import Yams

/// How the value of a key is read, written and described.
struct FieldType<Value> {
    /// Reads the value; relative paths begin at `folder`.
    var read: (_ value: YAMLValue, _ folder: String) throws -> Value
    /// The value as YAML; nil where the key is left out.
    var write: (Value) -> Node?
    /// What a JSON Schema says of it.
    var schema: JSON
    /// What the key takes, in words.
    var takes: String
    /// The keys below, where it is a mapping with keys of its own.
    var children: [KeyDescription] = []
}

extension Node {
    /// A text, quoted so that it reads back as itself.
    static func quoted(_ text: String) -> Node { Node(text, Tag(.str), .doubleQuoted) }
    /// A whole number, a truth value or a word of ours.
    static func plain(_ value: some CustomStringConvertible) -> Node { Node(value.description, .implicit, .plain) }
    /// A number that readers of YAML 1.1 take for one too: with an exponent it has a decimal point there.
    static func number(_ value: Double) -> Node {
        let parts = value.description.split(separator: "e")
        return plain(parts.count == 2 && !parts[0].contains(".") ? "\(parts[0]).0e\(parts[1])" : value.description)
    }
    /// The value of an objective's option.
    static func option(_ value: ObjectiveOption.Value) -> Node {
        switch value {
        case .number(let value): number(value)
        case .whole(let value): plain(value)
        case .text(let text): quoted(text)
        }
    }
    /// A key; quoted unless it is a text to every reader: not `no`, `012`, `1:30` or `~`.
    static func key(_ name: String) -> Node {
        let words = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"]
        let isPlain =
            name.first?.isLetter == true
            && name.utf8.allSatisfy { isLetter($0) || isDigit($0) || $0 == 0x2D || $0 == 0x5F }
            && !words.contains(name.lowercased())
        return isPlain ? Node(name) : quoted(name)
    }
    private static func isLetter(_ byte: UInt8) -> Bool { 0x61...0x7A ~= byte | 0x20 }
    private static func isDigit(_ byte: UInt8) -> Bool { 0x30...0x39 ~= byte }
    /// A list in one line.
    static func list(_ nodes: [Node]) -> Node { Node(nodes, Tag(.seq), .flow) }
    /// A mapping, a key a line.
    static func block(_ pairs: [(String, Node)]) -> Node {
        Node(pairs.map { (key($0.0), $0.1) }, Tag(.map), .block)
    }

    /// The node in one line, for the reference.
    var flow: String {
        switch self {
        case .scalar(let scalar): scalar.string
        case .sequence(let sequence): "[" + sequence.map(\.flow).joined(separator: ", ") + "]"
        case .mapping(let mapping):
            "{" + mapping.map { "\($0.key.flow): \($0.value.flow)" }.joined(separator: ", ") + "}"
        case .alias: ""
        }
    }
}

// MARK: Single values

extension FieldType where Value == String {
    static var text: FieldType {
        FieldType(
            read: { value, _ in try value.string() }, write: Node.quoted, schema: ["type": "string"], takes: "text")
    }

    /// A file or folder; the word `built-in` stands for `builtIn` in `data/`, wherever that is installed.
    ///
    /// A value that an override gave has no line; it was typed where the command runs, so its path begins there.
    static func path(builtIn: String? = nil) -> FieldType {
        FieldType(
            read: { value, folder in
                let base = value.node.mark == nil ? FileManager.default.currentDirectoryPath : folder
                return resolve(try value.string(), in: base, builtIn)
            },
            write: { path in .quoted(builtIn.map { path == BuiltInStudy.path($0) } == true ? "built-in" : path) },
            schema: ["type": "string"], takes: builtIn == nil ? "path" : "path or `built-in`")
    }

    private static func resolve(_ text: String, in base: String, _ builtIn: String?) -> String {
        if text == "built-in", let builtIn { return BuiltInStudy.path(builtIn) }
        if text.hasPrefix("/") { return text }
        if text.hasPrefix("~/") { return NSHomeDirectory() + text.dropFirst() }
        let data = "$DRIFTSCOPE_DATA"
        if text.hasPrefix(data + "/"), let root = ProcessInfo.processInfo.environment["DRIFTSCOPE_DATA"] {
            return root + text.dropFirst(data.count)
        }
        return URL(fileURLWithPath: base + "/" + text).standardizedFileURL.path
    }

    /// A ``path(builtIn:)`` of a model, or of a base model, a plus sign and that of an adapter.
    static func model(builtIn: String) -> FieldType {
        let path = path(builtIn: builtIn)
        return FieldType(
            read: { value, folder in
                let base = value.node.mark == nil ? FileManager.default.currentDirectoryPath : folder
                return ModelPath(try value.string()) { resolve($0, in: base, builtIn) }.text
            }, write: path.write, schema: path.schema, takes: path.takes)
    }

    static func choice(_ known: [String]) -> FieldType {
        FieldType(
            read: { value, _ in try value.choice(known) }, write: Node.quoted,
            schema: ["enum": .array(known.map { .string($0) })],
            takes: known.map { "`\($0)`" }.joined(separator: " or "))
    }
}

extension FieldType where Value == Bool {
    static var flag: FieldType {
        FieldType(
            read: { value, _ in try value.boolean() }, write: Node.plain, schema: ["type": "boolean"],
            takes: "true or false")
    }
}

extension FieldType where Value == Int {
    /// A whole number; what sizes an allocation has an end that no study reaches.
    static func whole(_ bounds: ClosedRange<Int>) -> FieldType {
        let isBounded = bounds.upperBound < .max
        let limits: [(String, JSON)] =
            [("minimum", .integer(bounds.lowerBound))] + (isBounded ? [("maximum", .integer(bounds.upperBound))] : [])
        return FieldType(
            read: { value, _ in try value.integer(bounds) }, write: Node.plain,
            schema: .object([("type", "integer")] + limits),
            takes: "whole number, \(bounds.lowerBound) "
                + (isBounded ? "to \(YAMLValue.grouped(bounds.upperBound))" : "or more"))
    }
}

extension FieldType where Value == Double {
    static var number: FieldType { number("number") }
    static var positive: FieldType {
        number("number above 0", [("exclusiveMinimum", 0)]) {
            $0 > 0 ? nil : ("is not above 0", "write a positive number")
        }
    }
    static var notNegative: FieldType {
        number("number, 0 or more", [("minimum", 0)]) { $0 >= 0 ? nil : ("is below 0", "write 0 or more") }
    }

    static func number(_ bounds: ClosedRange<Double>) -> FieldType {
        number(
            "number, \(bounds.lowerBound) to \(bounds.upperBound)",
            [("minimum", .number(bounds.lowerBound)), ("maximum", .number(bounds.upperBound))]
        ) { bounds ~= $0 ? nil : ("is out of range", "write \(bounds.lowerBound) to \(bounds.upperBound)") }
    }

    /// A share of which less than all is meant, such as the decay of a mean.
    static var share: FieldType {
        number("number, 0 or more and below 1", [("minimum", 0), ("exclusiveMaximum", 1)]) {
            0..<1 ~= $0 ? nil : ("is out of range", "write 0 or more, below 1")
        }
    }

    /// A number, or what is wrong with it and the remedy.
    private static func number(
        _ takes: String, _ limit: [(String, JSON)] = [],
        wrong: @escaping (Double) -> (what: String, remedy: String)? = { _ in nil }
    ) -> FieldType {
        FieldType(
            read: { value, _ in
                let number = try value.number()
                // Parameters and what is added to them are single precision.
                guard abs(number) <= Double(Float.greatestFiniteMagnitude) else {
                    throw value.fail("\(try value.string()) is too large", "write a number within 3.4e38")
                }
                if let (what, remedy) = wrong(number) { throw value.fail("\(try value.string()) \(what)", remedy) }
                return number
            }, write: Node.number, schema: .object([("type", "number")] + limit), takes: takes)
    }

    /// A relative rise such as `+10%`, 0.1 as a value.
    static var rise: FieldType {
        FieldType(
            read: { value, _ in
                let text = try value.string()
                guard text.hasPrefix("+"), text.hasSuffix("%"), let percent = Double(text.dropFirst().dropLast()),
                    percent > 0, percent.isFinite
                else { throw value.fail("'\(text)' is no relative budget", "write one like +10%") }
                return percent / 100
            },
            write: { share in
                let percent = (share * 1e10).rounded() / 1e8
                return .plain("+\(Int(exactly: percent).map(String.init) ?? "\(percent)")%")
            },
            schema: ["type": "string", "pattern": "^\\+[0-9.eE+-]+%$"], takes: "a rise such as `+10%`")
    }
}

extension FieldType where Value == ClosedRange<Int> {
    static var lines: FieldType {
        FieldType(
            read: { value, _ in
                let text = try value.string()
                let bounds = text.split(separator: "-").map { Int($0) }
                guard bounds.count == 2, let first = bounds[0], let last = bounds[1], first >= 1, last >= first else {
                    throw value.fail("'\(text)' is no range of lines", "write one like 1-2000")
                }
                return first...last
            },
            write: { .quoted("\($0.lowerBound)-\($0.upperBound)") },
            schema: ["type": "string", "pattern": "^[0-9]+-[0-9]+$"], takes: "lines such as `1-2000`, counted from 1")
    }
}

extension FieldType where Value == [String: String] {
    /// Texts by free keys; none at all is written where it is not the default.
    static func dictionary(_ takes: String, writesNone: Bool = false) -> FieldType {
        FieldType(
            read: { value, _ in try value.dictionary() },
            write: { $0.isEmpty && !writesNone ? nil : .block($0.sorted(by: <).map { ($0.key, .quoted($0.value)) }) },
            schema: ["type": "object", "additionalProperties": YAMLValue.scalarSchema], takes: takes)
    }
}

extension FieldType where Value == [StudyFile.SweepAxis] {
    /// Lists of single values by key path, and named sets of keys.
    static var sweep: FieldType {
        let values: JSON = ["type": "array", "items": YAMLValue.scalarSchema]
        return FieldType(
            read: { value, _ in
                try value.entries().map { key, list in
                    if key == StudyFile.SweepAxis.variant { return try variants(list) }
                    let values = try list.list().map { try $0.string() }
                    guard !values.isEmpty, Set(values).count == values.count else {
                        throw list.fail("no value, or one that stands twice", "give different values")
                    }
                    return StudyFile.SweepAxis(key: key, values: values)
                }
            },
            write: { axes in axes.isEmpty ? nil : .block(axes.map { ($0.key, written($0)) }) },
            schema: [
                "type": "object",
                "properties": [
                    "variant": [
                        "type": "object", "additionalProperties": ["type": "object", "minProperties": 1],
                    ]
                ],
                "additionalProperties": ["anyOf": [values, YAMLValue.scalarSchema]],
            ],
            takes: "key path: list of values")
    }

    private static func variants(_ value: YAMLValue) throws -> StudyFile.SweepAxis {
        var axis = StudyFile.SweepAxis(key: StudyFile.SweepAxis.variant, values: [])
        for (name, keys) in try value.entries() {
            guard !name.isEmpty, axis.variants[name] == nil else {
                throw keys.fail("a variant without a name, or a name that stands twice", "give different names")
            }
            guard try !keys.entries().isEmpty else {
                throw keys.fail("a variant that changes nothing", "write key: value")
            }
            axis.values.append(name)
            axis.variants[name] = try Yams.serialize(node: keys.node)
        }
        guard !axis.values.isEmpty else { throw value.fail("no variant", "write NAME: {key: value}") }
        return axis
    }

    private static func written(_ axis: StudyFile.SweepAxis) -> Node {
        guard axis.key == StudyFile.SweepAxis.variant else { return .list(axis.values.map(Node.quoted)) }
        return .block(
            axis.values.map { name in
                // It was read from YAML and says the same.
                (name, axis.variants[name].flatMap { try? Yams.compose(yaml: $0) } ?? .block([]))
            })
    }
}

extension FieldType where Value == [String: Double] {
    /// Numbers above 0 by free keys.
    static var limits: FieldType {
        FieldType(
            read: { value, folder in
                try Dictionary(value.entries().map { ($0, try FieldType<Double>.positive.read($1, folder)) }) { $1 }
            },
            write: { $0.isEmpty ? nil : .block($0.sorted { $0.key < $1.key }.map { ($0.key, .number($0.value)) }) },
            schema: ["type": "object", "additionalProperties": FieldType<Double>.positive.schema],
            takes: "name: number above 0")
    }
}

extension FieldType where Value == [String] {
    /// A program, a path where it holds a slash, and its arguments as they are.
    static var command: FieldType {
        FieldType(
            read: { value, folder in
                var words = try value.list().map { try $0.string() }
                guard let program = words.first, !program.isEmpty else {
                    throw value.fail("no program", "write [PROGRAM, ARGUMENT, …]")
                }
                guard !words.contains(where: { $0.contains("\0") }) else {
                    throw value.fail("a NUL character", "leave it out")
                }
                if program.contains("/") { words[0] = try FieldType<String>.path().read(value.list()[0], folder) }
                return words
            },
            write: { .list($0.map(Node.quoted)) },
            schema: ["anyOf": [["type": "array", "items": YAMLValue.scalarSchema], YAMLValue.scalarSchema]],
            takes: "[PROGRAM, ARGUMENT, …]")
    }
}

// MARK: Values made of others

extension FieldType {
    /// A list; a single value is read as a list of one.
    static func list<Item>(_ item: FieldType<Item>, atMost limit: Int = .max) -> FieldType where Value == [Item] {
        var items: JSON = ["type": "array", "items": item.schema]
        if limit < .max { items = items.setting("maxItems", to: .integer(limit)) }
        return FieldType(
            read: { value, folder in
                let entries = value.list()
                guard entries.count <= limit else {
                    throw value.fail("\(entries.count) entries", "write at most \(YAMLValue.grouped(limit))")
                }
                let items = try entries.map { try item.read($0, folder) }
                // Written in one way, the same things are the same text: 1 and 1.0, two paths to one file.
                let texts = items.map { item.write($0)?.flow }
                for (index, text) in texts.enumerated() where text != nil && texts[..<index].contains(text) {
                    throw entries[index].fail("'\(text ?? "")' stands twice", "keep one")
                }
                return items
            },
            write: { .list($0.compactMap(item.write)) }, schema: ["anyOf": .array([items, item.schema])],
            takes: "\(item.takes); or a list" + (limit < .max ? " of at most \(YAMLValue.grouped(limit))" : ""))
    }

    /// A value that the study may leave out, and then has none.
    ///
    /// - Parameter word: whether `none` may be written for that.
    static func optional<Some>(_ some: FieldType<Some>, word: Bool = false) -> FieldType where Value == Some? {
        FieldType(
            read: { value, folder in word && value.isNone ? nil : try some.read(value, folder) },
            write: { $0.flatMap(some.write) },
            schema: word ? ["anyOf": .array([["const": "none"], some.schema])] : some.schema,
            takes: some.takes + (word ? ", or `none`" : ""), children: some.children)
    }

    /// A value with a default that the word `none` takes away.
    static func orNone<Some>(_ some: FieldType<Some>) -> FieldType where Value == Some? {
        var type = optional(some, word: true)
        type.write = { $0.map(some.write) ?? .plain("none") }
        return type
    }

    /// A mapping with keys of its own, each with the value of `start` where the study does not name it.
    ///
    /// - Parameters:
    ///   - none: what the word `none` stands for, where it may be written.
    ///   - check: what must hold between the keys.
    static func section(
        _ start: Value, none: Value? = nil, @FieldList<Value> _ list: () -> [Field<Value>],
        check: @escaping (Value, YAMLValue) throws -> Void = { _, _ in }
    ) -> FieldType {
        let fields = list()
        let keys = fields.flatMap { $0.described(start) }
        let schema = KeyDescription.schema(keys)
        return FieldType(
            read: { value, folder in
                if let none, value.isNone { return none }
                let members = try value.members(known: keys.map(\.name))
                var out = start
                for field in fields { try field.read(members, &out, folder) }
                try check(out, value)
                return out
            },
            write: { value in .block(fields.flatMap { $0.write(value) }) },
            schema: none == nil ? schema : ["anyOf": .array([["const": "none"], schema])],
            takes: none == nil ? "keys below" : "keys below, or `none`", children: keys)
    }
}

/// Rows of a table one below the other.
@resultBuilder enum FieldList<Root> {
    static func buildExpression(_ field: Field<Root>) -> Field<Root> { field }
    static func buildBlock(_ fields: Field<Root>...) -> [Field<Root>] { fields }
}
