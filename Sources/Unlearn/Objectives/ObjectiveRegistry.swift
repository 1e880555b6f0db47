import FileSupport

/// The ways to forget that are there.
public enum UnlearningObjectives {
    /// All of them; a new one is a line here.
    public static let all: [any UnlearningObjective.Type] = [
        TokenAscent.self, SentenceAscent.self, NegativePreference.self, SimpleNegativePreference.self,
        DirectPreference.self, WeightedAscent.self, SaturationImportanceAscent.self, RepresentationMisdirection.self,
        CounterfactualFineTuning.self, BiasUnlearning.self, PartitionedContrast.self,
    ]
}

/// Objectives by name.
public struct ObjectiveRegistry: Sendable {
    /// ``UnlearningObjectives/all``.
    public static let standard = ObjectiveRegistry(objectives: UnlearningObjectives.all)

    /// The objectives, in the order in which they are listed to users.
    public private(set) var objectives: [any UnlearningObjective.Type]

    /// The same with one more, which no other is named like.
    public func adding(_ objective: any UnlearningObjective.Type) -> ObjectiveRegistry {
        precondition(!names.contains(objective.name), "two objectives named \(objective.name)")
        return ObjectiveRegistry(objectives: objectives + [objective])
    }

    /// The names, in the order of ``objectives``.
    public var names: [String] { objectives.map { $0.name } }

    /// The options of all objectives, each name once.
    public var optionNames: [String] { Set(objectives.flatMap { $0.options.map(\.name) }).sorted() }

    /// The objective of a name, with some options set.
    ///
    /// - Parameters:
    ///   - options: by name; a text is read as a number where one is wanted.
    ///   - place: stands in messages.
    /// - Throws: `InputError` for an unknown name, an unknown option and a value out of bounds.
    public func choice(
        _ name: String, _ options: [String: ObjectiveOption.Value] = [:], at place: String = "objective.method"
    ) throws -> ObjectiveChoice {
        guard let type = objectives.first(where: { $0.name == name }) else {
            throw unknown("method", name, among: names, at: place)
        }
        return try ObjectiveChoice(type, options, at: place)
    }
}

/// An objective with its options set: how a run forgets.
public struct ObjectiveChoice: Sendable, Equatable, Encodable {
    /// Token-selective gradient ascent with its defaults.
    public static let tokenAscent: ObjectiveChoice = {
        let options = ObjectiveOptions(defaultsOf: TokenAscent.self)
        return ObjectiveChoice(objective: TokenAscent(options), name: TokenAscent.name, options: options)
    }()

    /// What carries it out.
    public let objective: any UnlearningObjective
    /// Its name.
    public let name: String
    /// The value of each of its options.
    public let options: ObjectiveOptions

    /// Of one name, with equal options.
    public static func == (a: ObjectiveChoice, b: ObjectiveChoice) -> Bool {
        a.name == b.name && a.options == b.options
    }

    private enum CodingKeys: CodingKey { case name, options }

    /// The name alone where there is nothing to set.
    public func encode(to encoder: any Encoder) throws {
        if options.values.isEmpty {
            var container = encoder.singleValueContainer()
            return try container.encode(name)
        }
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(options, forKey: .options)
    }
}

extension ObjectiveChoice {
    /// Sets some options of an objective, registered or not.
    ///
    /// - Throws: `InputError` for an unknown option and a value out of bounds; `place` stands in it.
    public init(
        _ type: any UnlearningObjective.Type, _ options: [String: ObjectiveOption.Value] = [:],
        at place: String = "objective"
    ) throws {
        let options = try ObjectiveOptions(options, of: type, at: place)
        self.init(objective: try type.init(options), name: type.name, options: options)
    }
}
