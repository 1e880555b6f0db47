import FileSupport
import Yams

/// A study file as YAML has it, overrides applied and keys under their names of today, before it is decoded.
struct StudyTree {
    private(set) var root: Node
    private let file: String
    private let folder: String
    private let table: FieldType<StudyFile>
    private let names: FormerNames

    /// No key lies deeper.
    private static let deepest = 32

    init(
        _ text: String, file: String, folder: String, overrides: [String], registry: StudyRegistry, use: StudyTable.Use
    ) throws {
        (self.file, self.folder) = (file, folder)
        table = StudyTable(registry: registry, use: use).study
        names = FormerNames(table.children)
        do {
            guard let node = try Yams.compose(yaml: text) else {
                throw InputError("an empty study file", at: file, remedy: "see examples/ for one")
            }
            root = names.current(node)
        } catch let error as YamlError {
            throw InputError("not valid YAML: \(error)".oneLine, at: file, remedy: "correct the line named")
        }
        for text in overrides {
            let (key, value) = try Self.parts(of: text, option: "--set", example: "optimizer.steps=40") { $0 }
            try set(key, to: value, place: "--set \(text)")
        }
    }

    /// The value under a key of the root; nil where there is none.
    func value(_ name: String) -> YAMLValue? {
        root.mapping?[Node(name)].map { YAMLValue(node: $0, path: name, file: file) }
    }

    /// Puts the members of a mapping over those of the root, section by section.
    mutating func merge(_ node: Node) { root = names.current(Self.merging(node, over: root)) }

    private static func merging(_ node: Node, over old: Node) -> Node {
        guard case .mapping(let members) = node, case .mapping(var mapping) = old else { return node }
        for (key, value) in members { mapping[key] = mapping[key].map { merging(value, over: $0) } ?? value }
        return .mapping(mapping)
    }

    /// The study that it asks for.
    ///
    /// - Parameter change: what is done to it before its domains are checked.
    /// - Throws: `InputError` with file, line and key.
    func study(_ change: (inout StudyFile) -> Void = { _ in }) throws -> StudyFile {
        let value = YAMLValue(node: root, path: "", file: file)
        var study = try table.read(value, folder)
        change(&study)
        let members = try value.members(known: table.children.map(\.name))
        try study.checkDomains(members)
        try study.checkGuard(members)
        return study
    }

    /// Gives a key of a path another value.
    mutating func set(_ path: String, to value: Node, place: String) throws {
        let keys = names.current(path: path).split(separator: ".").map(String.init)
        guard 1...Self.deepest ~= keys.count else {
            throw InputError("a path of \(keys.count) keys", at: place, remedy: "write one like optimizer.steps")
        }
        root = names.current(try Self.setting(root, keys[...], value, place: place))
    }

    /// The members of a mapping at the root; empty where there is none of that name.
    func members(of name: String) -> [(key: String, value: Node)] {
        root.mapping?[Node(name)]?.mapping?.map { ($0.key.string ?? "", $0.value) } ?? []
    }

    /// Gives a member of a mapping at the root another value, whatever stands in its name.
    mutating func setMember(_ member: String, of name: String, to value: Node) throws {
        root = try Self.setting(root, [name, member], value, place: name)
    }

    /// The tree without a key of the root.
    func without(_ name: String) -> StudyTree {
        var tree = self
        guard case .mapping(var mapping) = root else { return self }
        mapping[Node(name)] = nil
        tree.root = .mapping(mapping)
        return tree
    }

    /// Key path and value of a text `key.path=value`, the value YAML without a line of its own.
    ///
    /// - Parameter yaml: the YAML of the text after the equals sign.
    static func parts(
        of text: String, option: String, example: String, yaml: (String) -> String
    ) throws -> (key: String, value: Node) {
        guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
            throw InputError("'\(text)' is no override", at: option, remedy: "write \(option) \(example)")
        }
        do {
            let value = try Yams.compose(yaml: yaml(String(text[text.index(after: equals)...]))) ?? Node("")
            return (String(text[..<equals]), unmarked(value))
        } catch is YamlError {
            throw InputError("not valid YAML", at: "\(option) \(text)", remedy: "write \(option) \(example)")
        }
    }

    /// A value without its line: the study file's lines would be meant.
    private static func unmarked(_ node: Node) -> Node {
        switch node {
        case .scalar(let scalar): .scalar(Node.Scalar(scalar.string, scalar.tag, scalar.style))
        case .mapping(let mapping):
            .mapping(Node.Mapping(mapping.map { (unmarked($0.key), unmarked($0.value)) }, mapping.tag, mapping.style))
        case .sequence(let sequence):
            .sequence(Node.Sequence(sequence.map(unmarked), sequence.tag, sequence.style))
        case .alias: node
        }
    }

    private static func setting(_ node: Node, _ keys: ArraySlice<String>, _ value: Node, place: String) throws -> Node {
        guard let key = keys.first else { return value }
        if case .sequence(var sequence) = node, let index = Int(key) {
            guard sequence.indices.contains(index) else {
                throw InputError("no entry \(index)", at: place, remedy: "count from 0")
            }
            sequence[index] = try setting(sequence[index], keys.dropFirst(), value, place: place)
            return .sequence(sequence)
        }
        var mapping: Node.Mapping
        if case .mapping(let existing) = node { mapping = existing } else { mapping = Node.Mapping([]) }
        let name = Node(key)
        mapping[name] = try setting(mapping[name] ?? .mapping(Node.Mapping([])), keys.dropFirst(), value, place: place)
        return .mapping(mapping)
    }
}

/// Earlier spellings of keys, so that old studies and the studies of old runs still read.
private struct FormerNames {
    /// The key's name of today, by its path under an earlier one.
    private var names: [String: String] = [:]

    init(_ keys: [KeyDescription]) {
        for (path, key) in KeyDescription.paths(keys) {
            let owner = path.dropLast(key.name.count)
            for former in key.former { names[owner + former] = key.name }
        }
    }

    /// The tree with the names of today.
    func current(_ node: Node, at path: String = "") -> Node {
        // Only where a name may change: aliases can make of a small file a tree that nobody could walk.
        guard case .mapping(let mapping) = node, names.keys.contains(where: { $0.hasPrefix(prefix(path)) }) else {
            return node
        }
        let pairs = mapping.map { key, value -> (Node, Node) in
            guard let name = key.string else { return (key, value) }
            let place = prefix(path) + name
            return (names[place].map { Node($0) } ?? key, current(value, at: place))
        }
        return .mapping(Node.Mapping(pairs, mapping.tag, mapping.style, mapping.mark))
    }

    private func prefix(_ path: String) -> String { path.isEmpty ? "" : path + "." }

    /// A key path with the names of today.
    func current(path: String) -> String {
        guard let name = names[path] else { return path }
        return path.split(separator: ".").dropLast().joined(separator: ".") + "." + name
    }
}
