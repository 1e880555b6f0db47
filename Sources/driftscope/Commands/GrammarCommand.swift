import ArgumentParser
import Study

struct GrammarCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        "Write the texts of a planted grammar: the built-in study, whose right answer is known.", named: "grammar",
        examples: "driftscope grammar --out out/planted")

    @Option(name: .long, help: "A grammar (JSON); the built-in study's when not given.")
    var grammar: String?

    @Option(name: .long, help: "The folder to write.")
    var out: String

    @OptionGroup var output: OutputOptions

    @OptionGroup var common: CommonOptions

    func run() throws {
        _ = try common.start()
        try Console.print(GrammarTexts.write(grammar: grammar, out: out, replacing: output.force) + "\n")
    }
}
