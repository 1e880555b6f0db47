import FileSupport
import Yams

/// A key as the reference, the JSON Schema and the comments of a new study describe it.
struct KeyDescription {
    var name: String
    /// One line in plain English, with the unit.
    var summary: String
    /// What it takes, in words.
    var takes: String
    /// Whether a study must have it.
    var isRequired = false
    /// The value where the study gives none, as YAML in one line or in words.
    var standard = ""
    /// Earlier spellings, read as this one.
    var former: [String] = []
    var schema: JSON
    /// The keys below.
    var children: [KeyDescription] = []

    /// What the key means, what it takes and what holds without it.
    var comment: String {
        var facts = children.isEmpty ? [takes] : []
        if !standard.isEmpty { facts.append(standard == "required" ? standard : "default " + standard) }
        return summary + (facts.isEmpty ? "" : " (" + facts.joined(separator: "; ") + ")")
    }

    /// The schema of a mapping with these keys and no other.
    static func schema(_ keys: [KeyDescription]) -> JSON {
        let properties = keys.flatMap { key -> [(String, JSON)] in
            let described = key.schema.setting("description", to: .string(key.summary))
            return [(key.name, described)]
                + key.former.map { ($0, described.setting("deprecated", to: true)) }
        }
        let required = keys.filter(\.isRequired).map { JSON.string($0.name) }
        return .object(
            [("type", "object"), ("properties", .object(properties)), ("additionalProperties", false)]
                + (required.isEmpty ? [] : [("required", .array(required))]))
    }

    /// Every key of a tree with its path, parents first.
    static func paths(_ keys: [KeyDescription], below: String = "") -> [(path: String, key: KeyDescription)] {
        keys.flatMap { [(below + $0.name, $0)] + paths($0.children, below: below + $0.name + ".") }
    }
}

/// A row of the table: a key, how it is read into a value and written from it.
struct Field<Root> {
    /// The keys it knows: one, or those that a registry names.
    let keys: [KeyDescription]
    /// Reads the members of a mapping into the value; `folder` is where relative paths begin.
    let read: (_ members: YAMLMembers, _ root: inout Root, _ folder: String) throws -> Void
    /// The keys to write.
    let write: (Root) -> [(String, Node)]
}

extension Field {
    /// A key that fills one property.
    ///
    /// - Parameters:
    ///   - unset: what holds where neither the study nor the property says anything, in words.
    ///   - former: earlier spellings.
    init<Value>(
        _ name: String, _ property: WritableKeyPath<Root, Value>, _ type: FieldType<Value>, required: Bool = false,
        unset: String = "none", former: [String] = [], _ summary: String
    ) {
        self.init(
            keys: [
                KeyDescription(
                    name: name, summary: summary, takes: type.takes, isRequired: required, standard: unset,
                    former: former, schema: type.schema, children: type.children)
            ],
            read: { members, root, folder in
                if let value = required ? try members.required(name) : members[name] {
                    root[keyPath: property] = try type.read(value, folder)
                }
            },
            write: { root in type.write(root[keyPath: property]).map { [(name, $0)] } ?? [] })
    }

    /// The keys with the defaults that a value has.
    func described(_ start: Root) -> [KeyDescription] {
        let written = Dictionary(write(start)) { first, _ in first }
        return keys.map { key in
            var key = key
            if key.isRequired {
                key.standard = "required"
            } else if key.children.isEmpty, let node = written[key.name] {
                key.standard = "`\(node.flow)`"
            } else if !key.children.isEmpty, written[key.name] != nil {
                key.standard = ""
            }
            return key
        }
    }
}
