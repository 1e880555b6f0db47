import FileSupport

/// A page in the formats that a report is written in, and the tree of numbers that all of them print.
package struct RenderedReport: Sendable {
    /// HTML: one file, no network, no scripts.
    package let html: String
    /// Markdown, as GitHub shows it.
    package let markdown: String
    /// The tree of the JSON file.
    package let tree: JSON

    init(_ page: Page, tree: JSON) {
        html = HTMLRenderer.render(page)
        markdown = MarkdownRenderer.render(page)
        self.tree = tree
    }

    /// Writes the formats asked for into `folder`, `html`, `md`, `json`, each as `NAME.FORMAT`.
    ///
    /// - Throws: `InputError` for another format; `UnfinishedError` when the disk refuses.
    package func write(_ name: String, to folder: String, formats: [String] = ["html", "md", "json"]) throws {
        let texts = ["html": html, "md": markdown, "json": tree.pretty]
        for format in formats {
            guard let text = texts[format] else {
                throw InputError("unknown report format '\(format)'", at: "--format", remedy: "one of html, md, json")
            }
            try AtomicFile.write(text, to: folder + "/\(name)." + format)
        }
    }
}
