import Attribution
import Evaluate
import FileSupport
import LanguageModel
import StudyFiles
import Unlearn

extension StudyInputs {
    /// Against whom the words that are forgotten are used besides.
    ///
    /// - Throws: ``InputError`` for a column that the forget file does not have.
    package func harmfulWordUse() throws -> HarmfulWordUse {
        let byLabel = try forgetReader.wordsByLabel(
            forget.tokensByWord.keys, in: forgetTable, forgotten: study.forget[0].domain,
            exclusion: Self.exclusion(study.forget[0], domains: [], lexicons: []))
        return HarmfulWordUse(forget, byLabel: byLabel, contrasts: selected.flatMap { contrasts($0.items) })
    }

    /// Ever cleaner forget sets.
    ///
    /// - Throws: as ``harmfulWordUse()``.
    package func forgetSetAblations() throws -> [ForgetSetAblations.Ablation] {
        let set = study.forget[0]
        let others = study.domains.all.filter { $0 != set.domain }
        let ablations = ForgetSetAblations(
            forget, table: forgetTable, reader: forgetReader,
            exclusion: Self.exclusion(set, domains: others, lexicons: lexicons), use: try harmfulWordUse(),
            tokenizer: tokenizer, contextLength: contextLength, isMasked: before.isMasked, model: selectionModel)
        return ablations.ablations(transfer: study.domains.transfer)
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
