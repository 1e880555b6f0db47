import FileSupport
import Records

/// Writes a page as Markdown that GitHub shows: headings, tables, lists; no raw HTML.
enum MarkdownRenderer {
    static func render(_ page: Page) -> String {
        let why = page.why.map { inline($0) }.joined(separator: " ")
        var out = [
            "# " + plain(page.title), "**" + plain(page.headline.joined(separator: " ")) + "**",
            why.isEmpty ? "" : "Why: " + why, inline(page.deck), page.rows.isEmpty ? "" : headlineTable(page.rows),
            page.cost.map { "- " + inline($0) }.joined(separator: "\n"),
        ]
        for section in page.sections {
            out.append("## " + plain(section.title))
            let blocks = section.blocks.flatMap { block($0, level: 3) }
            out += blocks.isEmpty ? ["*A picture in report.html.*"] : blocks
        }
        out += ["---", inline(page.foot)]
        return out.filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n"
    }

    private static func headlineTable(_ rows: [HeadlineRow]) -> String {
        table(
            Table(
                "", rows,
                [
                    .words("Domain") { [.strong($0.domain), .text(" (\($0.role))")] },
                    .words("Verdict") { [.text($0.outcome + ($0.outcomeNote.isEmpty ? "" : ": " + $0.outcomeNote))] },
                    .numbers("Bias before") { [$0.before] }, .numbers("after") { [$0.after] },
                    .numbers("Change") { [$0.change] }, .numbers("Interval", \.interval),
                    .numbers("Beyond untargeted updates", \.beyondNull),
                ]))
    }

    private static func block(_ block: Block, level: Int) -> [String] {
        switch block {
        case .paragraph(let line): return [inline(line)]
        case .heading(let text): return [String(repeating: "#", count: level) + " " + plain(text)]
        case .list(let lines): return [lines.map { "- " + inline($0) }.joined(separator: "\n")]
        case .verbatim(let text): return [fenced(text)]
        case .table(let table):
            return [(table.caption.isEmpty ? "" : "*" + plain(table.caption) + "*"), self.table(table)]
        // A picture's numbers stand in the table beside it.
        case .pictures: return []
        case .details(let summary, let blocks):
            let inside = blocks.flatMap { self.block(cut($0), level: 5) }
            guard !inside.isEmpty else { return [] }
            return ["#### " + plain(summary)] + inside
                + (blocks.contains(where: isLong) ? ["*The other rows are in report.html and report.json.*"] : [])
        }
    }

    /// What is folded in the page has no fold here, so long tables are cut.
    static let rowsShown = 20

    private static func isLong(_ block: Block) -> Bool {
        if case .table(let table) = block { return table.rows.count > rowsShown }
        return false
    }

    private static func cut(_ block: Block) -> Block {
        guard case .table(var table) = block, isLong(block) else { return block }
        table.rows = Array(table.rows.prefix(rowsShown))
        return .table(table)
    }

    private static func table(_ table: Table) -> String {
        var lines = ["| " + table.heads.map { plain($0.title) }.joined(separator: " | ") + " |"]
        lines.append("|" + table.heads.map { $0.isNumeric ? "---:|" : "---|" }.joined())
        for row in table.rows { lines.append("| " + row.map { inline($0) }.joined(separator: " | ") + " |") }
        return lines.joined(separator: "\n")
    }

    /// A line's pieces, with Markdown's own signs made harmless.
    static func inline(_ pieces: [Inline]) -> String {
        pieces.map { piece in
            switch piece {
            case .text(let text), .domain(let text, _), .number(let text, _, _): return plain(text)
            case .strong(let text):
                // Emphasis must touch its text: spaces at the ends go outside.
                guard let first = text.firstIndex(where: { $0 != " " }), let last = text.lastIndex(where: { $0 != " " })
                else { return text }
                return text[..<first] + "**" + plain(String(text[first...last])) + "**"
                    + text[text.index(after: last)...]
            case .code(let text): return code(text)
            case .link(let text, let path): return "[\(plain(text))](\(path))"
            }
        }.joined()
    }

    private static func code(_ text: String) -> String {
        if text.isEmpty { return "" }
        let body = visible(text).map { $0 == "|" ? "\\|" : String($0) }.joined()
        // The fence must be longer than any run of backticks inside.
        let fence = String(repeating: "`", count: longestRun(body) + 1)
        let pad = body.hasPrefix("`") || body.hasSuffix("`") ? " " : ""
        return fence + pad + body + pad + fence
    }

    private static func fenced(_ text: String) -> String {
        let fence = String(repeating: "`", count: max(3, longestRun(text) + 1))
        let text = text.visibleLines
        return fence + "\n" + text + (text.hasSuffix("\n") ? "" : "\n") + fence
    }

    private static func longestRun(_ text: String) -> Int {
        text.split { $0 != "`" }.map(\.count).max() ?? 0
    }

    /// Text in which nothing is taken for markup.
    static func plain(_ text: String) -> String {
        visible(text).map { "\\`*_{}[]<>#|~!&$".contains($0) ? "\\\($0)" : String($0) }.joined()
    }

    private static func visible(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { $0.isControl ? " " : $0 }))
    }
}
