import BuiltInStudy
import Evaluate
import FileSupport
import Unlearn
import Yams

/// Rows whose keys a ``StudyRegistry`` names, and values in more than one form.
extension StudyTable {
    /// The stages of a study that forgets domain after domain; ``StudyStages`` takes them apart.
    var stages: Field<StudyFile> {
        Field(
            keys: [
                KeyDescription(
                    name: StudyStages.key,
                    summary: "what is forgotten domain after domain: each stage has `forget`, and whatever else of "
                        + StudyStages.others.map { "`\($0)`" }.joined(separator: ", ")
                        + " differs from the study",
                    takes: "a list of at most \(StudyStages.most) stages", standard: "none",
                    schema: ["type": "array", "items": ["type": "object"], "maxItems": .integer(StudyStages.most)])
            ],
            read: { members, _, _ in
                if let stages = members[StudyStages.key] {
                    throw stages.fail("the study forgets in stages", "driftscope run makes one after the other")
                }
            },
            write: { _ in [] })
    }

    /// The benchmarks' keys under `evaluate`; the value keeps the order of the file.
    var benchmarks: Field<StudyFile.EvaluateSettings> {
        let files = FieldType<[String]>.list(.path())
        let kinds = registry.benchmarks.kinds
        return Field(
            keys: kinds.map {
                KeyDescription(
                    name: $0.key, summary: $0.summary, takes: files.takes,
                    standard: kinds.count == 1 ? "required" : "one required", schema: files.schema)
            },
            read: { members, evaluate, folder in
                for (name, value) in members.values where kinds.contains(where: { $0.key == name }) {
                    evaluate.benchmarks.append(.init(name: name, files: try files.read(value, folder)))
                }
            },
            write: { evaluate in
                evaluate.benchmarks.compactMap { request in files.write(request.files).map { (request.name, $0) } }
            })
    }

    /// What an objective takes beside `method` and `weight`, read after `method`.
    var options: Field<StudyFile.Objective> {
        let names = registry.objectives.optionNames
        let keys = names.map { name -> KeyDescription in
            // Methods whose option means the same, together.
            var sharing: [(methods: [String], option: ObjectiveOption)] = []
            for type in registry.objectives.objectives {
                guard let option = type.options.first(where: { $0.name == name }) else { continue }
                if let same = sharing.firstIndex(where: { $0.option == option }) {
                    sharing[same].methods.append(type.name)
                } else {
                    sharing.append(([type.name], option))
                }
            }
            func each(_ text: (ObjectiveOption) -> String) -> String {
                sharing.map { methods, option in
                    "of " + methods.map { "`\($0)`" }.joined(separator: ", ") + ": " + text(option)
                }.joined(separator: "; ")
            }
            func fact(_ text: (ObjectiveOption) -> String) -> String {
                sharing.count == 1 ? text(sharing[0].option) : each(text)
            }
            return KeyDescription(
                name: name, summary: each(\.summary), takes: fact(\.bounds.description),
                standard: fact { "`\($0.initial)`" }, schema: YAMLValue.scalarSchema)
        }
        return Field(
            keys: keys,
            read: { [registry] members, objective, _ in
                let given = names.compactMap { name in members[name].map { (name, $0) } }
                do {
                    let values = try given.map { ($0.0, ObjectiveOption.Value.text(try $0.1.string())) }
                    objective.options = try registry.objectives.choice(
                        objective.method, Dictionary(values) { first, _ in first }
                    ).options.values
                } catch let error as InputError {
                    throw (given.first?.1 ?? members.owner).fail(error.what, error.remedy)
                }
            },
            write: { objective in
                objective.options.sorted { $0.key < $1.key }.map { ($0.key, .option($0.value)) }
            })
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
                        Node.block(conditions.filter { $0.column == column }.map { ($0.reading, .quoted($0.value)) })
                    )
                }
                return columns.isEmpty ? nil : .block(columns)
            },
            schema: ["type": "object", "additionalProperties": ["anyOf": [YAMLValue.scalarSchema, reading]]],
            takes: "conditions on columns")
    }
}

extension FieldType where Value == StudyFile.Forget.Harmful {
    /// One of the ways to say which words are harmful.
    static var harmful: FieldType {
        let sources = HarmfulWordSelections.all
        let builtIn = FieldType<String>.path(builtIn: "lexicons/harmful.json")
        func type(_ name: String) -> FieldType<String> {
            if [LexiconSelection.name, PlaceboSelection.name].contains(name) { return builtIn }
            return sources.first { $0.name == name }?.argument == .file ? .path() : .text
        }
        return FieldType(
            read: { value, folder in
                let members = try value.members(known: HarmfulWordSelections.names)
                guard members.values.count == 1, let (name, source) = members.values.first else {
                    throw value.fail(
                        "\(members.values.count) sources of harmful words",
                        "give one of \(HarmfulWordSelections.names.joined(separator: ", "))")
                }
                return StudyFile.Forget.Harmful(selection: name, value: try type(name).read(source, folder))
            },
            write: { source in
                .block(type(source.selection).write(source.value).map { [(source.selection, $0)] } ?? [])
            },
            schema: .object([
                ("type", "object"), ("additionalProperties", false), ("minProperties", 1), ("maxProperties", 1),
                ("properties", .object(sources.map { ($0.name, ["type": "string"]) })),
            ]),
            takes: sources.map { "{\($0.name): \($0.argument.rawValue)}" }
                .joined(separator: " or "))
    }
}
