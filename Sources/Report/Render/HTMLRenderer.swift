/// Writes a page as one HTML file: no network, no scripts, styles and pictures inside.
enum HTMLRenderer {
    /// The file's text.
    static func render(_ page: Page) -> String {
        let rest = page.headline.dropFirst().joined(separator: " ")
        let why = page.why.map { "<p>\(inline($0))</p>\n" }.joined()
        return """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <title>\(escaped(page.title))</title>
            <style>
            \(String(decoding: PackageResources.report_css, as: UTF8.self))
            </style>
            </head>
            <body>
            <header>
            <p class="eyebrow">\(escaped(page.title))</p>
            <h1>\(escaped(page.headline.first ?? ""))\(rest.isEmpty ? "" : " <span>\(escaped(rest))</span>")</h1>
            \(why.isEmpty ? "" : "<div class=\"why\"><strong>Why</strong>\n\(why)</div>\n")\
            <p class="deck">\(inline(page.deck))</p>
            </header>
            <main>
            <section id="finding" aria-label="Finding">
            \(page.rows.isEmpty ? "" : finding(page.rows))\
            <h2 class="cost">What it cost in quality</h2>
            <ul class="cost">
            \(page.cost.map { "<li>\(inline($0))</li>\n" }.joined())\
            </ul>
            </section>
            <nav aria-label="Contents">
            \(page.sections.map { "<a href=\"#\($0.id)\">\(escaped($0.title))</a>\n" }.joined())\
            </nav>
            \(page.sections.map(section).joined())\
            </main>
            <footer><p>\(inline(page.foot))</p></footer>
            </body>
            </html>

            """
    }

    private static func section(_ section: Section) -> String {
        """
        <section id="\(section.id)">
        <h2>\(escaped(section.title))</h2>
        \(section.blocks.map { block($0) }.joined(separator: "\n"))
        </section>

        """
    }

    /// The table of the first screen.
    private static func finding(_ rows: [HeadlineRow]) -> String {
        let lines = rows.map { row in
            "<tr><th scope=\"row\"><span class=\"d s\(row.index % 6)\">\(escaped(row.domain))</span> "
                + "<small>\(escaped(row.role))</small></th><td><span class=\"verdict \(escaped(row.outcomeKey))\">"
                + "\(escaped(row.outcome))</span>"
                + (row.outcomeNote.isEmpty ? "" : "<br><small>\(escaped(row.outcomeNote))</small>")
                + "</td><td class=\"num\">\(inline([row.before])) → "
                + "\(inline([row.after]))</td><td class=\"num\"><b>\(inline([row.change]))</b> "
                + "<small>\(inline(row.interval))</small></td><td class=\"pic\">\(row.picture)</td>"
                + "<td class=\"num\">\(inline(row.beyondNull))</td></tr>\n"
        }
        return """
            <div class="scroll" tabindex="0" role="region" aria-label="Verdict per domain">
            <table class="finding">
            <thead><tr><th scope="col">Domain</th><th scope="col">Verdict</th>\
            <th scope="col" class="num">Bias before → after</th><th scope="col" class="num">Change [interval]</th>\
            <th scope="col" class="pic"><span class="hidden">Change as a picture</span></th>\
            <th scope="col" class="num">Beyond untargeted updates</th></tr></thead>
            <tbody>
            \(lines.joined())\
            </tbody>
            </table>
            </div>

            """
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
            table.heads[i].isNumeric ? " class=\"num\"" : ""
        }
        var out =
            "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"\(escaped(table.caption))\"><table><caption>"
        out += escaped(table.caption) + "</caption><thead><tr>"
        for (i, head) in table.heads.enumerated() {
            out += "<th scope=\"col\"\(mark(i))>" + escaped(head.title) + "</th>"
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
