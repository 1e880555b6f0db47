import ArgumentParser
import Study

struct Evaluate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Score a model: CrowS-Pairs and perplexity.",
        discussion: """
            EXAMPLE
              driftscope evaluate --model models/gpt2 --crows-pairs crows_pairs_anonymized.csv --text wiki.txt
            """)

    @Option(name: .long, help: "A Hugging Face folder or a GGUF file; built-in is the small model in data/.")
    var model: String

    @Option(name: .customLong("crows-pairs"), help: "Pairs in CrowS-Pairs columns (CSV). Repeatable.")
    var crowsPairs: [String] = []

    @Option(name: .long, help: "Text for perplexity. Repeatable.")
    var text: [String] = []

    @Option(name: .long, help: "Conventions: driftscope or bias-bench; pseudo-log-likelihood for BERT and RoBERTa.")
    var profile = "driftscope"

    @Flag(name: .long, help: "Perplexity of each line by itself instead of running text.")
    var lines = false

    @Option(name: .customLong("per-item"), help: "Write a row per pair to this CSV.")
    var perItem: String?

    @Option(name: .customLong("per-token"), help: "Write the log-probability of every token to this JSON-lines file.")
    var perToken: String?

    @OptionGroup var common: CommonOptions

    func run() throws {
        let progress = common.start()
        let result = try ModelEvaluation.run(
            model: model, crowsPairs: crowsPairs, texts: text, profile: profile, byLine: lines, perItem: perItem,
            perToken: perToken, progress: progress)
        progress.finishLine()
        print(common.json ? result.json.pretty : result.text, terminator: "")
    }
}
