import FileSupport
import Yams

/// A value in a YAML file that knows where it stands, so that every complaint names key and line.
struct YAMLValue {
    let node: Node
    /// Key path from the root, `optimizer.steps`.
    let path: String
    /// The file.
    let file: String

    var place: String {
        let line = node.mark.map { ":\($0.line)" } ?? ""
        return file + line + (path.isEmpty ? "" : " (\(path))")
    }

    func fail(_ what: String, _ remedy: String) -> InputError { InputError(what, at: place, remedy: remedy) }

    /// The members of a mapping, after every key was found in `known`.
    func members(known: [String], later: [String: String] = [:]) throws -> YAMLMembers {
        guard case .mapping(let mapping) = node else {
            throw fail("a mapping is wanted here", "write keys and values: \(known.joined(separator: ", "))")
        }
        var values: [String: YAMLValue] = [:]
        for (key, value) in mapping {
            guard let name = key.string else { throw fail("a key that is no text", "quote it") }
            let child = YAMLValue(node: value, path: path.isEmpty ? name : path + "." + name, file: file)
            if let feature = later[name] {
                throw child.fail("\(feature) is not there yet", "take the key out")
            }
            guard known.contains(name) else {
                let hint =
                    NearestName.of(name, among: known).map { "did you mean '\($0)'?" }
                    ?? "known keys: " + known.joined(separator: ", ")
                throw child.fail("unknown key '\(name)'", hint)
            }
            guard values.updateValue(child, forKey: name) == nil else {
                throw child.fail("the key '\(name)' stands twice", "keep one")
            }
        }
        return YAMLMembers(owner: self, values: values)
    }

    /// Whether this is the word `none`, which takes a default away.
    var isNone: Bool {
        guard case .scalar(let scalar) = node else { return false }
        return scalar.string == "none"
    }

    func string() throws -> String {
        guard case .scalar(let scalar) = node else { throw fail("one value is wanted here", "write a text or number") }
        return scalar.string
    }

    func number() throws -> Double {
        guard let value = Double(try string()), value.isFinite else {
            throw fail("'\(try string())' is no number", "write one like 0.1 or 3e-5")
        }
        return value
    }

    func positive() throws -> Double {
        let value = try number()
        guard value > 0 else { throw fail("\(try string()) is not above 0", "write a positive number") }
        return value
    }

    func notNegative() throws -> Double {
        let value = try number()
        guard value >= 0 else { throw fail("\(try string()) is below 0", "write 0 or more") }
        return value
    }

    func integer(atLeast least: Int) throws -> Int {
        guard let value = Int(try string()) else {
            throw fail("'\(try string())' is no whole number", "write one of at least \(least)")
        }
        guard value >= least else { throw fail("\(value) is too small", "write at least \(least)") }
        return value
    }

    func boolean() throws -> Bool {
        switch try string() {
        case "true", "yes": return true
        case "false", "no": return false
        default: throw fail("'\(try string())' is neither true nor false", "write true or false")
        }
    }

    func choice(_ known: [String], later: [String] = []) throws -> String {
        let value = try string()
        if later.contains(value) { throw fail("'\(value)' is not there yet", "use \(known.joined(separator: " or "))") }
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

    func strings() throws -> [String] { try list().map { try $0.string() } }

    /// A mapping of texts with free keys.
    func dictionary() throws -> [String: String] {
        guard case .mapping(let mapping) = node else { throw fail("a mapping is wanted here", "write key: value") }
        var out: [String: String] = [:]
        for (key, value) in mapping {
            let child = YAMLValue(node: value, path: path + "." + (key.string ?? "?"), file: file)
            out[key.string ?? ""] = try child.string()
        }
        return out
    }
}

/// The members of a mapping whose keys were checked.
struct YAMLMembers {
    let owner: YAMLValue
    let values: [String: YAMLValue]

    subscript(key: String) -> YAMLValue? { values[key] }

    func required(_ key: String) throws -> YAMLValue {
        guard let value = values[key] else { throw owner.fail("the key '\(key)' is missing", "add it") }
        return value
    }
}
