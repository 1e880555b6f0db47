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

    @Option(name: .long, help: "Override a value of the study: key.path=value. Repeatable.")
    var set: [String] = []

    @Option(name: .long, help: "The seed, in place of the study's.")
    var seed: Int?

    @Flag(name: .long, help: "Go on with an interrupted run.")
    var resume = false

    @OptionGroup var common: CommonOptions

    func run() throws {
        let progress = common.start()
        let overrides = set + (seed.map { ["seeds=[\($0)]"] } ?? [])
        let file = try StudyFile.builtIn(overrides: overrides)
        try execute(file, out: out, resume: resume, common: common, progress: progress)
    }
}
