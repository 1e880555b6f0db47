/// The tokens of a forget sentence that an objective is about.
public enum TokenScope: String, CaseIterable, Sendable {
    /// The harmful ones.
    case harmful
    /// All but the first, which nothing predicts.
    case all

    /// The option that chooses between them.
    static let option = ObjectiveOption(
        "tokens", "the tokens of a sentence that it is about", initial: "harmful", .choice(allCases.map(\.rawValue)))

    /// The scope that the option names.
    init(_ options: ObjectiveOptions) {
        let name = options.choice(Self.option.name)
        guard let scope = TokenScope(rawValue: name) else { preconditionFailure("no tokens '\(name)'") }
        self = scope
    }

    /// The positions of the tokens in a sentence, ascending.
    public func positions(in sentence: ForgetSentence) -> [Int] {
        switch self {
        case .harmful: sentence.harmfulPositions
        case .all: Array(1..<max(1, sentence.tokens.count))
        }
    }

    /// The sentence with these tokens to predict.
    func sequence(_ sentence: ForgetSentence) -> ScoredSequence {
        ScoredSequence(tokens: sentence.tokens, positions: positions(in: sentence))
    }
}
