import FileSupport
import LanguageModel

/// Ever cleaner forget sets: if a domain still moves when nothing in the set speaks of it, leakage did not do it; if it
/// stops when words that are used against it are left out, the words did.
package struct ForgetSetAblations {
    /// One forget set, or why there is none.
    package struct Ablation {
        /// The name of its retraining.
        package var name: String
        /// What was changed against the run.
        package var change: String
        /// The set; nil where nothing is left.
        package var forget: ForgetSet?
        /// Why the ablation is not trained.
        package var reason: String?
    }

    private let run: ForgetSet
    private let reader: ForgetSetReader
    private let exclusion: DomainExclusion
    private let use: HarmfulWordUse
    /// Reads the file again.
    private let read: (ForgetSetReader) throws -> ForgetSet

    /// Makes ready to take a forget set apart.
    ///
    /// - Parameters:
    ///   - run: the set that the run forgets.
    ///   - table: its file.
    ///   - reader: how the run reads it.
    ///   - exclusion: every other domain of the study, by label and by word.
    ///   - model: the model before, for selections that look at one.
    package init(
        _ run: ForgetSet, table: ForgetTable, reader: ForgetSetReader, exclusion: DomainExclusion, use: HarmfulWordUse,
        tokenizer: any Tokenizer, contextLength: Int, isMasked: Bool, model: SelectionModel
    ) {
        self.run = run
        self.reader = reader
        self.exclusion = exclusion
        self.use = use
        read = {
            try $0.read(table, tokenizer: tokenizer, contextLength: contextLength, isMasked: isMasked, model: model)
        }
    }

    /// The ablations after the run itself, in order: all rows; without rows labelled for another domain; without sentences
    /// that name another domain; then, from the cleanest of these, without harmful words used against each transfer
    /// domain, and against all of them.
    package func ablations(transfer: [String]) -> [Ablation] {
        var reader = reader
        var exclusion = exclusion
        let words = exclusion.words

        reader.exclusion = nil
        var ablations = [ablation("ladder-all-rows", "all rows, those that name other domains too", reader, after: [])]
        exclusion.words = [:]
        reader.exclusion = exclusion
        let labels = "without rows labelled for another domain"
        if exclusion.labelColumn == nil {
            ablations.append(
                Ablation(name: "ladder-labels", change: labels, reason: "no column lists the targets of a row"))
        } else {
            ablations.append(ablation("ladder-labels", labels, reader, after: ablations))
        }
        exclusion.words = words
        reader.exclusion = exclusion
        ablations.append(
            ablation(
                "ladder-words", "without rows that name another domain by label or by word", reader, after: ablations))
        return ablations + lexical((try? read(reader)) ?? run, transfer: transfer)
    }

    private func ablation(_ name: String, _ change: String, _ reader: ForgetSetReader, after earlier: [Ablation])
        -> Ablation
    {
        do {
            return ablation(name, change, try read(reader), after: earlier)
        } catch {
            // The file was read before: what is refused now is a set without sentences.
            return Ablation(
                name: name, change: change, reason: "nothing is left: \((error as? InputError)?.what ?? "")")
        }
    }

    /// A set that is the run's, or an earlier ablation's, is not trained again.
    private func ablation(_ name: String, _ change: String, _ set: ForgetSet, after earlier: [Ablation]) -> Ablation {
        var made = Ablation(name: name, change: change, forget: set)
        if set.sentences == run.sentences {
            made.reason = "already done by the study: these are the run's \(set.sentences.count) sentences"
        } else if let same = earlier.first(where: { $0.forget?.sentences == set.sentences }) {
            made.reason = "the same sentences as \(same.name)"
        }
        return made
    }

    private func lexical(_ clean: ForgetSet, transfer: [String]) -> [Ablation] {
        var ablations: [Ablation] = []
        func add(_ name: String, _ whom: String, _ spared: Set<String>) {
            let present = spared.intersection(clean.tokensByWord.keys)
            let change = "without the \(present.count) harmful words that are used against \(whom)"
            func without(_ reason: String) { ablations.append(Ablation(name: name, change: change, reason: reason)) }
            guard !present.isEmpty else { return without("no harmful word is used against \(whom)") }
            let left = clean.sparing(present)
            guard !left.sentences.isEmpty else {
                let all = clean.tokensByWord.count
                return without("nothing is left: \(present.count) of \(all) harmful words are used against \(whom)")
            }
            ablations.append(ablation(name, change, left, after: ablations))
        }
        for domain in transfer { add("ladder-lexical-\(domain)", domain, use.words(against: domain)) }
        if transfer.count > 1 {
            let all = transfer.reduce(into: Set<String>()) { $0.formUnion(use.words(against: $1)) }
            add("ladder-lexical-all", transfer.joined(separator: " or "), all)
        }
        return ablations
    }
}
