import Embeddings
import Evaluate
import FileSupport
import LanguageModel
import Records
import StudyFiles
import Unlearn

/// A forget set as it was read.
struct ReadForgetSet {
    /// What the study asks for.
    let request: StudyFile.Forget
    var set: ForgetSet
    /// Its file.
    let table: ForgetTable
    /// How it was read.
    let reader: ForgetSetReader
    /// The sentences of its pairs.
    var pairTexts: [String] = []
}

/// Reads the texts of an unlearning for a model: what is forgotten, what is kept, what the guard watches.
struct UnlearningTexts {
    private let study: StudyFile
    private let tokenizer: any Tokenizer
    /// The most tokens that the model takes.
    private let contextLength: Int
    /// Whether it fills in masked tokens.
    private let isMasked: Bool
    /// The model before, for selections of harmful words that look at it.
    private let model: SelectionModel
    /// The words by which rows name domains.
    private let lexicons: [ConceptLexicon]

    init(_ study: StudyFile, _ checkpoint: LoadedCheckpoint, model: SelectionModel, lexicons: [ConceptLexicon]) {
        (self.study, tokenizer) = (study, checkpoint.tokenizer)
        let sizes = checkpoint.model.configuration
        (contextLength, isMasked) = (sizes.contextLength, sizes.isMasked)
        (self.model, self.lexicons) = (model, lexicons)
    }

    /// Reads the sets that are forgotten at once.
    ///
    /// - Parameter files: the files that were read are appended.
    func forgetSets(_ files: inout [InputFile]) throws -> [ReadForgetSet] {
        try study.forget.map { set in try forgetSet(set, study.role(of: set), &files) }
    }

    /// Reads a forget set.
    ///
    /// - Parameters:
    ///   - role: what its file is to the study.
    ///   - files: the files that were read are appended.
    func forgetSet(_ set: StudyFile.Forget, _ role: String, _ files: inout [InputFile]) throws -> ReadForgetSet {
        let reader = try Self.reader(of: set, lexicons: lexicons)
        let table = try ForgetTable.read(set.data)
        var found = try reader.read(
            table, tokenizer: tokenizer, contextLength: contextLength, isMasked: isMasked, model: model)
        files.append(
            InputFile(role: role, path: set.data, bytes: found.summary.bytes, sha256: found.summary.sha256))
        if try set.harmful.isFile {
            files.append(try InputFile(role: "harmful words", reading: set.harmful.value))
        }
        if let swap = set.swap {
            let made = try counterfactuals(swap, of: found, role, &files)
            found.pairs = made.pairs
            found.pairsAreCounterfactual = true
            found.readingNotes += made.notes
            return ReadForgetSet(request: set, set: found, table: table, reader: reader, pairTexts: made.texts)
        }
        guard let path = set.pairs else { return ReadForgetSet(request: set, set: found, table: table, reader: reader) }
        let read = try study.forgetPairs(
            path, about: set.domain, tokenizer: tokenizer, isMasked: isMasked, maximum: contextLength)
        found.pairs = read.pairs
        files.append(try InputFile(role: role + " pairs", reading: path))
        return ReadForgetSet(request: set, set: found, table: table, reader: reader, pairTexts: read.texts)
    }

    /// The sentences of a text that hold a word to swap, each with its counterfactual; cut at the context's length.
    ///
    /// - Throws: ``InputError`` for what is wrong in a file, and where no sentence holds such a word.
    private func counterfactuals(
        _ swap: StudyFile.Forget.Swap, of set: ForgetSet, _ role: String, _ files: inout [InputFile]
    ) throws -> (pairs: [SentencePair], texts: [String], notes: [String]) {
        let words = try WordSwaps.read(swap.words)
        files.append(try InputFile(role: role + " swapped words", reading: swap.words))
        let sentences =
            try swap.data.map {
                try self.sentences(role + " swapped text", $0, swap.lines, contextLength, &files).texts
            }
            ?? set.sentences.map(\.text)
        let texts = sentences.compactMap { sentence in words.swapped(sentence).map { [sentence, $0] } }
        guard !texts.isEmpty else {
            throw InputError(
                "no sentence of \(swap.data ?? set.summary.path) holds a word to swap", at: swap.words,
                remedy: "give words that stand there, or another text under forget.swap.data")
        }
        let pairs = texts.map { texts in
            let tokens = texts.map {
                tokenizer.input(tokenizer.encode($0), isMasked: isMasked, atMost: contextLength)
            }
            return SentencePair(first: tokens[0], second: tokens[1])
        }
        try tokenizer.requireRows(at: swap.words)
        let others = sentences.count - texts.count
        return (
            pairs, texts.flatMap { $0 }, others > 0 ? ["sentences without a word to swap, left out: \(others)"] : []
        )
    }

