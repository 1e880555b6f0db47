import BuiltInStudy
import FileSupport
import Yams

/// Rows whose keys a ``StudyRegistry`` names, and values in more than one form.
extension StudyTable {
    /// The benchmarks' keys under `evaluate`; the value keeps the order of the file.
    var benchmarks: Field<StudyFile.EvaluateSettings> {
        let files = FieldType<[String]>.list(.path())
        let isOnly = registry.benchmarks.count == 1
        return Field(
            keys: registry.benchmarks.map {
                KeyDescription(
                    name: $0.key, summary: $0.summary, takes: files.takes, standard: isOnly ? "required" : "none",
                    schema: files.schema)
            },
            read: { [registry] members, evaluate, folder in
                for (name, value) in members.values where registry.benchmarks.contains(where: { $0.key == name }) {
                    evaluate.benchmarks.append(.init(name: name, files: try files.read(value, folder)))
                }
            },
            write: { evaluate in
                evaluate.benchmarks.compactMap { request in files.write(request.files).map { (request.name, $0) } }
            })
    }

    /// The numbers that an objective takes beside `method` and `weight`, read after `method`.
    var options: Field<StudyFile.Objective> {
        let owned = registry.objectives.flatMap { objective in objective.options.map { (objective.name, $0) } }
        var names: [String] = []
        for (_, option) in owned where !names.contains(option.name) { names.append(option.name) }
        let keys = names.map { name -> KeyDescription in
            let sharing = owned.filter { $0.1.name == name }
            return KeyDescription(
                name: name, summary: sharing.map { "of `\($0.0)`: \($0.1.summary)" }.joined(separator: "; "),
                takes: "number", standard: sharing.map { "`\($0.1.standard)`" }.joined(separator: "; "),
                schema: ["type": "number"])
        }
        return Field(
            keys: keys,
            read: { [registry] members, objective, _ in
                let own = registry.objectives.first { $0.name == objective.method }?.options ?? []
                for name in names where !own.contains(where: { $0.name == name }) {
                    if let value = members[name] {
                        let known = (["method", "weight"] + own.map(\.name)).joined(separator: ", ")
                        throw value.fail("'\(name)' is no option of \(objective.method)", "known keys: \(known)")
                    }
                }
                for option in own {
                    let value = try members[option.name]?.number() ?? option.standard
                    guard option.bounds.contains(value) else {
                        throw (members[option.name] ?? members.owner).fail(
                            "\(option.name) is \(value)",
                            "write a number from \(option.bounds.lowerBound) to \(option.bounds.upperBound)")
                    }
                    objective.options[option.name] = value
                }
            },
            write: { objective in objective.options.sorted { $0.key < $1.key }.map { ($0.key, .plain($0.value)) } })
    }
}

extension FieldType where Value == [StudyFile.Forget.Condition] {
    /// `column: value`, or `column: {reading: value}`.
    static var conditions: FieldType {
        let readings = ["equals", "member", "part"]
        let reading: JSON = .object([
            ("type", "object"), ("additionalProperties", false), ("minProperties", 1),
            ("properties", .object(readings.map { ($0, YAMLValue.scalarSchema) })),
        ])
        return FieldType(
            read: { value, _ in
                try value.entries().flatMap { column, cell -> Value in
                    guard case .mapping = cell.node else {
                        return [.init(column: column, reading: "equals", value: try cell.string())]
                    }
                    return try cell.members(known: readings).values.sorted { $0.name < $1.name }
                        .map { .init(column: column, reading: $0.name, value: try $0.value.string()) }
                }
            },
            write: { conditions in
                let columns = Set(conditions.map(\.column)).sorted().map { column in
                    (
                        column,
                        Node.block(
                            conditions.filter { $0.column == column }.map { ($0.reading, .quoted($0.value)) })
                    )
                }
                return columns.isEmpty ? nil : .block(columns)
            },
            schema: ["type": "object", "additionalProperties": ["anyOf": [YAMLValue.scalarSchema, reading]]],
            takes: "conditions on columns")
    }
}

extension FieldType where Value == StudyFile.Forget.Harmful {
    /// One of three sources.
    static var harmful: FieldType {
        let lexicon = FieldType<String>.path(builtIn: "lexicons/harmful.json")
        let annotations = FieldType<String>.path()
        let sources = ["lexicon", "column", "annotations"]
        return FieldType(
            read: { value, folder in
                let members = try value.members(known: sources)
                guard members.values.count == 1, let (name, source) = members.values.first else {
                    throw value.fail(
                        "\(members.values.count) sources of harmful words",
                        "give one of \(sources.joined(separator: ", "))")
                }
                return switch name {
                case "lexicon": .lexicon(try lexicon.read(source, folder))
                case "column": .column(try source.string())
                default: .annotations(try annotations.read(source, folder))
                }
            },
            write: { source in
                switch source {
                case .lexicon(let path): .block(lexicon.write(path).map { [("lexicon", $0)] } ?? [])
                case .column(let name): .block([("column", .quoted(name))])
                case .annotations(let path): .block([("annotations", .quoted(path))])
                }
            },
            schema: .object([
                ("type", "object"), ("additionalProperties", false), ("minProperties", 1), ("maxProperties", 1),
                ("properties", .object(sources.map { ($0, ["type": "string"]) })),
            ]),
            takes: "{lexicon: FILE}, {column: NAME} or {annotations: FILE}")
    }
}
