import ArgumentParser
import Study

struct Demo: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The built-in study, start to report.",
        discussion: """
            EXAMPLE
              driftscope demo --out out/demo

            A small model whose right answer is known: race shares the gender stereotype's words, religion half of them,
            age none (data/README.md).
            """)

    @Option(name: .long, help: "The run folder.")
    var out = "out/demo"

    @OptionGroup var choices: RunOptions

    @OptionGroup var common: CommonOptions

    func run() throws {
        let progress = common.start()
        let file = try StudyFile.builtIn(overrides: choices.overrides)
        try execute(file, out: out, resume: choices.resume, common: common, progress: progress)
    }
}
