import FileSupport

/// The report of a run in its three formats.
///
/// Every number that HTML and Markdown print comes with its path in report.json, so that the three agree digit by digit.
/// Equal input gives equal bytes; the time stamp is part of the input.
package struct Report: Sendable {
    /// report.html: one file, no network, no scripts.
    package let html: String
    /// report.md, as GitHub shows it.
    package let markdown: String
    /// The tree of report.json.
    package let tree: JSON
    /// Outcomes of the gates, in the order given.
    package let gates: [GateResult]

    /// report.json.
    package var json: String { tree.pretty }

    /// Whether a gate fired: the process that asked for it exits with 1 after the report is written.
    package var hasFailed: Bool { gates.contains { $0.status == .fail } }

    package init(_ input: ReportInput, gates: [Gate] = []) {
        let encoder = ReportEncoder()
        var contents = ReportContents(input)
        let numbers = encoder.encode(contents)
        contents.gates = gates.map { $0.evaluate(on: numbers) }
        tree = numbers.setting("gates", to: encoder.encode(contents.gates))
        self.gates = contents.gates
        let page = ReportSections(report: Node(contents, path: "", encoder: encoder)).page()
        html = HTMLRenderer.render(page)
        markdown = MarkdownRenderer.render(page)
    }

    /// Writes the formats asked for into `folder`: `html`, `md`, `json`.
    ///
    /// - Throws: `InputError` for another format; `UnfinishedError` when the disk refuses.
    package func write(to folder: String, formats: [String] = ["html", "md", "json"]) throws {
        let texts = ["html": html, "md": markdown, "json": json]
        for format in formats {
            guard let text = texts[format] else {
                throw InputError("unknown report format '\(format)'", at: "--format", remedy: "one of html, md, json")
            }
            try AtomicFile.write(text, to: folder + "/report." + format)
        }
    }
}
