import FileSupport

/// The report of a run in its three formats.
///
/// Every number that HTML and Markdown print comes with its path in report.json, so that the three agree digit by digit.
/// Equal input gives equal bytes; the time stamp is part of the input.
package struct Report: Sendable {
    private let rendered: RenderedReport
    /// Outcomes of the gates, in the order given.
    package let gates: [GateResult]

    /// report.html: one file, no network, no scripts.
    package var html: String { rendered.html }
    /// report.md, as GitHub shows it.
    package var markdown: String { rendered.markdown }
    /// The tree of report.json.
    package var tree: JSON { rendered.tree }
    /// report.json.
    package var json: String { tree.pretty }

    /// Whether a gate fired: the process that asked for it exits with 1 after the report is written.
    package var hasFailed: Bool { gates.contains { $0.status == .fail } }

    package init(_ input: ReportInput, gates asked: [Gate] = []) {
        let encoder = ReportEncoder()
        var contents = ReportContents(input)
        let numbers = encoder.encode(contents)
        contents.gates = asked.map { $0.evaluate(on: numbers) }
        let tree = numbers.setting("gates", to: encoder.encode(contents.gates))
        gates = contents.gates
        rendered = RenderedReport(
            ReportSections(report: Node(contents, path: "", encoder: encoder)).page(), tree: tree)
    }

    /// Writes the formats asked for into `folder`: `html`, `md`, `json`.
    ///
    /// - Throws: `InputError` for another format; `UnfinishedError` when the disk refuses.
    package func write(to folder: String, formats: [String] = ["html", "md", "json"]) throws {
        try rendered.write("report", to: folder, formats: formats)
    }
}
