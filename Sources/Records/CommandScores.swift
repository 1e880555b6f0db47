/// What a command of the study's own says of one model.
public struct CommandScore: Codable, Sendable, Equatable {
    /// The score of one item.
    public struct Item: Codable, Sendable, Equatable {
        /// The item's name, unique.
        public var id: String
        /// Its score.
        public var score: Double

        /// Names a score.
        public init(id: String, score: Double) { (self.id, self.score) = (id, score) }
    }

    /// The model's score.
    public var value: Double
    /// Those of its items; empty where the command printed none.
    public var items: [Item]

    /// Takes a score.
    public init(value: Double, items: [Item] = []) { (self.value, self.items) = (value, items) }
}

/// The scores of the study's own commands under the model before and the model after.
public struct CommandRecord: Codable, Sendable, Equatable {
    /// One command.
    public struct Command: Codable, Sendable, Equatable {
        /// Its name in the study.
        public var name: String
        /// Whether a lower score is the better one.
        public var lowerIsBetter: Bool
        /// Of the model before.
        public var before: CommandScore
        /// Of the model after.
        public var after: CommandScore

        /// Takes both scores.
        public init(name: String, lowerIsBetter: Bool, before: CommandScore, after: CommandScore) {
            (self.name, self.lowerIsBetter) = (name, lowerIsBetter)
            (self.before, self.after) = (before, after)
        }
    }

    /// The commands, in the order of the study.
    public var commands: [Command] = []

    /// Nothing yet.
    public init() {}
}
