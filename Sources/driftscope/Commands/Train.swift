import ArgumentParser
import Study

struct Train: ParsableCommand {
    static let configuration = CommandConfiguration(
        "Train a small GPT-2 and its vocabulary from text.",
        examples: "driftscope train --text sentences.txt --out models/small",
        "driftscope train --text sentences.txt --configuration training.json --out models/small")

    @Option(name: .long, help: "Text, a sentence or document a line. Repeatable.")
    var text: [String]

    @Option(name: .long, help: "A JSON file of settings; the defaults when not given.")
    var configuration: String?

    @Option(name: .long, help: "The model folder to write.")
    var out: String

    @Option(name: .long, help: "The seed, in place of the configuration's.")
    var seed: UInt64?

    @OptionGroup var output: OutputOptions

    @OptionGroup var common: CommonOptions

    func run() throws {
        let progress = try common.start()
        let result = try ModelTraining.run(
            texts: text, configuration: configuration, seed: seed, out: out, replacing: output.force, progress: progress
        )
        progress.finishLine()
        try result.print(asJSON: common.json)
    }
}
