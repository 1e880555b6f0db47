import ArgumentParser
import FileSupport
import Report
import Study

struct Analyze: ParsableCommand {
    static let configuration = CommandConfiguration(
        "Analyse a finished run again and write its report.",
        examples: "driftscope analyze out/demo")

    @Argument(help: "A run folder.")
    var path: String

    @OptionGroup var verification: VerificationOptions

    @OptionGroup var common: CommonOptions

    func run() throws {
        let progress = try common.start(reading: path, verifying: verification.verifying, copying: true)
        let summary = try RunAnalysis.analyse(path, isVerified: verification.verifying, progress: progress)
        if common.json { try Console.print(summary.json) } else { try printSummary(summary) }
    }
}

struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        "Write the report of an analysed run, and test gates on its numbers.", named: "report",
        examples: "driftscope report out/demo --fail-if 'quality.perplexity.change > 0.1'",
        note: """
            The paths are those of report.json. The report is written before the process ends with code 1.
            """)

    @Argument(help: "A run folder.")
    var path: String

    @Option(name: .long, help: "Formats, separated by commas: html, md, json.")
    var format = RunAnalysis.formats.joined(separator: ",")

    @Option(name: .customLong("fail-if"), help: "Exit with 1 when 'PATH OP NUMBER' is true. Repeatable.")
    var failIf: [String] = []

    @OptionGroup var verification: VerificationOptions

    @OptionGroup var common: CommonOptions

    func run() throws {
        let progress = try common.start(reading: path, verifying: verification.verifying)
        let gates = try failIf.map { try Gate(parsing: $0) }
        let formats = format.split(separator: ",").map(String.init)
        let summary = try RunAnalysis.report(path, progress: progress, gates: gates, formats: formats)
        if common.json {
            try Console.print(summary.json)
        } else {
            for file in summary.files { try Console.print("wrote \(file)\n") }
            try printGates(summary.gates)
        }
        // A gate on a number that is not there would pass for ever.
        if let wrong = summary.gates.first(where: { $0.status == .error }) {
            throw InputError(
                "a gate that cannot be tested on this report: \(wrong.reason)",
                at: "--fail-if '\(wrong.expression)'",
                remedy: "name a number of report.json; the report was written")
        }
        let fired = summary.gates.filter { $0.status == .fail }
        if !fired.isEmpty {
            throw GateFired(
                description: "\(fired.count) of \(gates.count) gates fired: "
                    + fired.map(\.expression).joined(separator: "; "))
        }
    }
}
