import BuiltInStudy

extension StudyFile {
    /// The studies that come with driftscope. Their right answers are known: each is made from a grammar of our own.
    public enum BuiltIn: String, CaseIterable, Sendable {
        /// Race shares the words of gender's stereotypes, religion half of them, age none.
        case planted
        /// The model of ``planted``, with neutral words forgotten in the place of harmful ones: nothing moves.
        case placebo
        /// Nothing is shared: nothing but gender moves.
        case apart
        /// No word is shared, but gender and race share a latent: race moves.
        case latent
        /// Race and religion each share half of gender's words, across its groups: words carry what changes.
        case lexical
        /// The model of ``apart``, with a retain text that teaches race stereotypes: race moves away from 0.
        case negative

        /// The study file, relative to the folder of all of them.
        var file: String {
            switch self {
            case .planted: "planted/study.yaml"
            case .placebo: "planted/placebo.yaml"
            case .apart: "apart/study.yaml"
            case .latent: "latent/study.yaml"
            case .lexical: "lexical/study.yaml"
            case .negative: "apart/negative.yaml"
            }
        }
    }

    /// The file of a name: a path, or `built-in` for the study that `driftscope demo` runs.
    static func path(named name: String) -> String {
        name == "built-in" ? BuiltInStudy.path(BuiltIn.planted.file) : name
    }

    /// A study that comes with driftscope, as `driftscope demo` runs it.
    ///
    /// - Parameters:
    ///   - study: which one.
    ///   - overrides: `key.path=value` texts; relative paths are taken from the current folder.
    /// - Throws: ``InputError`` for a wrong override.
    public static func builtIn(_ study: BuiltIn = .planted, overrides: [String] = []) throws -> StudyFile {
        try read(BuiltInStudy.path(study.file), overrides: overrides)
    }
}
