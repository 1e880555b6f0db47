import ArgumentParser
import Study

struct Init: ParsableCommand {
    static let configuration = CommandConfiguration(
        "Write a study for a model and a folder of data, every key explained.",
        examples: "driftscope init --model models/gpt2 --data data --out study.yaml",
        "driftscope run study.yaml --out out/first",
        note: """
            Recognised by their columns and endings: pairs (sent_more, sent_less), tables of texts with a label or a
            target, plain texts, word lists. What was not found stands in the study as a comment.
            """)

    @Option(
        name: .long,
        help: "A Hugging Face folder, a GGUF file or a LoRA adapter's folder; built-in is the small model in data/.")
    var model: String

    @Option(name: .long, help: "A folder of pair files, tables and texts.")
    var data: String

    @Option(name: .long, help: "The study file to write.")
    var out = "study.yaml"

    @OptionGroup var output: OutputOptions

    @OptionGroup var common: CommonOptions

    func run() throws {
        let progress = try common.start()
        let result = try StudyScaffold.write(
            model: model, data: data, to: out, replacing: output.force, progress: progress)
        try result.print(asJSON: common.json)
    }
}
