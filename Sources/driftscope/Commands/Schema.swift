import ArgumentParser
import Study
import StudyFiles

struct Schema: ParsableCommand {
    static let configuration = CommandConfiguration(
        "Print a JSON Schema of the study file, for editors that complete and check YAML.",
        examples: "driftscope schema > driftscope-study.json",
        note: """
            Write '# yaml-language-server: $schema=driftscope-study.json' as the first line of a study.
            """)

    @Flag(name: .long, help: "Print the reference of all keys in docs/study-file.md (Markdown) instead.")
    var markdown = false

    @OptionGroup var common: CommonOptions

    func run() throws {
        try markdown ? Console.print(StudyFile.reference()) : Console.print(StudyFile.schema())
    }
}
