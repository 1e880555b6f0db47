import ArgumentParser
import Study

struct Pack: ParsableCommand {
    static let configuration = CommandConfiguration(
        "Make one file of a run whose numbers lie in the folder parts beside it.",
        examples: "driftscope pack out/mine", "driftscope pack out/mine --out mine.h5",
        note: """
            Such are runs that snapshot began and runs that have not ended. Without --out the file takes the place of
            run.h5, and the parts are removed.
            """)

    @Argument(help: "A run folder or run.h5.")
    var path: String

    @Option(name: .long, help: "A new file; the run stays as it is.")
    var out: String?

    @OptionGroup var output: OutputOptions

    @OptionGroup var verification: VerificationOptions

    @OptionGroup var common: CommonOptions

    func run() throws {
        _ = try common.start(reading: path, verifying: verification.verifying, copying: true)
        try Console.print(RunPacking.pack(path, to: out, replacing: output.force) + "\n")
    }
}
