import ArgumentParser
import Report

struct GlossaryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "glossary",
        abstract: "Print what the terms of a report mean (Markdown).",
        discussion: """
            EXAMPLE
              driftscope glossary > docs/glossary.md
            """)

    @OptionGroup var common: CommonOptions

    func run() throws { print(Glossary.page, terminator: "") }
}
