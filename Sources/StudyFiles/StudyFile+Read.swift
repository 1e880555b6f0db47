import FileSupport
import Foundation
import Records
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
        let folder = self.folder(of: path)
        return try parse(text, file: path, folder: folder, overrides: overrides, registry: registry, use: use)
    }

    /// Where the relative paths of a study file begin.
    static func folder(of path: String) -> String {
        AtomicFile.folder(of: URL(fileURLWithPath: path).standardizedFileURL.path)
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
        return try read(Self.path(named: path), overrides, registry, .unlearning)
    }

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
        try StudyTree(text, file: file, folder: folder, overrides: overrides, registry: registry, use: use).study()
    }

    /// Every domain that a forget set names is one of the study's, every set is about a target, and every target has one.
    func checkDomains(_ members: YAMLMembers) throws {
        for (key, sets) in [("forget", forget), ("why", why.matrix)] {
            for name in sets.flatMap({ [$0.domain] + $0.excludeDomains }) where !domains.all.contains(name) {
                throw try members.required(key).fail(
                    "the domain '\(name)' is not among the study's domains", "add it to domains, or correct the name")
            }
        }
        for set in forget where !domains.targets.contains(set.domain) {
            let isOne = domains.targets.count == 1
            throw try members.required("forget").fail(
                (isOne ? "the" : "a")
                    + " forget set is about '\(set.domain)', the \(isOne ? "target is" : "targets are") "
                    + domains.targets.map { "'\($0)'" }.inWords(),
                isOne ? "make them the same" : "add it to domains.target, or leave the set out")
        }
        for target in domains.targets where !forget.contains(where: { $0.domain == target }) {
            throw try members.required("forget").fail(
                "no forget set is about the target '\(target)'", "give one, or take it out of domains.target")
        }
    }

    /// Every score that the guard has a budget for is taken.
    func checkGuard(_ members: YAMLMembers) throws {
        guard let rule = guardRule else { return }
        let benchmarks = evaluate.benchmarks.map(\.name)
        for (limit, name, key) in [(rule.lms, "lms", "stereoset"), (rule.hateCheck, "hatecheck", "hatecheck")]
        where limit != nil && !benchmarks.contains(key) {
            throw try members.required("guard").fail(
                "guard.\(name) without evaluate.\(key)", "name its files there, or leave the budget out")
        }
        for name in rule.custom.keys.sorted() where !evaluate.custom.contains(where: { $0.name == name }) {
            throw try members.required("guard").fail(
                "guard.custom has a budget for '\(name)', which evaluate.custom does not have",
                "add the command, or correct the name")
        }
    }
}
