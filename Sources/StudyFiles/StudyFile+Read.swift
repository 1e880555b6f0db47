import BuiltInStudy
import FileSupport
import Foundation
import Yams

extension StudyFile {
    /// Reads a study file strictly.
    ///
    /// Relative paths are taken from the study file's folder, those of overrides from the current folder. `overrides` are
    /// `key.path=value` texts, applied before anything is decoded.
    ///
    /// - Throws: ``InputError`` with file, line and key.
    public static func read(
        _ path: String, overrides: [String] = [], registry: StudyRegistry = .standard
    ) throws -> StudyFile {
        try read(path, overrides, registry, .run)
    }

    private static func read(
        _ path: String, _ overrides: [String], _ registry: StudyRegistry, _ use: StudyTable.Use
    ) throws -> StudyFile {
        let text = try Input.text(path)
        let folder = AtomicFile.folder(of: URL(fileURLWithPath: path).standardizedFileURL.path)
        return try parse(text, file: path, folder: folder, overrides: overrides, registry: registry, use: use)
    }

    /// Reads what an unlearning alone takes: a study that need not say what is scored.
    ///
    /// - Parameter path: a study file, `built-in` for that of the demo; nil for one that says nothing, of which `overrides` say all.
    /// - Throws: ``InputError`` with file, line and key.
    package static func readUnlearning(
        _ path: String?, overrides: [String], registry: StudyRegistry = .standard
    ) throws -> StudyFile {
        guard let path else {
            // What its domain is called makes no difference where nothing is scored.
            let text = "{domains: {target: forgotten}, forget: {domain: forgotten}}"
            return try parse(
                text, file: "the options", folder: ".", overrides: overrides, registry: registry, use: .unlearning)
        }
        return try read(
            path == "built-in" ? BuiltInStudy.path(BuiltIn.planted.file) : path, overrides, registry, .unlearning)
    }

    /// No key lies deeper.
    private static let deepest = 32

    /// Decodes the text of a study file; `folder` is where its relative paths begin.
    public static func parse(
        _ text: String, file: String, folder: String, overrides: [String] = [], registry: StudyRegistry = .standard
    ) throws -> StudyFile {
        try parse(text, file: file, folder: folder, overrides: overrides, registry: registry, use: .run)
    }

    private static func parse(
        _ text: String, file: String, folder: String, overrides: [String], registry: StudyRegistry,
        use: StudyTable.Use
    ) throws -> StudyFile {
        let table = StudyTable(registry: registry, use: use).study
        let names = FormerNames(table.children)
        var root: Node
        do {
            guard let node = try Yams.compose(yaml: text) else {
                throw InputError("an empty study file", at: file, remedy: "see examples/ for one")
            }
            root = names.current(node)
        } catch let error as YamlError {
            throw InputError("not valid YAML: \(error)".oneLine, at: file, remedy: "correct the line named")
        }
        for text in overrides {
            guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
                throw InputError("'\(text)' is no override", at: "--set", remedy: "write --set optimizer.steps=40")
            }
            let keys = names.current(path: String(text[..<equals])).split(separator: ".").map(String.init)
            guard 1...Self.deepest ~= keys.count else {
                throw InputError(
                    "a path of \(keys.count) keys", at: "--set \(text)", remedy: "write --set optimizer.steps=40")
            }
            do {
                let value = try Yams.compose(yaml: String(text[text.index(after: equals)...])) ?? Node("")
                root = names.current(try setting(root, keys[...], unmarked(value), place: text))
            } catch is YamlError {
                throw InputError("not valid YAML", at: "--set \(text)", remedy: "write --set optimizer.steps=40")
            }
        }
        let value = YAMLValue(node: root, path: "", file: file)
        let study = try table.read(value, folder)
        try study.checkDomains(value.members(known: table.children.map(\.name)))
        return study
    }

    /// Every domain that a forget set names is one of the study's, and what is forgotten is its target.
    private func checkDomains(_ members: YAMLMembers) throws {
        for (key, sets) in [("forget", forget), ("why", why.matrix)] {
            for name in sets.flatMap({ [$0.domain] + $0.excludeDomains }) where !domains.all.contains(name) {
                throw try members.required(key).fail(
                    "the domain '\(name)' is not among the study's domains", "add it to domains, or correct the name")
            }
        }
        guard forget[0].domain == domains.target else {
            throw try members.required("forget").fail(
                "the forget set is about '\(forget[0].domain)', the target is '\(domains.target)'",
                "make them the same")
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
                throw InputError("no entry \(index)", at: "--set \(place)", remedy: "count from 0")
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
