import Embeddings
import Evaluate
import FileSupport
import Foundation
import LanguageModel
import Records
import StudyFiles
import Unlearn

/// `driftscope init`: a study for a model and a folder of data, every key explained, to edit and run.
package struct StudyScaffold {
    /// Lines used of a long text, as in the examples: enough to measure, not so many that a run takes days.
    private static let (retainLines, guardLines, perplexityLines) = (2_500, 60, 400)

    private let folder: String
    private let data: DataFolder
    private let checkpoint: LoadedCheckpoint
    private var study = StudyFile()
    /// What stands above a key beside its meaning.
    private var notes: [String: String] = [:]
    private var found: [(String, String)] = []
    private var missing: [(String, String)] = []

    /// Looks at a model and a folder, and writes a study.
    ///
    /// - Parameter replacing: whether a file that is there already is replaced.
    /// - Throws: ``InputError`` when there is a file already, no model, no folder, or nothing of use in it.
    package static func write(model: String, data: String, to out: String, replacing: Bool, progress: ProgressLine)
        throws -> CommandResult
    {
        try Output.requireFree(out, replacing: replacing)
        progress.begin("looking at the model and the data")
        var scaffold = try StudyScaffold(model: model, data: data)
        scaffold.decide()
        let text = try scaffold.text(model: model, data: data)
        try AtomicFile.write(text, to: out)
        progress.finishLine()
        return scaffold.result(out)
    }

    private init(model: String, data: String) throws {
        let folder = URL(fileURLWithPath: data).standardizedFileURL.path
        self.folder = folder
        self.data = try DataFolder(folder)
        guard !self.data.pairs.isEmpty || !self.data.tables.isEmpty else {
            let looked = self.data.others.count + self.data.texts.count
            throw InputError(
                "neither pairs nor labelled texts (\(looked) other tables and texts)", at: data,
                remedy: "put there a CSV with sent_more and sent_less, or one with text and label or target")
        }
        checkpoint = try CheckpointFolder.load(ModelFolder.resolve(model), masked: true)
        try checkpoint.requireFrame(at: model)
        study.model = ModelPath(ModelFolder.resolve(model)) { URL(fileURLWithPath: $0).standardizedFileURL.path }.text
        let configuration = checkpoint.model.configuration
        let size = "\(checkpoint.model.layout.count) parameters, \(configuration.layerCount) layers"
        found.append(("model", "\(checkpoint.family), \(size)"))
    }

    // MARK: What is decided

    private mutating func decide() {
        if checkpoint.model.isMasked {
            study.evaluate.profile = ScoringProfile.pseudoLogLikelihood.name
            // A hidden token costs the whole of its window.
            study.evaluate.perplexityMode = "lines"
            study.why.mediation = false
        }
        var lexicons: [ConceptLexicon] = []
        if let own = data.concepts.first {
            (study.concepts, lexicons) = own
            found.append(("concepts", "\(name(own.path)): \(lexicons.map(\.name).joined(separator: ", "))"))
        } else {
            lexicons = (try? ConceptLexicon.readFolder(study.concepts)) ?? []
        }
        decidePairs(known: Set(lexicons.filter { $0.role == .concept }.map(\.domain)))
        decideForgetSet(lexicons)
        decideTexts()
    }

    private mutating func decidePairs(known: Set<String>) {
        let usable = data.pairs.map { pairs in (pairs.path, pairs.set, pairs.set.domains.filter(known.contains)) }
        guard
            let (path, set, domains) = usable.max(by: {
                ($0.2.count, $0.1.items.count) < ($1.2.count, $1.1.items.count)
            }),
            let target = domains.first(where: study.domains.targets.contains) ?? domains.first
        else {
            study.domains.transfer.removeAll { !known.contains($0) }
            study.domains.control.removeAll { !known.contains($0) }
            fillIn("evaluate.crows-pairs", "no pair file about a domain with a concept lexicon was found")
            return
        }
        let others = StudyFile.Domains()
        study.domains.targets = [target]
        study.domains.transfer = (others.transfer + others.targets).filter { domains.contains($0) && $0 != target }
        study.domains.control = others.control.filter { domains.contains($0) && $0 != target }
        study.evaluate.benchmarks = [.init(name: CrowSPairs.key, files: [path])]
        let counts = domains.map { domain in "\(domain) \(set.items.count { $0.domain == domain })" }
        note("evaluate.crows-pairs", "pairs", "\(name(path)), pairs: \(counts.joined(separator: ", "))")
        found += set.notes.map { ("note", $0) }
        rest("evaluate.crows-pairs", data.pairs.map(\.path).filter { $0 != path })
    }

    private mutating func decideForgetSet(_ lexicons: [ConceptLexicon]) {
        var forget = StudyFile.Forget()
        forget.domain = study.domains.targets[0]
        forget.excludeDomains = study.domains.transfer + study.domains.control
        let context = checkpoint.model.configuration.contextLength
        var best: (set: StudyFile.Forget, summary: ForgetSetSummary)?
        var refusals: [String] = []
        for table in data.tables {
            guard let set = forgetSet(table, forget, &refusals) else { continue }
            // The reader itself says how many sentences there would be to forget.
            let own = data.wordLists.filter { name($0).lowercased().contains("harmful") }
            for lexicon in own.map({ StudyFile.Forget.Harmful.lexicon($0) }) + [forget.harmful] {
                var candidate = set
                candidate.harmful = lexicon
                do {
                    let summary = try UnlearningTexts.reader(of: candidate, lexicons: lexicons)
                        .read(
                            tokenizer: checkpoint.tokenizer, contextLength: context,
                            isMasked: checkpoint.model.isMasked
                        ).summary
                    if summary.sentences > best?.summary.sentences ?? 0 { best = (candidate, summary) }
                } catch {
                    refusals.append("\(name(table.path)): \((error as? InputError)?.what ?? "\(error)")")
                }
            }
        }
        guard let (set, summary) = best else {
            study.forget = [forget]
            let why = Set(refusals).sorted().prefix(3).joined(separator: "; ")
            fillIn("forget.data", "no table with sentences to forget was found" + (why.isEmpty ? "" : ": \(why)"))
            return
        }
        study.forget = [set]
        note(
            "forget.data", "forget",
            "\(name(set.data)), \(summary.rowsRead) rows, \(summary.rowsMatching) about \(set.domain), "
                + "\(summary.sentences) sentences with a harmful word")
        if !set.conditions.contains(where: { $0.reading != "equals" }) {
            notes["forget.where"] =
                "Check: no column says whom a row is about; all are taken to be about \(set.domain.oneLine)."
        }
        rest("forget.data", data.tables.map(\.path).filter { $0 != set.data })
        rest("forget.harmful", data.wordLists.filter { StudyFile.Forget.Harmful.lexicon($0) != set.harmful })
    }

    /// The forget set that a table offers; nil, with the reason noted, when no row of it can be told to be harmful.
    private func forgetSet(
        _ table: LabelledTable, _ forget: StudyFile.Forget, _ refusals: inout [String]
    ) -> StudyFile.Forget? {
        var set = forget
        set.data = table.path
        set.text = table.text
        set.id = table.id
        if let label = table.label {
            guard let value = table.harmfulLabel else {
                refusals.append("\(name(table.path)): no value of \(label) says that a text is harmful")
                return nil
            }
            set.conditions.append(.init(column: label, reading: "equals", value: value))
        }
        if let target = table.target {
            guard let code = table.code(of: forget.domain) else {
                refusals.append("\(name(table.path)): no value of \(target) is known to mean \(forget.domain)")
                return nil
            }
            set.conditions.append(.init(column: target, reading: code.reading, value: code.value))
            set.codes = table.furtherCodes(of: study.domains.all)
        }
        return set
    }

    private mutating func decideTexts() {
        func named(_ words: String...) -> (path: String, lines: Int)? {
            data.texts.first { text in words.contains { name(text.path).lowercased().contains($0) } }
        }
        let (retain, guardText, perplexity) = (named("retain"), named("guard"), named("perplexity", "test"))
        let roles = [retain, guardText, perplexity].compactMap { $0?.path }
        var free = data.texts.filter { !roles.contains($0.path) }
        if let neutral = named("valid", "train", "dev"), let place = free.firstIndex(where: { $0.path == neutral.path })
        {
            free.swapAt(0, place)
        }
        guard let kept = retain ?? free.first else {
            fillIn("retain", "no text of neutral sentences was found; name one under data")
            fillIn("guard", "without a text of its own nothing stops a run that damages the model")
            if let perplexity { usePerplexity(perplexity, from: 1) }
            return
        }
        // One text serves several roles, in parts that share no line.
        var used = min(kept.lines, guardText != nil && perplexity != nil ? .max : kept.lines * 4 / 5, Self.retainLines)
        study.retain = .init(data: kept.path, lines: used < kept.lines ? 1...max(used, 1) : nil)
        note("retain.data", "retain", "\(name(kept.path)), \(kept.lines) lines")
        if let text = guardText {
            let lines = text.lines > Self.guardLines * 10 ? 1...(Self.guardLines * 10) : nil
            study.guardRule = .init(data: text.path, lines: lines)
            note("guard.data", "guard", "\(name(text.path)), \(text.lines) lines")
        } else {
            let end = min(used + max(1, min(kept.lines / 10, Self.guardLines)), kept.lines)
            study.guardRule = .init(data: kept.path, lines: min(used + 1, end)...end)
            used = end
            note("guard.data", "guard", "further lines of \(name(kept.path))")
        }
        let measured = perplexity ?? free.first { $0.path != kept.path }
        usePerplexity(measured ?? kept, from: measured == nil ? min(used + 1, kept.lines) : 1)
        rest("corpus", free.map(\.path).filter { $0 != kept.path && $0 != measured?.path })
    }

    private mutating func usePerplexity(_ text: (path: String, lines: Int), from first: Int) {
        study.evaluate.perplexity = [text.path]
        let last = min(text.lines, first + Self.perplexityLines - 1)
        if first > 1 || last < text.lines { study.evaluate.perplexityLines = first...last }
        note("evaluate.perplexity", "perplexity", "\(name(text.path)), \(text.lines) lines")
    }

    // MARK: What is said

    private func name(_ path: String) -> String {
        path.hasPrefix(folder + "/") ? String(path.dropFirst(folder.count + 1)) : path
    }

    private mutating func note(_ key: String, _ role: String, _ text: String) {
        notes[key] = "Found: \(text.oneLine)."
        found.append((role, text))
    }

    private mutating func fillIn(_ key: String, _ text: String) {
        notes[key] = "Fill in: \(text.oneLine)."
        missing.append((key, text))
    }

    /// Files that could stand at a key too.
    private mutating func rest(_ key: String, _ paths: [String]) {
        guard !paths.isEmpty else { return }
        let names = paths.prefix(5).map(name).joined(separator: ", ") + (paths.count > 5 ? " …" : "")
        notes[key] = (notes[key].map { $0 + " " } ?? "") + "Not used: \(names.oneLine)."
    }

    private func text(model: String, data: String) throws -> String {
        let header = """
            # A study made by driftscope init from \(model.oneLine) and \(data.oneLine).
            # Above each key: what it means, what it takes, what holds where it is left out; docs/study-file.md has them all.


            """
        let text = header + (try study.commented(notes: notes))
        // A study with all that is required must read as it stands.
        if !missing.contains(where: { $0.0 == "forget.data" || $0.0 == "evaluate.crows-pairs" }) {
            _ = try StudyFile.parse(text, file: "the new study", folder: folder)
        }
        return text
    }

    private func result(_ out: String) -> CommandResult {
        let lines =
            found + missing.map { ("missing", "\($0.0): \($0.1)") }
            + data.others.prefix(5).map { ("not used", "\(name($0.path)): \($0.reason)") }
        let next =
            missing.contains { $0.0 == "forget.data" || $0.0 == "evaluate.crows-pairs" }
            ? "fill in what is missing, or give it with --set" : "next: driftscope run \(out)"
        return CommandResult(
            text: TextTable(lines).text + "wrote \(out); \(next)\n",
            json: .object([
                ("file", .string(out)), ("found", .object(found.map { ($0.0, .string($0.1)) })),
                ("missing", .object(missing.map { ($0.0, .string($0.1)) })),
                ("not_used", .object(data.others.map { (name($0.path), .string($0.reason)) })),
            ]))
    }
}
