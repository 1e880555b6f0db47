import FileSupport
import LinearAlgebra

/// A kind of file that somebody may give us, and what reads it.
///
/// A new reader is a value like those beside this file and a line in ``all``.
struct Reader: Sendable {
    /// The name of the kind, a folder's too.
    let kind: String
    /// The files of a seed that are changed, by the ends of their names; one of them for each mutant.
    let targets: [String]
    /// How a run.h5 is changed; nil for what ``Mutation/changed(_:name:)`` does.
    var runChange: (@Sendable (inout RunMutant) throws -> String)?
    /// Whether the program has a child read it first, in the words of ``Study/RunTrial``: the path below the seed.
    var trial: String?
    /// Makes some folders of whole files in the folder given.
    let makeSeeds: @Sendable (_ seeds: Seeds, _ folder: String) throws -> Void
    /// Reads a mutant, and works a little with what came of it.
    ///
    /// It may throw `InputError` and `UnfinishedError`.
    let read: @Sendable (Mutant) throws -> Void

    /// All of them.
    static let all: [Reader] =
        [runBytes, runFields, runParts, unlearnState, audit]
        + [config, tokenizer, safetensors, gguf, adapter, pickle]
        + [
            study, override, pairs, stereoSet, forgetSet, annotations, lexicon, text, training, grammar, dataFolder,
            table,
        ]
        + [
            association, winoBias, winogender, hateCheck, redditBias, bbq, holisticBias, blimp, itemFaults, lastWords,
        ]
        + [exportWords, gate]
}

/// One changed seed on the disk.
struct Mutant {
    /// Its folder.
    let folder: String
    /// The file that was changed, below ``folder``.
    let file: String
    let seeds: Seeds
    /// Decides what is done with it, where that differs.
    let number: Int

    /// The name of the seed that it was made from.
    var seed: String { AtomicFile.name(of: folder) }
    var path: String { folder + "/" + file }
}
