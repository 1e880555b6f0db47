import Embeddings
import Evaluate
import FileSupport
import Foundation
import LanguageModel
import StudyFiles
import Unlearn

/// Everything that a study reads, read and checked before anything is written.
public struct StudyInputs {
    /// The study.
    public let study: StudyFile
    /// The model before, with its tokenizer.
    public let checkpoint: LoadedCheckpoint
    /// What is forgotten.
    public let forget: ForgetSet
    /// Further forget sets of the transfer matrix, in the study's order.
    public let matrix: [ForgetSet]
    /// Neutral text that is kept, if the study has a retain term.
    public let retain: SentenceFile?
    /// Text that the guard watches, if the study has a guard.
    public let guardText: SentenceFile?
    /// Texts of the reported perplexity: path, content, digest.
    public let perplexityTexts: [(path: String, text: String, digest: (sha256: String, bytes: Int))]
    /// Pair files, the study's domains only.
    public let pairs: [PairSet]
    /// Lexicons of concepts and controls.
    public let lexicons: [ConceptLexicon]
    /// The lexicons' words with their tokens and exposure.
    public let concepts: ConceptTable
    /// Token counts of the forget text.
    public let exposure: Exposure
    /// Token counts of the corpus.
    public let corpusCounts: [Int]
    /// Every input file with its role.
    public let files: [InputFile]

    /// An input file.
    public struct InputFile: Sendable, Equatable {
        /// What it is to the study, such as `forget`.
        public let role: String
        /// Its path.
        public let path: String
        /// Its size.
        public let bytes: Int
        /// Its SHA-256.
        public let sha256: String
    }

    /// The tokenizer.
    public var tokenizer: any Tokenizer { checkpoint.tokenizer }

    /// The scoring profile.
    ///
    /// - Throws: ``InputError`` for one that there is not.
    func profile() throws -> ScoringProfile {
        guard let profile = ScoringProfile(rawValue: study.evaluate.profile) else {
            throw InputError(
                "unknown profile '\(study.evaluate.profile)'", at: "evaluate.profile", remedy: "see docs/study-file.md")
        }
        return profile
    }

    /// A scorer for each pair file.
    ///
    /// - Throws: ``InputError`` when a file has no pair that the model can take.
    func scorers() throws -> [PairScorer] {
        let profile = try profile()
        return try pairs.map {
            try PairScorer(
                pairs: $0, tokenizer: tokenizer, profile: profile,
                contextLength: checkpoint.model.configuration.contextLength)
        }
    }

