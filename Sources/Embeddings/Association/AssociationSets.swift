import FileSupport
import Foundation

/// A test of association in the form of WEAT (Caliskan et al. 2017) and SEAT (May et al. 2019): two sets of targets and two of
/// attributes, words or sentences.
///
/// The file is a JSON object as those of github.com/W4ngatang/sent-bias are: `targ1`, `targ2`, `attr1`, `attr2`, each with
/// `category` and `examples`.
public struct AssociationSets: Sendable, Equatable {
    /// Some words or sentences with what they stand for.
    public struct Group: Sendable, Equatable {
        /// What they stand for, such as `MaleNames`.
        public var category: String
        /// The texts, each once.
        public var examples: [String]

        /// Makes a group.
        public init(_ category: String, _ examples: [String]) { (self.category, self.examples) = (category, examples) }
    }

    /// The name, the file's without its ending.
    public var name: String
    /// X and Y.
    public var targets: (first: Group, second: Group)
    /// A and B.
    public var attributes: (first: Group, second: Group)
    /// What a user should know of how the file was read, a line each.
    public var notes: [String] = []

    /// Makes a test.
    public init(name: String, targets: (first: Group, second: Group), attributes: (first: Group, second: Group)) {
        (self.name, self.targets, self.attributes) = (name, targets, attributes)
    }

    /// All texts of the test, each once.
    public var texts: [String] { groups.flatMap(\.examples).uniqued() }

    /// Whether some texts are sentences, which cannot stand in another sentence as a word can.
    public var holdsSentences: Bool { texts.contains { $0.last.map { ".!?".contains($0) } ?? false } }

    private var groups: [Group] { [targets.first, targets.second, attributes.first, attributes.second] }

    /// Whether all names and texts agree.
    public static func == (a: AssociationSets, b: AssociationSets) -> Bool {
        a.name == b.name && a.groups == b.groups && a.notes == b.notes
    }

    /// Reads a file.
    ///
    /// - Throws: ``InputError`` naming the file and the key: an unknown key, fewer than two targets in a set, no attribute, an
    ///   empty text, a text in both sets of targets or of attributes.
    public static func read(_ path: String) throws -> AssociationSets {
        let root = try JSONCursor.read(path)
        let keys = ["targ1", "targ2", "attr1", "attr2"]
        try root.onlyKeys(Set(keys))
        var repeats = 0
        let groups = try keys.map { key in
            let entry = try root.member(key)
            try entry.onlyKeys(["category", "examples"])
            let category = try entry.member("category")
            if let fault = NameCheck.fault(try category.string()) {
                throw category.error(fault, remedy: "give it a short name of plain characters")
            }
            let list = try entry.member("examples")
            let all = try list.elements().map { cursor in
                let text = try cursor.string()
                guard text.contains(where: { !$0.isWhitespace }) else {
                    throw cursor.error("an empty text", remedy: "delete it")
                }
                return text
            }
            let examples = all.uniqued()
            repeats += all.count - examples.count
            let least = key.hasPrefix("targ") ? 2 : 1
            guard examples.count >= least else {
                throw list.error("\(examples.count) texts", remedy: "give at least \(least)")
            }
            return Group(try category.string(), examples)
        }
        for (a, b) in [(0, 1), (2, 3)] {
            if let both = groups[a].examples.first(where: Set(groups[b].examples).contains) {
                throw InputError(
                    "`\(both.oneLine)` stands in \(keys[a]) and in \(keys[b])", at: path, remedy: "delete one of them")
            }
        }
        var sets = AssociationSets(
            name: ((path as NSString).lastPathComponent as NSString).deletingPathExtension.oneLine,
            targets: (groups[0], groups[1]), attributes: (groups[2], groups[3]))
        if repeats > 0 { sets.notes.append("texts that stand twice in a set, counted once: \(repeats)") }
        return sets
    }
}
