import ArgumentParser
import Report
import Study

struct GlossaryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        "Print what the terms of a report mean (Markdown).", named: "glossary",
        examples: "driftscope glossary > docs/glossary.md")

    @OptionGroup var common: CommonOptions

    func run() throws { try Console.print(Glossary.page) }
}