    /// Reads all inputs of a study.
    ///
    /// - Throws: ``InputError`` for anything missing or malformed.
    public static func read(_ study: StudyFile, progress: ProgressLine) throws -> StudyInputs {
        progress.begin("reading the inputs")
        let checkpoint = try study.load(study.model)
        let tokenizer = checkpoint.tokenizer
        let context = checkpoint.model.configuration.contextLength
        var files = checkpoint.files.map {
            InputFile(role: "model", path: checkpoint.folder + "/" + $0.name, bytes: $0.bytes, sha256: $0.sha256)
        }
        func note(_ role: String, _ path: String, _ digest: (sha256: String, bytes: Int)) {
            files.append(InputFile(role: role, path: path, bytes: digest.bytes, sha256: digest.sha256))
        }

        let lexicons = try ConceptLexicon.readFolder(study.concepts)
        for lexicon in lexicons {
            let path = study.concepts + "/" + lexicon.name + ".json"
            note("concepts", path, try SHA256Hex.ofFile(path))
        }
        for domain in study.domains.all where !lexicons.contains(where: { $0.role == .concept && $0.domain == domain })
        {
            throw InputError(
                "no lexicon for the domain '\(domain)'", at: study.concepts,
                remedy: "add \(domain).json there, or mend the study's domains")
        }

        func readForgetSet(_ set: StudyFile.Forget, _ role: String) throws -> ForgetSet {
            let found = try forgetReader(set, lexicons: lexicons).read(tokenizer: tokenizer, contextLength: context)
            note(role, set.data, (found.summary.sha256, found.summary.bytes))
            switch set.harmful {
            case .lexicon(let path), .annotations(let path): note("harmful words", path, try SHA256Hex.ofFile(path))
            case .column: break
            }
            return found
        }
        let forget = try readForgetSet(study.forget[0], "forget")
        let matrix = try study.why.matrix.map { try readForgetSet($0, "forget (matrix)") }

        let retain = try study.retain.map {
            try SentenceFile.read(
                $0.data, lines: $0.lines, tokenizer: tokenizer, maximum: min(context, $0.maximumTokens))
        }
        if let retain { note("retain", retain.path, retain.digest) }
        let guardText = try study.guardRule.map {
            try SentenceFile.read($0.data, lines: $0.lines, tokenizer: tokenizer, maximum: context)
        }
        if let guardText { note("guard", guardText.path, guardText.digest) }

        let texts = try study.evaluate.perplexity.map { path in
            let raw = try Input.bytes(path)
            let text = try Input.text(raw, place: path)
            let used =
                study.evaluate.perplexityLines.map { SentenceFile.lines($0, of: text).joined(separator: "\n") } ?? text
            return (path, used, (SHA256Hex.of(raw), raw.count))
        }
        for (path, _, digest) in texts { note("perplexity", path, digest) }

        let pairs = try readPairs(study)
        for path in study.evaluate.benchmarks.flatMap(\.files) { note("pairs", path, try SHA256Hex.ofFile(path)) }

        var exposure = Exposure(vocabularySize: tokenizer.vocabularySize)
        for sentence in forget.sentences { exposure.add(sentence.tokens, masked: sentence.harmfulPositions) }
        let concepts = ConceptTable.resolve(lexicons, tokenizer: tokenizer, exposure: exposure)

        var counts = [Int](repeating: 0, count: tokenizer.vocabularySize)
        func count(_ tokens: some Sequence<Int32>) { for token in tokens { counts[Int(token)] += 1 } }
        if study.corpus.isEmpty {
            for sentence in (retain?.tokens ?? []) + (guardText?.tokens ?? []) { count(sentence) }
            for (_, text, _) in texts { count(tokenizer.encode(text)) }
        }
        for path in study.corpus {
            let raw = try Input.bytes(path)
            note("corpus", path, (SHA256Hex.of(raw), raw.count))
            for line in try Input.text(raw, place: path).split(whereSeparator: \.isNewline) {
                count(tokenizer.encode(String(line)))
            }
        }
        return StudyInputs(
            study: study, checkpoint: checkpoint, forget: forget, matrix: matrix, retain: retain, guardText: guardText,
            perplexityTexts: texts, pairs: pairs, lexicons: lexicons, concepts: concepts, exposure: exposure,
            corpusCounts: counts, files: files)
    }

    /// The reader of a forget file as the study asks for it.
    static func forgetReader(_ set: StudyFile.Forget, lexicons: [ConceptLexicon]) throws -> ForgetSetReader {
        let harmful: HarmfulWords =
            switch set.harmful {
            case .lexicon(let path): .lexicon(try WordLexicon.read(path))
            case .column(let name): .column(name)
            case .annotations(let path): .annotations(path)
            }
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
                ? nil : exclusion(set, domains: set.excludeDomains, lexicons: lexicons), harmful: harmful)
    }

    /// How rows of a forget file name some domains: by label and by the words of the domains' lexicons.
    static func exclusion(
        _ set: StudyFile.Forget, domains: [String], lexicons: [ConceptLexicon]
    ) -> DomainExclusion {
        var words: [String: [String]] = [:]
        for lexicon in lexicons where lexicon.role == .concept && domains.contains(lexicon.domain) {
            words[lexicon.domain, default: []] += lexicon.words.map(\.text)
        }
        return DomainExclusion(
            domains: domains,
            // The column that is read as a list is the one that can name other domains too.
            labelColumn: set.conditions.first { $0.reading != "equals" }?.column,
            labels: DomainExclusion.dghsLabels.merging(set.codes) { $1 }, words: words)
    }

    private static func readPairs(_ study: StudyFile) throws -> [PairSet] {
        var names: Set<String> = []
        if let other = study.evaluate.benchmarks.first(where: { $0.name != "crows-pairs" }) {
            throw InputError(
                "no reader for the benchmark '\(other.name)'", at: "evaluate.\(other.name)", remedy: "use crows-pairs")
        }
        return try study.evaluate.benchmarks.flatMap(\.files).map { path in
            var name = ((path as NSString).lastPathComponent as NSString).deletingPathExtension
            while !names.insert(name).inserted { name += "-2" }
            let set = try PairSet.readCrowSPairs(path, labels: study.evaluate.labels, name: name)
                .selecting(domains: Set(study.domains.all))
                .sampling(study.evaluate.pairs, seed: UInt64(study.seeds[0]))
            guard set.items.contains(where: { $0.domain == study.domains.target }) else {
                throw InputError(
                    "no pair about the target domain '\(study.domains.target)'", at: path,
                    remedy: "name its benchmark label under evaluate.labels")
            }
            return set
        }
    }
}
