import FileSupport
import Yams

/// A study that forgets domain after domain: a run a stage, each of the model that the one before left.
package struct StudyStages: Sendable {
    /// The study of each stage, in order. The targets are the stage's domains and every other domain of the study that is no
    /// control is one of transfer, those forgotten before among them. The model is that of the file: whoever runs a later
    /// stage puts in what the stage before left.
    package let studies: [StudyFile]

    /// The key of the study file.
    static let key = "stages"
    /// What a stage may say beside `forget`.
    static let others = ["retain", "objective", "optimizer", "parameters", "guard", "why"]
    static let most = 20

    /// Reads a study file; nil where it has no stages.
    ///
    /// - Parameters:
    ///   - path: a study file; `built-in` for that of the demo.
    ///   - overrides: as ``StudyFile/read(_:overrides:registry:)`` takes them; a stage's own keys go over them.
    /// - Throws: `InputError` with file, line and key.
    package static func read(
        _ path: String, overrides: [String], registry: StudyRegistry = .standard
    ) throws -> StudyStages? {
        let path = StudyFile.path(named: path)
        return try StudyStages(
            try Input.text(path), file: path, folder: StudyFile.folder(of: path), overrides: overrides,
            registry: registry)
    }

    /// Decodes the text of a study file; nil where it has no stages. `folder` is where its relative paths begin.
    package init?(
        _ text: String, file: String, folder: String, overrides: [String] = [], registry: StudyRegistry = .standard
    ) throws {
        let tree = try StudyTree(
            text, file: file, folder: folder, overrides: overrides, registry: registry, use: .run)
        guard let list = tree.value(Self.key) else { return nil }
        let entries = list.list()
        guard 2...Self.most ~= entries.count else {
            throw list.fail(
                "\(entries.count) stages", "give 2 to \(Self.most); what is forgotten at once stands under forget")
        }
        let plain = tree.without(Self.key)
        studies = try entries.map { entry in
            _ = try entry.members(known: ["forget"] + Self.others).required("forget")
            var tree = plain
            tree.merge(entry.node)
            return try tree.study { $0.domains.aim(at: $0.forget.map(\.domain).uniqued()) }
        }
        var before: Set<String> = []
        for (study, entry) in zip(studies, entries) {
            if let twice = study.domains.targets.first(where: before.contains) {
                throw entry.fail("the domain '\(twice)' is forgotten twice", "give it one stage")
            }
            before.formUnion(study.domains.targets)
        }
    }
}

extension StudyFile.Domains {
    /// Makes some of the domains the targets; those that were become domains of transfer.
    fileprivate mutating func aim(at names: [String]) {
        guard names != targets, names.allSatisfy(all.contains) else { return }
        transfer = (targets + transfer).filter { !names.contains($0) }
        control.removeAll(where: names.contains)
        targets = names
    }
}
