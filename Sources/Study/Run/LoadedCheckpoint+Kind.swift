import FileSupport
import LanguageModel
import Records

extension LoadedCheckpoint {
    /// Refuses a profile for the other kind of model.
    ///
    /// - Parameter remedy: makes a way out of the names of profiles that fit.
    /// - Throws: ``InputError``.
    func requireFitting(_ profile: ScoringProfile, at place: String, remedy: ([String]) -> String) throws {
        guard model.isMasked == profile.isMasked else {
            let fitting = ScoringProfile.general.filter { $0.isMasked == model.isMasked }
            throw InputError(
                "the profile \(profile) does not score a model that "
                    + (model.isMasked ? "fills in masked tokens" : "predicts the next token"), at: place,
                remedy: remedy(fitting.map(\.name)))
        }
    }

    /// Refuses a masked model whose tokenizer lacks what texts stand between, or what stands for a hidden token.
    ///
    /// - Throws: ``InputError`` that names what is missing.
    func requireFrame(at place: String) throws {
        guard model.isMasked else { return }
        let missing = [
            ("begin", tokenizer.beginToken), ("end", tokenizer.endToken), ("mask", tokenizer.maskToken),
        ].filter { $0.1 == nil }.map(\.0)
        guard missing.isEmpty else {
            throw InputError(
                "\(model.configuration.type.title) needs a begin, an end and a mask token, and its tokenizer has no "
                    + missing.joined(separator: " and no ") + " token", at: place,
                remedy: "copy tokenizer.json and tokenizer_config.json of the model into its folder")
        }
    }
}
