import ArgumentParser
import Study

struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        "What is in a run, a model folder or a file, in a screenful.",
        examples: "driftscope inspect out/demo --verify")

    @Argument(help: "A run folder, run.h5, model folder, pairs or forget file.")
    var path: String

    @Flag(name: .long, help: "Recompute the hashes in a run.h5 and the chain of its audit log.")
    var verify = false

    @OptionGroup var common: CommonOptions

    func run() throws {
        _ = try common.start()
        let result = try Inspection.of(path, verify: verify)
        print(common.json ? result.json.pretty : result.text, terminator: "")
    }
}
