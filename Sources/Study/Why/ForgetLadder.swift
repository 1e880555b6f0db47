import Files
import Unlearn

/// Ever cleaner forget sets: if a domain still moves when nothing in the set speaks of it, leakage did not do it; if it
/// stops when words that are used against it are left out, the words did.
package struct ForgetLadder {
    /// One forget set of the ladder, or why there is none.
    package struct Rung {
        /// The name of its retraining.
        package var name: String
        /// What was changed against the run.
        package var change: String
        /// The set; nil where nothing is left.
        package var forget: ForgetSet?
        /// Why the rung is not trained.
        package var reason: String?
    }

    private let inputs: StudyInputs
    private let use: HarmfulWordUse

    package init(_ inputs: StudyInputs, use: HarmfulWordUse) {
        self.inputs = inputs
        self.use = use
    }

    /// The rungs behind the run itself, in order: all rows; without rows labelled for another domain; without sentences
    /// that name another domain; then, from the cleanest of these, without harmful words used against each transfer
    /// domain, and against all of them.
    package func rungs() throws -> [Rung] {
        let study = inputs.study
        let set = study.forget[0]
        let others = study.domains.all.filter { $0 != set.domain }
        var reader = try StudyInputs.forgetReader(set, lexicons: inputs.lexicons)
        var exclusion = StudyInputs.exclusion(set, domains: others, lexicons: inputs.lexicons)
        let words = exclusion.words

        reader.exclusion = nil
        var rungs = [rung("ladder-all-rows", "all rows, those that name other domains too", reader, after: [])]
        exclusion.words = [:]
        reader.exclusion = exclusion
        let labels = "without rows labelled for another domain"
        if exclusion.labelColumn == nil {
            rungs.append(
                Rung(name: "ladder-labels", change: labels, reason: "no column lists the targets of a row"))
        } else {
            rungs.append(rung("ladder-labels", labels, reader, after: rungs))
        }
        exclusion.words = words
        reader.exclusion = exclusion
        rungs.append(
            rung(
                "ladder-words", "without rows that name another domain by label or by word", reader, after: rungs))
        let clean = (try? reader.read(tokenizer: inputs.tokenizer, contextLength: context)) ?? inputs.forget
        return rungs + lexical(clean)
    }

    private var context: Int { inputs.checkpoint.model.configuration.contextLength }

    private func rung(_ name: String, _ change: String, _ reader: ForgetSetReader, after earlier: [Rung]) -> Rung {
        do {
            let set = try reader.read(tokenizer: inputs.tokenizer, contextLength: context)
            return rung(name, change, set, after: earlier)
        } catch {
            // The file was read before: what is refused now is a set without sentences.
            return Rung(name: name, change: change, reason: "nothing is left: \((error as? InputError)?.what ?? "")")
        }
    }

    /// A set that is the run's, or an earlier rung's, is not trained again.
    private func rung(_ name: String, _ change: String, _ set: ForgetSet, after earlier: [Rung]) -> Rung {
        if set.sentences == inputs.forget.sentences {
            return Rung(
                name: name, change: change, forget: set,
                reason: "already done by the study: these are the run's \(set.sentences.count) sentences")
        }
        if let same = earlier.first(where: { $0.forget?.sentences == set.sentences }) {
            return Rung(name: name, change: change, forget: set, reason: "the same sentences as \(same.name)")
        }
        return Rung(name: name, change: change, forget: set)
    }

    private func lexical(_ clean: ForgetSet) -> [Rung] {
        let transfer = inputs.study.domains.transfer
        var rungs: [Rung] = []
        func add(_ name: String, _ whom: String, _ spared: Set<String>) {
            let present = spared.intersection(clean.tokensByWord.keys)
            let change = "without the \(present.count) harmful words that are used against \(whom)"
            guard !present.isEmpty else {
                rungs.append(
                    Rung(name: name, change: change, reason: "no harmful word is used against \(whom)"))
                return
            }
            let left = clean.sparing(present)
            guard !left.sentences.isEmpty else {
                let all = clean.tokensByWord.count
                rungs.append(
                    Rung(
                        name: name, change: change,
                        reason: "nothing is left: \(present.count) of \(all) harmful words are used against \(whom)"))
                return
            }
            rungs.append(rung(name, change, left, after: rungs))
        }
        for domain in transfer { add("ladder-lexical-\(domain)", domain, use.words(against: domain)) }
        if transfer.count > 1 {
            let all = transfer.reduce(into: Set<String>()) { $0.formUnion(use.words(against: $1)) }
            add("ladder-lexical-all", transfer.joined(separator: " or "), all)
        }
        return rungs
    }
}
