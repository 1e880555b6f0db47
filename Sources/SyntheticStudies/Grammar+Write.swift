import FileSupport
import Foundation

extension Grammar {
    /// Every file that follows from the grammar: its name and its text. The same grammar gives the same bytes.
    ///
    /// - Throws: ``InputError`` when the grammar has no more sentences for one.
    package func files() throws -> [(name: String, text: String)] {
        let texts = try texts()
        var out = [
            ("text.txt", Self.lines(texts.text)), ("retain.txt", Self.lines(texts.retain)),
            ("guard.txt", Self.lines(texts.guardText)), ("perplexity.txt", Self.lines(texts.perplexity)),
            ("pairs.csv", Self.table(texts.pairs)), ("forget.csv", Self.table(texts.forget, prefix: "f")),
            ("placebo.csv", Self.table(texts.placebo, prefix: "p")),
            ("harmful.json", harmfulWords().pretty), ("placebo-words.json", placeboWords().pretty),
        ]
        if let loaded = loadedRetain { out.append(("retain-\(loaded.domain).txt", Self.lines(texts.loadedRetain))) }
        out += domains.map { ("concepts/\($0.name).json", lexicon($0).pretty) }
        out.append(("concepts/control-things.json", controlLexicon().pretty))
        return out
    }

    /// Writes ``files()`` into a folder, which is made when it is not there.
    ///
    /// - Returns: their names.
    /// - Throws: what ``files()`` throws; ``UnfinishedError`` when the disk refuses.
    @discardableResult package func write(to folder: String) throws -> [String] {
        let files = try files()
        try AtomicFile.makeFolder(folder + "/concepts")
        for file in files { try AtomicFile.write(file.text, to: folder + "/" + file.name) }
        return files.map(\.name)
    }

    private static func lines(_ sentences: [String]) -> String {
        sentences.isEmpty ? "" : sentences.joined(separator: "\n") + "\n"
    }

    private static func table(_ rows: [PairRow]) -> String {
        // The first column has no name, as in CrowS-Pairs.
        var writer = CSVWriter(header: [
            "", "sent_more", "sent_less", "stereo_antistereo", "bias_type", "attribute", "template",
        ])
        for (index, row) in rows.enumerated() {
            writer.append([
                String(index), row.more, row.less, row.isFirstGroup ? "stereo" : "antistereo", row.domain,
                row.attribute, "\(row.domain)-\(row.frame)",
            ])
        }
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private static func table(_ rows: [ForgetRow], prefix: String) -> String {
        var writer = CSVWriter(header: ["id", "text", "label", "type", "target"])
        for (index, row) in rows.enumerated() {
            writer.append([prefix + String(index + 1), row.text, row.label, row.type, row.target])
        }
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private func harmfulWords() -> JSON {
        words(
            name: "\(name)-harmful", note: "Attribute words of the stereotype that the study forgets.",
            groups: domains[0].groups.map { ($0.name, $0.attributes) })
    }

    private func placeboWords() -> JSON {
        var seen: Set<String> = []
        let qualities = topics.flatMap(\.qualities).filter { seen.insert($0).inserted }
        return words(
            name: "\(name)-placebo", note: "What things are like; forgetting it should move no bias.",
            groups: [("qualities", qualities)])
    }

    private func words(name: String, note: String, groups: [(String, [String])]) -> JSON {
        [
            "format": "driftscope-words", "version": 1, "name": .string(name), "note": .string(note),
            "groups": json(groups),
        ]
    }

    /// Named groups of words.
    private func json(_ groups: [(String, [String])]) -> JSON {
        .array(groups.map { ["name": .string($0.0), "words": texts($0.1)] })
    }

    private func texts(_ words: [String]) -> JSON { .array(words.map { .string($0) }) }

    private func lexicon(_ domain: Domain) -> JSON {
        var content: (String, JSON) = ("groups", json(domain.groups.map { ($0.name, $0.words) }))
        if domain.isPaired {
            let pairs = zip(domain.groups[0].words, domain.groups[1].words).map { first, second -> JSON in
                ["words": texts([first, second])]
            }
            content = ("pairs", ["groups": texts(domain.groups.map(\.name)), "items": .array(pairs)])
        }
        return lexicon(
            named: domain.name, role: "concept", note: "Words for the two groups of \(domain.name) in the grammar.",
            content)
    }

    private func controlLexicon() -> JSON {
        lexicon(
            named: "neutral-things", role: "control", note: "Things that neutral sentences speak of, by topic.",
            ("groups", json(topics.map { ($0.name, $0.words) })))
    }

    private func lexicon(named name: String, role: String, note: String, _ content: (String, JSON)) -> JSON {
        .object([
            ("format", "driftscope-lexicon"), ("version", 1), ("domain", .string(name)), ("role", .string(role)),
            ("language", "en"), ("licence", "CC0-1.0"), ("note", .string(note)), content,
        ])
    }
}
