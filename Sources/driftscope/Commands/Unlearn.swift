import ArgumentParser
import Study
import StudyFiles

struct UnlearnCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        "Unlearn alone: a checkpoint and a forget set in, a checkpoint out.", named: "unlearn",
        examples:
            "driftscope unlearn --model models/gpt2 --forget hateful.csv --retain neutral.txt --guard wiki.txt "
            + "--out models/gpt2-less",
        "driftscope unlearn examples/gpt2-gender.yaml --set optimizer.steps=50 --out models/gpt2-less",
        note: """
            All keys of a study file but those of scores and analysis count (docs/study-file.md). Nothing is scored: `driftscope run` \
            shows what else moved, and goes on after a stop.
            """)

    @Argument(
        help:
            "A study file (YAML), which need not say what is scored; built-in is that of the demo; none when the options say all."
    )
    var study: String?

    @Option(name: .long, help: "The model before: short for --set model=MODEL.")
    var model: String?

    @Option(name: .long, help: "The table of texts to forget: short for --set forget.data=FILE.")
    var forget: String?

    @Option(name: .long, help: "Neutral text to keep: short for --set retain.data=FILE.")
    var retain: String?

    @Option(
        name: .customLong("guard"), help: "Text on which the guard stops the steps: short for --set guard.data=FILE.")
    var guardText: String?

    @Option(name: .long, help: "Override a value of the study: key.path=value. Repeatable.")
    var set: [String] = []

    @Option(name: .long, help: "The seed, in place of the study's.")
    var seed: Int?

    @Option(name: .long, help: "The strength α at which the update is written: θ0 + α·Δθ.")
    var strength = 1.0

    @Option(name: .long, help: "The model folder to write.")
    var out: String

    @OptionGroup var output: OutputOptions

    @OptionGroup var common: CommonOptions

    func run() throws {
        let progress = try common.start()
        let files = [
            ("model", model), ("forget.data", forget), ("retain.data", retain), ("guard.data", guardText),
        ]
        // As YAML has a text, whatever is in it.
        let short = files.compactMap { key, path in
            path.map { key + "='" + $0.replacing("'", with: "''") + "'" }
        }
        let overrides = short + self.set + (seed.map { ["seeds=[\($0)]"] } ?? [])
        let study = try StudyFile.readUnlearning(study, overrides: overrides)
        let result = try ModelUnlearning.run(
            study, strength: strength, out: out, replacing: output.force, progress: progress)
        try result.print(asJSON: common.json)
    }
}
