/// The terms of a report, defined once: the report's definitions and docs/glossary.md are printed from
/// `Templates/glossary.md`.
package enum Glossary {
    /// A term, or several that belong together, with what it means.
    package struct Entry: Sendable {
        package let term: String
        package let meaning: String
    }

    /// Terms of one subject.
    package struct Group: Sendable {
        package let title: String
        package let entries: [Entry]
    }

    /// docs/glossary.md: a heading a subject, a paragraph `**term**: meaning` a term.
    package static let page = String(decoding: PackageResources.glossary_md, as: UTF8.self)

    /// All terms, in the order in which a report meets them.
    package static let groups = page.split(separator: "\n## ").dropFirst().map { part in
        let lines = part.split(separator: "\n")
        return Group(
            title: String(lines[0]),
            entries: lines.dropFirst().map { line in
                let parts = line.trimmingPrefix("**").split(separator: "**: ", maxSplits: 1).map(String.init)
                return Entry(term: parts[0], meaning: parts[1])
            })
    }
}
