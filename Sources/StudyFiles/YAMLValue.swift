import FileSupport
import Yams

/// A value in a YAML file that knows where it stands, so that every complaint names key and line.
struct YAMLValue {
    let node: Node
    /// Key path from the root, `optimizer.steps`.
    let path: String
    let file: String

    var place: String {
        let line = node.mark.map { ":\($0.line)" } ?? ""
        return file + line + (path.isEmpty ? "" : " (\(path))")
    }

    func fail(_ what: String, _ remedy: String) -> InputError { InputError(what, at: place, remedy: remedy) }

    /// The members of a mapping, after every key was found in `known`.
    func members(known: [String]) throws -> YAMLMembers {
        guard case .mapping(let mapping) = node else {
            throw fail("a mapping is wanted here", "write keys and values: \(known.joined(separator: ", "))")
        }
        var members = YAMLMembers(owner: self, values: [])
        for (key, value) in mapping {
            guard let name = key.string else { throw fail("a key that is no text", "quote it") }
            let child = self.child(name, value)
            guard known.contains(name) else {
                let hint =
                    NearestName.of(name, among: known).map { "did you mean '\($0)'?" }
                    ?? "known keys: " + known.joined(separator: ", ")
                throw child.fail("unknown key '\(name)'", hint)
            }
            guard members[name] == nil else { throw child.fail("the key '\(name)' stands twice", "keep one") }
            members.values.append((name, child))
        }
        return members
    }

    /// The value under a key of this mapping.
    func child(_ name: String, _ node: Node) -> YAMLValue {
        YAMLValue(node: node, path: path.isEmpty ? name : path + "." + name, file: file)
    }

    /// Whether this is the word `none`, which takes a default away.
    var isNone: Bool {
        guard case .scalar(let scalar) = node else { return false }
        return scalar.string == "none"
    }

    func string() throws -> String {
        guard case .scalar(let scalar) = node else { throw fail("one value is wanted here", "write a text or number") }
        // A path would end there, and no text in run.h5 can hold one.
        guard !scalar.string.utf8.contains(0) else { throw fail("a text with a NUL character", "remove it") }
        return scalar.string
    }

    func number() throws -> Double {
        guard let value = Double(try string()), value.isFinite else {
            throw fail("'\(try string())' is no number", "write one like 0.1 or 3e-5")
        }
        return value
    }

    func integer(_ bounds: ClosedRange<Int>) throws -> Int {
        let text = try string()
        guard let value = Int(text) else {
            throw fail("'\(text)' is no whole number", "write one of at least \(bounds.lowerBound)")
        }
        guard text.first != "0" || text == "0" else {
            throw fail("'\(text)' begins with a zero, and some readers of YAML take it for octal", "write \(value)")
        }
        guard value >= bounds.lowerBound else {
            throw fail("\(value) is too small", "write at least \(bounds.lowerBound)")
        }
        guard value <= bounds.upperBound else {
            throw fail("\(value) is too large", "write at most \(Self.grouped(bounds.upperBound))")
        }
        return value
    }

    /// A whole number with commas between thousands.
    static func grouped(_ value: Int) -> String {
        let digits = Array(String(value))
        return digits.indices.map { (($0 > 0 && (digits.count - $0) % 3 == 0) ? "," : "") + String(digits[$0]) }
            .joined()
    }

    /// One text, as a JSON Schema sees what YAML may take for a number or a truth value.
    static let scalarSchema: JSON = ["type": ["string", "number", "boolean"]]

    func boolean() throws -> Bool {
        switch try string() {
        case "true", "yes": return true
        case "false", "no": return false
        default: throw fail("'\(try string())' is neither true nor false", "write true or false")
        }
    }

    func choice(_ known: [String]) throws -> String {
        let value = try string()
        guard known.contains(value) else {
            throw fail("unknown value '\(value)'", "use \(known.joined(separator: " or "))")
        }
        return value
    }

    /// A list, or a single value read as a list of one.
    func list() -> [YAMLValue] {
        guard case .sequence(let sequence) = node else { return [self] }
        return sequence.enumerated().map { YAMLValue(node: $0.element, path: "\(path)[\($0.offset)]", file: file) }
    }

    /// A mapping of texts with free keys.
    func dictionary() throws -> [String: String] {
        var out: [String: String] = [:]
        for (key, value) in try entries() { out[key] = try value.string() }
        return out
    }

    /// The members of a mapping with free keys.
    func entries() throws -> [(String, YAMLValue)] {
        guard case .mapping(let mapping) = node else { throw fail("a mapping is wanted here", "write key: value") }
        return mapping.map { ($0.key.string ?? "", child($0.key.string ?? "", $0.value)) }
    }
}

/// The members of a mapping whose keys were checked, in the order of the file.
struct YAMLMembers {
    let owner: YAMLValue
    var values: [(name: String, value: YAMLValue)]

    subscript(key: String) -> YAMLValue? { values.first { $0.name == key }?.value }

    func required(_ key: String) throws -> YAMLValue {
        guard let value = self[key] else { throw owner.fail("the key '\(key)' is missing", "add it") }
        return value
    }
}
