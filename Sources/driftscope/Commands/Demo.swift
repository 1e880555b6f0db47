import ArgumentParser
import Study
import StudyFiles

struct Demo: ParsableCommand {
    static let configuration = CommandConfiguration(
        "A built-in study, start to report.",
        examples: "driftscope demo --out out/demo", "driftscope demo --study latent --out out/latent",
        note: """
            Small models whose right answers are known (data/README.md). Gender is forgotten, and then
              planted   race falls: it shares gender's words; religion falls by half as many; age stays
              apart     nothing else moves: nothing is shared
              latent    race falls, though it shares no word: its groups do what gender's do
              lexical   race and religion rise: each shares other words with gender, and nothing else
              negative  race rises: the retain text teaches it
              placebo   nothing moves: neutral words are forgotten
            """)

    @Option(name: .long, help: "Which study.")
    var study = StudyFile.BuiltIn.planted

    @Option(name: .long, help: "The run folder.")
    var out = "out/demo"

    @OptionGroup var choices: RunOptions

    @OptionGroup var common: CommonOptions

    func run() throws {
        let progress = try common.start(
            reading: choices.resume ? out : nil, verifying: choices.verification.verifying,
            resuming: choices.resume)
        let file = try StudyFile.builtIn(study, overrides: choices.overrides)
        try execute(file, out: out, choices, common: common, progress: progress)
    }
}

extension StudyFile.BuiltIn: ExpressibleByArgument {}
