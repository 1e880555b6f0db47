import LanguageModel

/// The tokens of a forget sentence that an objective is about.
public enum TokenScope: String, CaseIterable, Sendable {
    /// The harmful ones.
    case harmful
    /// All that the model can be asked for.
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
    func positions(in sentence: ForgetSentence, of model: ModelConfiguration) -> [Int] {
        switch self {
        case .harmful: sentence.harmfulPositions
        case .all: Array(model.askedPositions(of: sentence.tokens))
        }
    }
}
