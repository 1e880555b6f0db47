import Attribution
import Counterfactuals
import Embeddings
import FileSupport
import LanguageModel
import Records
import RunStore

extension StudyRun {
    /// Scores each part's update alone and the update without it, with random controls; parts that are stored are skipped.
    func patching(after: TransformerModel) throws {
        guard study.why.patching else { return }
        let update = try untiedUpdate(after: after)
        var options = ComponentPatching.Options()
        options.controls = patchControls
        options.seed = UInt64(study.seeds[0])
        options.byLayer = study.why.byLayer
        let scorer = leadingScorer
        let patching = ComponentPatching(update, scorer: scorer, probe: probe, options: options)
        let done = try scoredComponents(.only)
        let missing = patching.parts.filter { !done.contains($0.name) }
        guard !missing.isEmpty else { return }
        try checkInterrupt()
        progress.begin("patching, \(options.controls) controls a part")
        let (scratch, reference) = patching.prepare()
        let total = missing.count * patching.modelsPerPart
        for (index, part) in missing.enumerated() {
            var count = index * patching.modelsPerPart
            let rows = try patching.rows(part, scratch: scratch, reference: reference) {
                count += 1
                progress.update(count, of: total, note: part.name)
                try checkInterrupt()
            }
            try writer.append(rows, items: scoredItems)
        }
        try audit.append("patching", ["parts": .integer(missing.count), "controls": .integer(options.controls)])
    }

    /// Random controls of a patch; in a large model, where each is two scorings of all pairs, only a few.
    private var patchControls: Int {
        let parameters = inputs.checkpoint.model.layout.count
        return min(study.why.controls, parameters > 10 * Self.manyParameters ? 2 : isLarge ? 3 : .max)
    }

    /// Components, subspaces (`shared/race`) or retrainings whose models of a kind are stored.
    func scoredComponents(_ kind: ScoredModel.Kind) throws -> Set<String> {
        Set(
            try RunReader(folder.path).models().filter { $0.kind == kind }.map {
                $0.component + ($0.subject.map { "/" + $0 } ?? "")
            })
    }
}
