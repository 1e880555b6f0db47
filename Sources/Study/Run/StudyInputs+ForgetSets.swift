import Attribution
import Evaluate
import FileSupport
import LanguageModel
import StudyFiles
import Unlearn

extension StudyInputs {
    /// Against whom the words that are forgotten are used besides.
    ///
    /// - Throws: ``InputError`` for a column that a forget file does not have.
    package func harmfulWordUse() throws -> HarmfulWordUse {
        var byLabel: [String: Set<String>] = [:]
        for read in forgetSets {
            let found = try read.reader.wordsByLabel(
                forget.tokensByWord.keys, in: read.table, forgotten: study.domains.targets,
                exclusion: Self.exclusion(read.request, domains: [], lexicons: []))
            byLabel.merge(found) { $0.union($1) }
        }
        return HarmfulWordUse(forget, byLabel: byLabel, contrasts: selected.flatMap { contrasts($0.items) })
    }

    /// Ever cleaner forget sets.
    ///
    /// - Throws: as ``harmfulWordUse()``.
    package func forgetSetAblations() throws -> [ForgetSetAblations.Ablation] {
        let others = study.domains.transfer + study.domains.control
        let ablations = ForgetSetAblations(
            forget,
            sources: forgetSets.map { read in
                ForgetSetAblations.Source(
                    table: read.table, reader: read.reader,
                    exclusion: Self.exclusion(read.request, domains: others, lexicons: lexicons))
            }, use: try harmfulWordUse(), tokenizer: tokenizer, contextLength: contextLength,
            isMasked: before.isMasked, model: selectionModel)
        return ablations.ablations(transfer: study.domains.transfer)
    }

    /// What is forgotten without the sets of one of several targets, and the targets that are left.
    func forgetSet(without target: String) -> (targets: [String], set: ForgetSet) {
        let left = forgetSets.filter { $0.request.domain != target }
        return (study.domains.targets.filter { $0 != target }, ForgetSet(pooling: left.map(\.set)))
    }

    /// Neutral words to forget in the place of harmful ones: from the corpus, or from the lines of the retain and guard
    /// files that the study leaves over; nil when nothing is left.
    ///
    /// - Throws: ``InputError`` when a file cannot be read any more.
    package func neutralForgetSet() throws -> NeutralForgetSet? {
        let sources =
            study.corpus.isEmpty ? [study.retain?.data, study.guardRule?.data].compactMap { $0 } : study.corpus
        var used = Set((retain?.texts ?? []) + (guardText?.texts ?? []))
        for text in perplexityTexts { used.formUnion(SentenceFile.sentences(of: text.text)) }
        return NeutralForgetSet(
            forget, lines: try sources.flatMap { SentenceFile.sentences(of: try Input.text($0)) }, used: used,
            concepts: lexicons.filter { $0.role == .concept }.flatMap { $0.words.map(\.text) }, tokenizer: tokenizer,
            contextLength: contextLength, isMasked: before.isMasked)
    }
}

extension StudyFile {
    /// The pairs about a domain in a file, for methods that compare sentences: the more stereotypical one is `first`.
    ///
    /// - Parameter maximum: the most tokens of a sentence.
    /// - Throws: ``InputError`` for what is wrong in the file, no pair about the domain, and a sentence that is too long.
    func forgetPairs(
        _ path: String, about domain: String, tokenizer: any Tokenizer, isMasked: Bool, maximum: Int
    ) throws -> (pairs: [SentencePair], texts: [String]) {
        let found = try CrowSPairs.read(path, labels: pairLabels).selecting(domains: [domain])
        func tokens(_ text: String) throws -> [Int32] {
            let tokens = tokenizer.input(tokenizer.encode(text), isMasked: isMasked, atMost: .max)
            guard tokens.count <= maximum else {
                throw InputError(
                    "a sentence of \(tokens.count) tokens for a context of \(maximum)", at: path,
                    remedy: "shorten it, or leave its pair out")
            }
            return tokens
        }
        let pairs = try found.items.map { item in
            SentencePair(first: try tokens(item.more), second: try tokens(item.less))
        }
        try tokenizer.requireRows(at: path)
        guard !pairs.isEmpty else {
            throw InputError(
                "no pair about the domain '\(domain)'", at: path,
                remedy: "name its label in the file under evaluate.labels")
        }
        return (pairs, found.items.flatMap { [$0.more, $0.less] })
    }

    /// Which label of a file of pairs is which domain.
    var pairLabels: [String: String] {
        // The study's domains are labels too, however a file spells them.
        let own = Dictionary(domains.all.map { ($0, $0) }) { first, _ in first }
        return StudyInputs.labels(evaluate.labels, beside: own)
    }
}
