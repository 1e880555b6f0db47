/// Writes a page as one HTML file: no network, no scripts, styles and pictures inside.
enum HTMLRenderer {
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
            \(page.cost.isEmpty ? "" : cost(page.cost))\
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

    private static func cost(_ lines: [[Inline]]) -> String {
        """
        <h2 class="cost">What it cost in quality</h2>
        <ul class="cost">
        \(lines.map { "<li>\(inline($0))</li>\n" }.joined())\
        </ul>

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

    static func inline(_ pieces: [Inline]) -> String {
        pieces.map { piece in
            switch piece {
            case .text(let text): escaped(text)
            case .strong(let text): "<strong>\(escaped(text))</strong>"
            case .code(let text): "<code>\(escaped(text))</code>"
            case .domain(let text, let index): "<span class=\"d s\(index % 6)\">\(escaped(text))</span>"
            case .link(let text, let path): "<a href=\"\(escaped(path))\">\(escaped(text))</a>"
            case .number(let text, let path, true): "<data value=\"\(escaped(path))\">\(escaped(text))</data>"
            case .number(let text, _, false): "<span class=\"none\">\(escaped(text))</span>"
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
        let caption = escaped(table.caption)
        let marks = table.heads.map { $0.isNumeric ? " class=\"num\"" : "" }
        let heads = zip(table.heads, marks).map { "<th scope=\"col\"\($1)>\(escaped($0.title))</th>" }
        let rows = table.rows.map { row in
            let cells = zip(row, marks).enumerated().map { i, cell in
                i == 0
                    ? "<th scope=\"row\"\(cell.1)>\(inline(cell.0))</th>" : "<td\(cell.1)>\(inline(cell.0))</td>"
            }
            return "<tr>" + cells.joined() + "</tr>\n"
        }
        return
            "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"\(caption)\"><table><caption>\(caption)"
            + "</caption><thead><tr>\(heads.joined())</tr></thead><tbody>\n\(rows.joined())</tbody></table></div>"
    }
}
