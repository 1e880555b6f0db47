import Attribution
import Counterfactuals
import Embeddings
import FileSupport
import LanguageModel
import StudyFiles

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
        let done = try storedModules(.only)
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
            try writer.appendInterventions(table(rows))
        }
        try audit.append("patching", ["parts": .integer(missing.count), "controls": .integer(options.controls)])
    }

    /// Random controls of a patch; in a large model, where each is two scorings of all pairs, only a few.
    private var patchControls: Int {
        let parameters = inputs.checkpoint.model.layout.count
        return min(study.why.controls, parameters > 10 * Self.manyParameters ? 2 : isLarge ? 3 : .max)
    }

    /// Parts or subspaces whose models of a kind are stored.
    func storedModules(_ kind: InterventionRow.Kind) throws -> Set<String> {
        guard let table = try RunReader(folder.path).interventions(), let kinds = table.rows.string("kind"),
            let modules = table.rows.string("module"), let subjects = table.rows.string("subject")
        else { return [] }
        return Set(
            kinds.indices.filter { kinds[$0] == kind.rawValue }.map {
                subjects[$0].isEmpty ? modules[$0] : modules[$0] + "/" + subjects[$0]
            })
    }
}
