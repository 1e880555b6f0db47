import Mustache

/// Writes a page as one HTML file: no network, no scripts, styles and pictures inside.
enum HTMLRenderer {
    /// The file's text.
    static func render(_ page: Page) throws -> String {
        let template = try MustacheTemplate(string: String(decoding: PackageResources.report_html, as: UTF8.self))
        let rows: [[String: Any]] = page.rows.map { row in
            [
                "domain": row.domain, "ink": "s\(row.index % 6)", "role": row.role, "outcome": row.outcome,
                "outcomeKey": row.outcomeKey, "before": inline([row.before]), "after": inline([row.after]),
                "change": inline([row.change]), "interval": inline(row.interval), "beyondNull": inline(row.beyondNull),
                "picture": row.picture,
            ]
        }
        let sections: [[String: Any]] = page.sections.map { section in
            [
                "id": section.id, "title": section.title,
                "body": section.blocks.map { block($0) }.joined(separator: "\n"),
            ]
        }
        let first = page.headline.first ?? ""
        let context: [String: Any] = [
            "title": page.title, "styles": String(decoding: PackageResources.report_css, as: UTF8.self),
            "headline": first, "rest": page.headline.dropFirst().joined(separator: " "), "deck": inline(page.deck),
            "hasWhy": !page.why.isEmpty, "why": page.why.map { inline($0) },
            "hasRows": !page.rows.isEmpty, "rows": rows, "cost": page.cost.map { inline($0) }, "sections": sections,
            "foot": inline(page.foot),
        ]
        return template.render(context)
    }

    /// A line's pieces, escaped.
    static func inline(_ pieces: [Inline]) -> String {
        pieces.map { piece in
            switch piece {
            case .text(let text): return escaped(text)
            case .strong(let text): return "<strong>" + escaped(text) + "</strong>"
            case .code(let text): return "<code>" + escaped(text) + "</code>"
            case .domain(let text, let index): return "<span class=\"d s\(index % 6)\">" + escaped(text) + "</span>"
            case .number(let number):
                guard number.isComputed else { return "<span class=\"none\">" + escaped(number.text) + "</span>" }
                return "<data value=\"" + escaped(number.path) + "\">" + escaped(number.text) + "</data>"
            }
        }.joined()
    }

    private static func block(_ block: Block) -> String {
        switch block {
        case .paragraph(let line): return "<p>" + inline(line) + "</p>"
        case .heading(let text): return "<h3>" + escaped(text) + "</h3>"
        case .list(let lines): return "<ul>" + lines.map { "<li>" + inline($0) + "</li>" }.joined() + "</ul>"
        case .verbatim(let text): return "<pre>" + escaped(text) + "</pre>"
        case .table(let table): return self.table(table)
        case .pictures(let pictures, let wide):
            let items = pictures.map { picture in
                "<figure>" + picture.svg
                    + (picture.caption.isEmpty ? "" : "<figcaption>" + inline(picture.caption) + "</figcaption>")
                    + "</figure>"
            }
            return "<div class=\"" + (wide ? "wide" : "multiples") + "\">" + items.joined() + "</div>"
        case .details(let summary, let blocks):
            return "<details><summary>" + escaped(summary) + "</summary>"
                + blocks.map { self.block($0) }.joined(separator: "\n") + "</details>"
        }
    }

    private static func table(_ table: Table) -> String {
        func mark(_ i: Int) -> String {
            i < table.columns.count && table.columns[i].isNumeric ? " class=\"num\"" : ""
        }
        var out =
            "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"\(escaped(table.caption))\"><table><caption>"
        out += escaped(table.caption) + "</caption><thead><tr>"
        for (i, column) in table.columns.enumerated() {
            out += "<th scope=\"col\"\(mark(i))>" + escaped(column.title) + "</th>"
        }
        out += "</tr></thead><tbody>\n"
        for row in table.rows {
            out += "<tr>"
            for (i, cell) in row.enumerated() {
                out += i == 0 ? "<th scope=\"row\"\(mark(i))>" : "<td\(mark(i))>"
                out += inline(cell) + (i == 0 ? "</th>" : "</td>")
            }
            out += "</tr>\n"
        }
        return out + "</tbody></table></div>"
    }
}
