import ArgumentParser
import Study

struct Snapshot: ParsableCommand {
    static let configuration = CommandConfiguration(
        "Put a model's embeddings into a run.h5 under a label.",
        examples: "driftscope snapshot --model models/gpt2 --into out/mine --label before")

    @Option(
        name: .long,
        help: "A Hugging Face folder, a GGUF file or a LoRA adapter's folder; built-in is the small model in data/.")
    var model: String

    @Option(name: .long, help: "A folder with (or for) a run.h5.")
    var into: String

    @Option(name: .long, help: "The snapshot's label.")
    var label = "before"

    @Option(name: .long, help: "Steps taken; the snapshot's number. The next free one when not given.")
    var step: Int?

    @OptionGroup var common: CommonOptions

    func validate() throws {
        if let step, !(0...10_000_000 ~= step) {
            throw ValidationError("--step \(step) is out of range: write 0 to 10000000")
        }
    }

    func run() throws {
        let progress = try common.start(reading: into)
        let line = try ModelSnapshot.write(model: model, into: into, label: label, step: step, progress: progress)
        progress.finishLine()
        try Console.print(line + "\n")
    }
}
