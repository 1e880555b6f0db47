import ArgumentParser
import Embeddings
import Study

struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
        "Write a snapshot's embeddings for other programs.",
        examples: "driftscope export out/demo --snapshot after --format word2vec --out after.txt",
        "driftscope export out/demo --format tensorboard --delta --out projector/")

    @Argument(help: "A run folder or run.h5.")
    var path: String

    @Option(name: .long, help: "The snapshot, by label or step.")
    var snapshot = "after"

    @Option(name: .long, help: "The format.")
    var format: ExportFormat

    @Option(name: .long, help: "Where to write; a folder for tensorboard.")
    var out: String

    @Option(name: .long, help: "A file of words, one a line; every token when not given.")
    var words: String?

    @Flag(name: .long, help: "The movement from the snapshot before to this one.")
    var delta = false

    @OptionGroup var output: OutputOptions

    @OptionGroup var verification: VerificationOptions

    @OptionGroup var common: CommonOptions

    func run() throws {
        _ = try common.start(reading: path, verifying: verification.verifying)
        try Console.print(
            RunExport.write(
                path, snapshot: snapshot, format: format, to: out, words: words, delta: delta, replacing: output.force)
                + "\n")
    }
}

extension ExportFormat: NamedArgument {
    static var choices: [ExportFormat] { all }
}
