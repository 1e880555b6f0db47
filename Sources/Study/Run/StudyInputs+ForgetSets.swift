import Attribution
import FileSupport
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
            tokenizer: tokenizer, contextLength: contextLength)
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
            contextLength: contextLength)
    }
}
