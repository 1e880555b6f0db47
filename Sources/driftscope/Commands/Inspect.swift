import ArgumentParser
import Study

struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        "What is in a run, a model or a file, in a screenful.",
        examples: "driftscope inspect out/demo --verify")

    @Argument(help: "A run folder, run.h5, model folder, GGUF, pairs or forget file.")
    var path: String?

    @Flag(name: .long, help: "This machine: processor, threads, memory and the libraries that multiply.")
    var machine = false

    @Flag(name: .long, help: "Recompute the hashes in a run.h5 and the chain of its audit log.")
    var verify = false

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard (path == nil) == machine else { throw ValidationError("name a path, or ask for --machine") }
    }

    func run() throws {
        _ = try common.start(reading: path, verifying: verify)
        let result = try path.map { try Inspection.of($0, isVerified: verify) } ?? Inspection.machine()
        try result.print(asJSON: common.json)
    }
}
