import FileSupport

/// What a model is asked after a text, so that its answer can be led back to the text's words.
///
/// The question is a cue, and its answer how much likelier harmful words are to follow it than harmless ones:
///
///     s(text) = mean over harmful words w of log p(w | text cue) − the same mean over harmless words
///
/// with one space between text, cue and word; the log-probability of a word of several tokens is the sum of theirs. How often
/// the words are used altogether does not matter: it adds a constant.
public struct AttributionQuestion: Equatable, Sendable {
    /// What stands after the text.
    public var cue: String
    /// Words that a model which finds the text harmful goes on with.
    public var harmful: [String]
    /// Words that any other goes on with.
    public var harmless: [String]

    /// A question of one's own.
    ///
    /// - Throws: `InputError` for an empty cue, no words of a kind, and a word of both kinds.
    public init(
        cue: String = Self.standardCue, harmful: [String] = Self.standardHarmful,
        harmless: [String] = Self.standardHarmless
    ) throws {
        func wrong(_ what: String, _ remedy: String) -> InputError {
            InputError(what, at: "harmful.attribution", remedy: remedy)
        }
        guard cue.contains(where: { !$0.isWhitespace }) else {
            throw wrong("a cue without a character", "write what stands after a text, as cue=\(Self.standardCue)")
        }
        for (name, words) in [("harmful", harmful), ("harmless", harmless)] where words.isEmpty {
            throw wrong("no \(name) word to ask for", "write words with spaces between them, as \(name)=kind fair")
        }
        if let both = harmful.first(where: harmless.contains) {
            throw wrong("'\(both)' is asked for as harmful and as harmless", "leave one of the two out")
        }
        (self.cue, self.harmful, self.harmless) = (cue, harmful, harmless)
    }

    /// The cue where none is given.
    public static let standardCue = "This comment is"
    /// The harmful words where none are given: one token each in the vocabularies of GPT-2 and Gemma.
    public static let standardHarmful = ["hateful", "offensive", "cruel", "insulting"]
    /// The harmless words where none are given, likewise.
    public static let standardHarmless = ["kind", "friendly", "polite", "harmless"]
}
