import FileSupport
import StudyFiles
import Unlearn

/// Ever cleaner forget sets: if a domain still moves when nothing in the set speaks of it, leakage did not do it; if it
/// stops when words that are used against it are left out, the words did.
package struct ForgetSetAblations {
    /// One forget set of the ladder, or why there is none.
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

    private let inputs: StudyInputs
    private let use: HarmfulWordUse

    package init(_ inputs: StudyInputs, use: HarmfulWordUse) {
        self.inputs = inputs
        self.use = use
    }

    /// The ablations behind the run itself, in order: all rows; without rows labelled for another domain; without sentences
    /// that name another domain; then, from the cleanest of these, without harmful words used against each transfer
    /// domain, and against all of them.
    package func ablations() throws -> [Ablation] {
        let study = inputs.study
        let set = study.forget[0]
        let others = study.domains.all.filter { $0 != set.domain }
        var reader = try StudyInputs.forgetReader(set, lexicons: inputs.lexicons)
        var exclusion = StudyInputs.exclusion(set, domains: others, lexicons: inputs.lexicons)
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
        let clean = (try? reader.read(tokenizer: inputs.tokenizer, contextLength: context)) ?? inputs.forget
        return ablations + lexical(clean)
    }

    private var context: Int { inputs.checkpoint.model.configuration.contextLength }

    private func ablation(_ name: String, _ change: String, _ reader: ForgetSetReader, after earlier: [Ablation])
        -> Ablation
    {
        do {
            let set = try reader.read(tokenizer: inputs.tokenizer, contextLength: context)
            return ablation(name, change, set, after: earlier)
        } catch {
            // The file was read before: what is refused now is a set without sentences.
            return Ablation(
                name: name, change: change, reason: "nothing is left: \((error as? InputError)?.what ?? "")")
        }
    }

    /// A set that is the run's, or an earlier ablation's, is not trained again.
    private func ablation(_ name: String, _ change: String, _ set: ForgetSet, after earlier: [Ablation]) -> Ablation {
        if set.sentences == inputs.forget.sentences {
            return Ablation(
                name: name, change: change, forget: set,
                reason: "already done by the study: these are the run's \(set.sentences.count) sentences")
        }
        if let same = earlier.first(where: { $0.forget?.sentences == set.sentences }) {
            return Ablation(name: name, change: change, forget: set, reason: "the same sentences as \(same.name)")
        }
        return Ablation(name: name, change: change, forget: set)
    }

    private func lexical(_ clean: ForgetSet) -> [Ablation] {
        let transfer = inputs.study.domains.transfer
        var ablations: [Ablation] = []
        func add(_ name: String, _ whom: String, _ spared: Set<String>) {
            let present = spared.intersection(clean.tokensByWord.keys)
            let change = "without the \(present.count) harmful words that are used against \(whom)"
            guard !present.isEmpty else {
                ablations.append(
                    Ablation(name: name, change: change, reason: "no harmful word is used against \(whom)"))
                return
            }
            let left = clean.sparing(present)
            guard !left.sentences.isEmpty else {
                let all = clean.tokensByWord.count
                ablations.append(
                    Ablation(
                        name: name, change: change,
                        reason: "nothing is left: \(present.count) of \(all) harmful words are used against \(whom)"))
                return
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
