import ArgumentParser
import Study

struct Generate: ParsableCommand {
    static let configuration = CommandConfiguration(
        "Let models go on with the same beginnings, and measure what they say.",
        examples:
            "driftscope generate --model models/gpt2 --after out/gpt2-gender --prompts beginnings.txt --samples 5 "
            + "--out said.jsonl",
        note: """
            The same draws in every model: what they say differs by the models alone. Beside the model after stands a control: the \
            model before with a random update of the same norm in every tensor.
            """)

    @Option(name: .long, help: "The model before, or the only one.")
    var model: String

    @Option(name: .long, help: "The model after, or the folder of a run.")
    var after: String?

    @Option(name: .long, help: "A text with a beginning a line.")
    var prompts: String

    @Option(name: .long, help: "Continuations of each beginning.")
    var samples = 1

    @Option(name: .customLong("max-tokens"), help: "The most tokens of a continuation.")
    var maximumTokens = 40

    @Option(name: .long, help: "What logits are divided by; 0 takes the most probable token each time.")
    var temperature = 1.0

    @Option(
        name: .customLong("top-p"), help: "Only the most probable tokens with this probability together are drawn from."
    )
    var topP = 1.0

    @Option(name: .long, help: "The seed of all draws.")
    var seed: UInt64 = 1

    @Option(name: .long, help: "The word list whose words are counted, and redacted; built-in is that of the demo.")
    var lexicon = "built-in"

    @Flag(name: .long, help: "Print and write harmful words as they are.")
    var shown = false

    @Option(name: .long, help: "A JSON-lines file to write, a line a continuation.")
    var out: String?

    @OptionGroup var output: OutputOptions

    @OptionGroup var common: CommonOptions

    func run() throws {
        let progress = try common.start()
        var request = ModelGeneration.Request()
        (request.model, request.after, request.prompts, request.samples) = (model, after, prompts, samples)
        request.sampling.maximumTokens = maximumTokens
        (request.sampling.temperature, request.sampling.topP, request.sampling.seed) = (temperature, topP, seed)
        (request.lexicon, request.isShown) = (lexicon, shown)
        (request.out, request.replacing) = (out, output.force)
        let result = try ModelGeneration.run(request, progress: progress)
        try result.print(asJSON: common.json)
    }
}
