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

    /// One of the sets that the run forgets.
    package struct Source {
        /// Its file.
        let table: ForgetTable
        /// How the run reads it.
        var reader: ForgetSetReader
        /// Every domain of the study that is not forgotten, by label and by word.
        let exclusion: DomainExclusion

        package init(table: ForgetTable, reader: ForgetSetReader, exclusion: DomainExclusion) {
            (self.table, self.reader, self.exclusion) = (table, reader, exclusion)
        }
    }

    private let run: ForgetSet
    private let sources: [Source]
    private let use: HarmfulWordUse
    private let readOne: (Source) throws -> ForgetSet

    /// Makes ready to take a forget set apart.
    ///
    /// - Parameters:
    ///   - run: all that the run forgets.
    ///   - sources: the sets that it is made of.
    ///   - model: the model before, for selections that look at one.
    package init(
        _ run: ForgetSet, sources: [Source], use: HarmfulWordUse, tokenizer: any Tokenizer, contextLength: Int,
        isMasked: Bool, model: SelectionModel
    ) {
        (self.run, self.sources, self.use) = (run, sources, use)
        readOne = {
            try $0.reader.read(
                $0.table, tokenizer: tokenizer, contextLength: contextLength, isMasked: isMasked, model: model)
        }
    }

    /// The sets read again, one thing changed in how each is, and put together.
    private func read(_ change: (inout Source) -> Void) throws -> ForgetSet {
        let sets = try sources.map { source in
            var source = source
            change(&source)
            return try readOne(source)
        }
        return ForgetSet(pooling: sets)
    }

    /// The ablations after the run itself, in order: all rows; without rows labelled for another domain; without sentences
    /// that name another domain; then, from the cleanest of these, without harmful words used against each transfer
    /// domain, and against all of them.
    package func ablations(transfer: [String]) -> [Ablation] {
        var ablations = [
            ablation("ladder-all-rows", "all rows, those that name other domains too", after: []) {
                $0.reader.exclusion = nil
            }
        ]
        let labels = "without rows labelled for another domain"
        if sources.allSatisfy({ $0.exclusion.labelColumn == nil }) {
            ablations.append(
                Ablation(name: "ladder-labels", change: labels, reason: "no column lists the targets of a row"))
        } else {
            ablations.append(
                ablation("ladder-labels", labels, after: ablations) { source in
                    guard source.exclusion.labelColumn != nil else { return }
                    var byLabel = source.exclusion
                    byLabel.words = [:]
                    source.reader.exclusion = byLabel
                })
        }
        func cleanest(_ source: inout Source) { source.reader.exclusion = source.exclusion }
        ablations.append(
            ablation(
                "ladder-words", "without rows that name another domain by label or by word", after: ablations, cleanest)
        )
        return ablations + lexical((try? read(cleanest)) ?? run, transfer: transfer)
    }

    private func ablation(
        _ name: String, _ what: String, after earlier: [Ablation], _ change: (inout Source) -> Void
    ) -> Ablation {
        do {
            return ablation(name, what, try read(change), after: earlier)
        } catch {
            // The file was read before: what is refused now is a set without sentences.
            return Ablation(
                name: name, change: what, reason: "nothing is left: \((error as? InputError)?.what ?? "")")
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
