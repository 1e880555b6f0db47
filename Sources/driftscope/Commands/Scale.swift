import ArgumentParser
import Study

struct Scale: ParsableCommand {
    static let configuration = CommandConfiguration(
        "Write a model between two, or beyond: θ0 + α·Δθ.",
        examples: "driftscope scale --model models/gpt2 --after out/gpt2-gender --strength 0.5 --out models/gpt2-half",
        note: """
            Strength 0 is the model before, 1 the model after, below 0 the way back: a model trained on hateful text at -1 is \
            task-vector negation (Ilharco et al. 2023).
            """)

    @Option(name: .long, help: "The model before.")
    var model: String

    @Option(name: .long, help: "The model after, or the folder of a run.")
    var after: String

    @Option(name: .long, help: "The strength α.")
    var strength: Double

    @Option(name: .long, help: "The model folder to write.")
    var out: String

    @OptionGroup var output: OutputOptions

    @OptionGroup var common: CommonOptions

    func run() throws {
        let progress = try common.start()
        let result = try ModelScaling.run(
            before: model, after: after, strength: strength, out: out, replacing: output.force, progress: progress)
        try result.print(asJSON: common.json)
    }
}
