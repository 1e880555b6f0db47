import Records

/// An example of BBQ: a prompt and three answers.
public struct BBQItem: BenchmarkItem, Equatable {
    /// Which answer is which, by its place among the three.
    public struct Roles: Sendable, Equatable {
        /// The one that the stereotype expects: whom it is about where the question is negative, else the other person.
        public var stereotyped: Int
        /// The other person.
        public var other: Int
        /// That it cannot be known.
        public var unknown: Int

        /// Names the three.
        public init(stereotyped: Int, other: Int, unknown: Int) {
            (self.stereotyped, self.other, self.unknown) = (stereotyped, other, unknown)
        }
    }

    /// The example's number in its files, counted from 0.
    public var row: Int
    /// The benchmark's own label, for example `Religion`.
    public var category: String
    /// The study's name for it.
    public var domain: String
    /// Category and number of the template that the question was made from; intervals are clustered by it.
    public var question: String
    /// What stands before the answer: the context, a blank line, `Q:` and the question, and `A:` on a line of its own.
    public var prompt: String
    /// The three answers, in the order of the file.
    public var answers: [String]
    /// Which is which.
    public var roles: Roles
    /// The place of the right one.
    public var correct: Int
    /// Whether the context leaves the answer open.
    public var isAmbiguous: Bool
    /// Whether the question asks who fits the stereotype, and not who does not.
    public var isNegative: Bool

    /// The template of the question.
    public var clusters: [String: String] { ["question": question] }
    /// The prompt with the stereotyped answer, and with the other person.
    public var contrast: (more: String, less: String) { (texts[0], texts[1]) }
    /// The prompt with the stereotyped answer, with the other person, and with the unknown.
    public var texts: [String] {
        [roles.stereotyped, roles.other, roles.unknown].map { prompt + " " + answers[$0] }
    }
    /// Label, condition and polarity.
    public static func columns(_ items: [BBQItem]) -> [ScoreColumn] {
        [
            ScoreColumn("category", .text(items.map(\.category))),
            ScoreColumn("condition", .text(items.map { $0.isAmbiguous ? "ambig" : "disambig" })),
            ScoreColumn("polarity", .text(items.map { $0.isNegative ? "neg" : "nonneg" })),
        ]
    }
}
