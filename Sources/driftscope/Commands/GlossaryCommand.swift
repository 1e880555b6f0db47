import ArgumentParser
import Report

struct GlossaryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        "Print what the terms of a report mean (Markdown).", named: "glossary",
        examples: "driftscope glossary > docs/glossary.md")

    @OptionGroup var common: CommonOptions

    func run() throws { print(Glossary.page, terminator: "") }
}
