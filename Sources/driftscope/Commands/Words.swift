import ArgumentParser
import Study

struct Words: ParsableCommand {
    static let configuration = CommandConfiguration(
        "Tell how well two selections of harmful words agree on a table.",
        examples: "driftscope words --forget hateful.csv --harmful lexicon=built-in --against column=rationale",
        note: "A selection is KIND=VALUE, as forget.harmful of a study file has them (docs/study-file.md).")

    @Option(name: .long, help: "The table of texts.")
    var forget: String

    @Option(name: .long, help: "The column with the text.")
    var text = "text"

    @Option(name: .long, help: "The column with row ids, for annotations; the record's number when not given.")
    var id: String?

    @Option(name: .customLong("where"), help: "Rows that are looked at: COLUMN=VALUE. Repeatable; all must hold.")
    var conditions: [String] = []

    @Option(
        name: .long,
        help: "A selection: lexicon=FILE, column=NAME, annotations=FILE, odds=COLUMN=VALUE or attribution=top=COUNT.")
    var harmful: String

    @Option(name: .long, help: "The selection that it is held against.")
    var against: String

    @Option(name: .long, help: "The model that attribution asks: a folder, a GGUF file or built-in.")
    var model: String?

    @OptionGroup var common: CommonOptions

    func run() throws {
        _ = try common.start()
        try WordAgreement.run(
            forget: forget, text: text, id: id, conditions: conditions, harmful: harmful, against: against,
            model: model
        ).print(asJSON: common.json)
    }
}
