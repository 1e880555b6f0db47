import Embeddings
import Evaluate
import FileSupport
import Foundation
import Unlearn

/// What lies in a folder of data, recognised by columns, format and ending.
struct DataFolder {
    /// Pair files in CrowS-Pairs columns.
    var pairs: [(path: String, set: CrowSPairs)] = []
    /// Tables of texts with a label or a target: what a forget set may come from.
    var tables: [LabelledTable] = []
    /// Plain texts with their lines.
    var texts: [(path: String, lines: Int)] = []
    /// Word lists (JSON).
    var wordLists: [String] = []
    /// Folders of concept lexicons.
    var concepts: [(path: String, lexicons: [ConceptLexicon])] = []
    /// What none of these is, and why.
    var others: [(path: String, reason: String)] = []

    /// What bias types of CrowS-Pairs are called in a study, however a file spells them.
    static let labels = Dictionary(DomainExclusion.dghsLabels.values.map { ($0, $0) }) { first, _ in first }
        .merging(["race-color": "race"]) { $1 }
    /// How deep folders are looked into.
    private static let depth = 4

    /// - Throws: ``InputError`` where there is no such folder.
    init(_ folder: String) throws {
        try Input.requireFolder(folder, remedy: "name the folder of your pair files, tables and texts with --data")
        try look(into: folder, depth: 0)
    }

    private mutating func look(into folder: String, depth: Int) throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        // The folder of a model holds no data.
        guard depth < Self.depth, !names.contains("config.json") else { return }
        if names.contains(where: { $0.hasSuffix(".json") }), let lexicons = try? ConceptLexicon.readFolder(folder),
            lexicons.contains(where: { $0.role == .concept })
        {
            return concepts.append((folder, lexicons))
        }
        for name in names where !name.hasPrefix(".") {
            let path = folder + "/" + name
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { continue }
            if isFolder.boolValue { try look(into: path, depth: depth + 1) } else { look(at: path) }
        }
    }

    private mutating func look(at path: String) {
        do {
            switch (path as NSString).pathExtension.lowercased() {
            case "csv", "tsv", "tab", "jsonl", "ndjson": try table(path)
            case "txt": try text(path)
            case "json":
                // Only a word list is of use; every other JSON file is passed over.
                if (try? WordLexicon.read(path)) != nil { wordLists.append(path) }
            default: break
            }
        } catch {
            others.append((path, (error as? InputError)?.what ?? error.localizedDescription))
        }
    }

    private mutating func table(_ path: String) throws {
        let table = try ForgetTable.read(path).table
        if table.header.contains("sent_more"), table.header.contains("sent_less") {
            guard !table.header.contains("score") else {
                return others.append((path, "pairs with scores already in them: results, no benchmark"))
            }
            return pairs.append((path, try CrowSPairs.read(path, labels: Self.labels)))
        }
        guard let labelled = LabelledTable(path, table) else {
            return others.append((path, "a table with neither pairs nor a column of texts beside a label or target"))
        }
        tables.append(labelled)
    }

    private mutating func text(_ path: String) throws {
        let text = try Input.text(path)
        let sentences = SentenceFile.sentences(of: text).prefix(200)
        let words = sentences.reduce(0) { $0 + $1.split(separator: " ").count }
        // A list of words or merges is no text.
        guard sentences.count >= 20, words >= 3 * sentences.count else {
            return others.append((path, "no text of sentences"))
        }
        let lines = SentenceFile.lines(nil, of: text)
        texts.append((path, lines.last?.isEmpty == true ? lines.count - 1 : lines.count))
    }
}

/// A table of texts whose columns say which rows are harmful and whom they are about.
struct LabelledTable {
    let path: String
    let table: CSVTable
    let text: String
    /// A column whose cells name each row once.
    let id: String?
    let label: String?
    let target: String?

    private static let texts = ["text", "sentence", "test_case", "comment", "post", "tweet", "content"]
    private static let targets = ["target", "targets", "target_ident"]
    /// Labels that say that a text is harmful, as published data sets write them.
    private static let harmful = ["hate", "hateful", "sexist", "toxic", "offensive", "abusive", "harmful", "1", "true"]
    /// Codes of domains beside those of Dynamically Generated Hate Speech.
    private static let codes = [
        "gen": "gender", "gender": "gender", "women": "gender", "woman": "gender", "female": "gender", "men": "gender",
        "race": "race", "faith": "religion", "religion": "religion", "age": "age",
    ]

    /// Nil where the table has no column of texts, or neither label nor target.
    init?(_ path: String, _ table: CSVTable) {
        let header = table.header
        guard let text = Self.texts.first(where: header.contains) else { return nil }
        self.path = path
        self.table = table
        self.text = text
        label = header.first { $0 == "label" } ?? header.first { $0.hasPrefix("label") }
        target = Self.targets.first(where: header.contains)
        guard label != nil || target != nil else { return nil }
        id = header.indices.first { column in
            let name = header[column]
            guard name == "id" || name.hasSuffix("_id") || name.hasSuffix(".id") else { return false }
            let cells = table.records.map { $0.fields[column] }
            return !cells.contains("") && Set(cells).count == cells.count
        }.map { header[$0] }
    }

    /// The value of the label column that marks a harmful text; nil when there is no such column or value.
    var harmfulLabel: String? {
        let found = Set(cells(label).map(LabelSpellings.key))
        return Self.harmful.first(where: found.contains)
    }

    /// The code of a domain in the target column, and how its cells are to be read; nil when none is known.
    func code(of domain: String) -> (value: String, reading: String)? {
        var counts: [String: Int] = [:]
        for part in parts where domains[part] == domain { counts[part, default: 0] += 1 }
        guard let code = counts.max(by: { ($0.value, $1.key) < ($1.value, $0.key) })?.key else { return nil }
        return (code, names.contains { $0 != code && ListCell.parts($0).contains(code) } ? "part" : "member")
    }

    /// The codes that a study has to be told, of some domains.
    func furtherCodes(of wanted: [String]) -> [String: String] {
        let found = Set(parts)
        let codes = found.compactMap { part in Self.codes[part].map { (part, $0) } }
        return Dictionary(codes) { first, _ in first }.filter {
            DomainExclusion.dghsLabels[$0.key] == nil && wanted.contains($0.value)
        }
    }

    private var domains: [String: String] { Self.codes.merging(DomainExclusion.dghsLabels) { $1 } }
    /// As ``LabelSpellings/key(_:)`` gives them.
    private var names: [String] { cells(target).flatMap(ListCell.names).map(LabelSpellings.key) }
    private var parts: [String] { names.flatMap { Set(ListCell.parts($0) + [$0]) } }

    private func cells(_ name: String?) -> [String] {
        guard let name, let column = table.header.firstIndex(of: name) else { return [] }
        return table.records.map { $0.fields[column] }
    }
}
