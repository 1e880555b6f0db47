import ArgumentParser
import Study
import StudyFiles

struct Forecast: ParsableCommand {
    static let configuration = CommandConfiguration(
        "Say which domains a study's unlearning should move, before anything is changed.",
        examples: "driftscope forecast --study examples/gpt2-gender.yaml --model models/gpt2",
        note: """
            Reads the model, changes nothing and writes nothing. A run writes the same forecast down before its first
            step and holds it against what happened.
            """)

    @Option(name: .long, help: "The study file (YAML); built-in is the study of the demo.")
    var study: String

    @Option(
        name: .long, help: "A Hugging Face folder, a GGUF file or a LoRA adapter's folder, in place of the study's.")
    var model: String?

    @Option(name: .long, help: "Override a value of the study: key.path=value. Repeatable.")
    var set: [String] = []

    @OptionGroup var common: CommonOptions

    func run() throws {
        let progress = try common.start()
        let file = try StudyFile.named(study, overrides: self.set)
        let result = try ModelForecast.run(file, model: model, progress: progress)
        progress.finishLine()
        try result.print(asJSON: common.json)
    }
}
