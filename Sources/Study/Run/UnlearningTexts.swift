import Embeddings
import FileSupport
import LanguageModel
import Records
import StudyFiles
import Unlearn

/// Reads the texts of an unlearning for a model: what is forgotten, what is kept, what the guard watches.
struct UnlearningTexts {
    private let study: StudyFile
    private let tokenizer: any Tokenizer
    /// The most tokens that the model takes.
    private let contextLength: Int
    /// The words by which rows name domains.
    private let lexicons: [ConceptLexicon]

    init(_ study: StudyFile, tokenizer: any Tokenizer, contextLength: Int, lexicons: [ConceptLexicon]) {
        (self.study, self.tokenizer) = (study, tokenizer)
        (self.contextLength, self.lexicons) = (contextLength, lexicons)
    }

    /// Reads a forget set.
    ///
    /// - Parameters:
    ///   - role: what its file is to the study.
    ///   - files: the files that were read are appended.
    /// - Returns: the set, how it was read, and the sentences of its pairs.
    func forgetSet(_ set: StudyFile.Forget, _ role: String, _ files: inout [InputFile]) throws -> (
        set: ForgetSet, table: ForgetTable, reader: ForgetSetReader, pairTexts: [String]
    ) {
        let reader = try Self.reader(of: set, lexicons: lexicons)
        let table = try ForgetTable.read(set.data)
        var found = try reader.read(table, tokenizer: tokenizer, contextLength: contextLength)
        files.append(
            InputFile(role: role, path: set.data, bytes: found.summary.bytes, sha256: found.summary.sha256))
        if try set.harmful.isFile {
            files.append(try InputFile(role: "harmful words", reading: set.harmful.value))
        }
        guard let path = set.pairs else { return (found, table, reader, []) }
        let read = try study.forgetPairs(path, about: set.domain, tokenizer: tokenizer, maximum: contextLength)
        found.pairs = read.pairs
        files.append(try InputFile(role: role + " pairs", reading: path))
        return (found, table, reader, read.texts)
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
        return try sentences("guard", rule.data, rule.lines, contextLength, &files)
    }

    private func sentences(
        _ role: String, _ path: String, _ lines: ClosedRange<Int>?, _ maximum: Int, _ files: inout [InputFile]
    ) throws -> SentenceFile {
        let text = try SentenceFile.read(path, lines: lines, tokenizer: tokenizer, maximum: maximum)
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
            path: set.data, textColumn: set.text, idColumn: set.id, filter: ForgetFilter(conditions),
            exclusion: set.excludeDomains.isEmpty
                ? nil : StudyInputs.exclusion(set, domains: set.excludeDomains, lexicons: lexicons), harmful: harmful)
    }
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
    /// Its files as inputs of a study.
    var inputFiles: [InputFile] {
        files.map { InputFile(role: "model", path: $0.path, bytes: $0.bytes, sha256: $0.sha256) }
    }
}
