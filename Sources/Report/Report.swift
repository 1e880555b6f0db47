import FileSupport

/// The report of a run in its three formats.
///
/// report.json is made first; HTML and Markdown take every number out of it, so that the three agree digit by digit.
/// Equal input gives equal bytes; the time stamp is part of the input.
public struct Report: Sendable {
    /// report.html: one file, no network, no scripts.
    public let html: String
    /// report.md, as GitHub shows it.
    public let markdown: String
    /// The tree of report.json.
    public let tree: JSON
    /// Outcomes of the gates, in the order given.
    public let gates: [GateResult]
    /// Paths that a section asked for in vain; empty unless this module is wrong.
    package let unknownPaths: [String]

    /// report.json.
    public var json: String { tree.pretty }

    /// Whether a gate fired: the process that asked for it exits with 1 after the report is written.
    public var hasFailed: Bool { gates.contains { $0.status == .fail } }

    /// Makes the report.
    ///
    /// - Throws: an error of the template engine when a template is broken.
    public init(_ input: ReportInput, gates: [Gate] = []) throws {
        let numbers = ReportTree.build(input)
        self.gates = gates.map { $0.evaluate(on: numbers) }
        let results: [JSON] = self.gates.map { gate in
            [
                "expression": .string(gate.expression), "status": .string(gate.status.rawValue),
                "value": .of(gate.value), "reason": .string(gate.reason),
            ]
        }
        tree = numbers.setting("gates", to: .array(results))
        let ledger = Ledger(tree)
        let page = PageBuilder.build(input, ledger, gates: self.gates)
        html = try HTMLRenderer.render(page)
        markdown = MarkdownRenderer.render(page)
        unknownPaths = ledger.unknownPaths
    }

    /// Writes the formats asked for into `folder`: `html`, `md`, `json`.
    ///
    /// - Throws: `InputError` for another format; `UnfinishedError` when the disk refuses.
    public func write(to folder: String, formats: [String] = ["html", "md", "json"]) throws {
        for format in formats {
            switch format {
            case "html": try AtomicFile.write(html, to: folder + "/report.html")
            case "md": try AtomicFile.write(markdown, to: folder + "/report.md")
            case "json": try AtomicFile.write(json, to: folder + "/report.json")
            default:
                throw InputError("unknown report format '\(format)'", at: "--format", remedy: "one of html, md, json")
            }
        }
    }
}