    /// Neutral text that is kept, if the study has a retain term.
    func retain(_ files: inout [InputFile]) throws -> SentenceFile? {
        guard let retain = study.retain else { return nil }
        let maximum = min(contextLength, retain.maximumTokens)
        return try sentences("retain", retain.data, retain.lines, maximum, &files)
    }

    /// Text that the guard watches, if the study has a guard.
    func guardText(_ files: inout [InputFile]) throws -> SentenceFile? {
        guard let rule = study.guardRule else { return nil }
        // Tokens of a masked model are hidden one by one.
        let maximum = isMasked ? min(contextLength, PerplexityText.maskedWindow) : contextLength
        return try sentences("guard", rule.data, rule.lines, maximum, &files)
    }

    private func sentences(
        _ role: String, _ path: String, _ lines: ClosedRange<Int>?, _ maximum: Int, _ files: inout [InputFile]
    ) throws -> SentenceFile {
        let text = try SentenceFile.read(path, lines: lines, tokenizer: tokenizer, isMasked: isMasked, maximum: maximum)
        files.append(InputFile(role: role, path: path, bytes: text.digest.bytes, sha256: text.digest.sha256))
        return text
    }

    /// The reader of a forget file as the study asks for it.
    static func reader(of set: StudyFile.Forget, lexicons: [ConceptLexicon]) throws -> ForgetSetReader {
        let harmful = try HarmfulWordSelections.selection(set.harmful.selection, set.harmful.value)
        let conditions = try set.conditions.map { condition -> ForgetFilter.Condition in
            guard let reading = ForgetFilter.Reading(rawValue: condition.reading) else {
                throw InputError(
                    "unknown reading '\(condition.reading)'", at: "forget.where.\(condition.column)",
                    remedy: "use equals, member or part")
            }
            return ForgetFilter.Condition(column: condition.column, reading: reading, values: [condition.value])
        }
        return ForgetSetReader(
            path: set.data, domain: set.domain, textColumn: set.text, idColumn: set.id,
            filter: ForgetFilter(conditions),
            exclusion: set.excludeDomains.isEmpty
                ? nil : StudyInputs.exclusion(set, domains: set.excludeDomains, lexicons: lexicons), harmful: harmful)
    }
}

extension StudyFile {
    /// What a forget set is to the study: of several, the domain says which one.
    func role(of set: Forget) -> String { forget.count == 1 ? "forget" : "forget (\(set.domain))" }
}

extension InputFile {
    /// Of a file as it lies there.
    init(role: String, reading path: String) throws {
        let digest = try SHA256Hex.ofFile(path)
        self.init(role: role, path: path, bytes: digest.bytes, sha256: digest.sha256)
    }

    /// The line that a resolved study has of it.
    var hash: (name: String, bytes: Int, sha256: String) { ("\(role): \(path)", bytes, sha256) }
}

extension LoadedCheckpoint {
    /// Its model for selections of harmful words that look at one.
    var selectionModel: SelectionModel { SelectionModel(model, tokenizer: tokenizer) }

    /// Its files as inputs of a study.
    var inputFiles: [InputFile] {
        files.map { InputFile(role: "model", path: $0.path, bytes: $0.bytes, sha256: $0.sha256) }
    }
}
