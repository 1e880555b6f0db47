import FileSupport
import Yams

extension StudyFile {
    /// The study with every default written out, as YAML that ``read(_:overrides:registry:)`` accepts.
    ///
    /// - Parameter hashes: name, size and SHA-256 of each input, appended as comments.
    public func resolved(
        hashes: [(name: String, bytes: Int, sha256: String)] = [], registry: StudyRegistry = .standard
    ) throws -> String {
        try Self.text(StudyTable(registry: registry).study.write(self) ?? .block([]))
            + hashes.map { "# \($0.sha256)  \($0.bytes)  \($0.name.oneLine)\n" }.joined()
    }

    /// The study as a text to edit: every key with its default or its value, and what it means above it.
    ///
    /// - Parameter notes: what to say of a key beside, by its path. A key that has no value, such as a required one that
    ///   is empty, stands as a comment.
    package func commented(notes: [String: String] = [:], registry: StudyRegistry = .standard) throws -> String {
        let table = StudyTable(registry: registry).study
        return try Self.commented(table.children, table.write(self), notes: notes).joined(separator: "\n") + "\n"
    }

    private static func commented(
        _ keys: [KeyDescription], _ node: Node?, notes: [String: String], path: String = ""
    ) throws -> [String] {
        try keys.flatMap { key -> [String] in
            let place = path + key.name
            let value = node?.mapping?[Node(key.name)].flatMap { $0.string == "" ? nil : $0 }
            var lines = ([key.comment] + (notes[place].map { [$0] } ?? [])).flatMap(wrapped).map { "# " + $0 }
            if !key.children.isEmpty {
                // In a section that the study does not have, all is a comment, defaults too.
                let mark = value == nil ? "# " : ""
                lines.append(mark + key.name + ":")
                lines += try commented(key.children, value, notes: notes, path: place + ".").map { mark + "  " + $0 }
            } else if let value {
                lines += try text(.block([(key.name, value)])).split(separator: "\n").map(String.init)
            } else if node == nil, key.standard.hasPrefix("`") {
                lines.append("\(key.name): \(key.standard.trimmingPrefix("`").split(separator: "`")[0])")
            } else {
                lines.append("# \(key.name):")
            }
            return path.isEmpty ? lines + [""] : lines
        }
    }

    /// Words in lines of at most 100 characters.
    private static func wrapped(_ text: String) -> [String] {
        var lines: [String] = []
        for word in text.split(separator: " ") {
            if let last = lines.last, last.count + word.count < 100 {
                lines[lines.count - 1] += " " + word
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }

    private static func text(_ node: Node) throws -> String {
        try Yams.serialize(node: node, indent: 2, width: -1, allowUnicode: true)
    }
}
