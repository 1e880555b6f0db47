import FileSupport

extension StudyFile {
    /// A JSON Schema (draft 2020-12) of the study file, for editors that complete and check YAML.
    public static func schema(registry: StudyRegistry = .standard) -> JSON {
        JSON.object(
            [
                ("$schema", "https://json-schema.org/draft/2020-12/schema"), ("title", "driftscope study"),
                ("description", "What a run of driftscope unlearns, scores and explains."),
            ] + members(StudyTable(registry: registry).study.schema))
    }

    /// The reference of all keys, a Markdown table; docs/study-file.md holds it.
    public static func reference(registry: StudyRegistry = .standard) -> String {
        let rows = KeyDescription.paths(StudyTable(registry: registry).study.children).map { path, key in
            let former = key.former.map { " (formerly `\($0)`)" }.joined()
            return "| `\(path)`\(former) | \(key.takes) | \(key.standard) | \(key.summary) |\n"
        }
        return "| key | takes | default | meaning |\n|---|---|---|---|\n" + rows.joined()
    }

    private static func members(_ schema: JSON) -> [(String, JSON)] {
        guard case .object(let members) = schema else { return [] }
        return members
    }
}
