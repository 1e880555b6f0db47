import Analyze
import Attribution
import Counterfactuals
import FileSupport
import LanguageModel
import LinearAlgebra
import Records
import StudyFiles

/// The update without, and only, its part in what target and each other domain share; with random subspaces as controls.
enum MediationStage: Stage {
    static let name = "mediation"
    static let summary = "the update's part in the subspaces that targets and another domain share, removed and kept"
    static let needs = [UnlearningStage.name, AlignmentStage.name]
    static let writes = ["/mediation", "/interventions"]

    static func isAsked(_ study: StudyFile) -> Bool { study.why.mediation }

    static func isDone(_: StudyPlan, _ contents: RunContents) -> Bool { contents.holds(MediationRecord.self) }

    static func cost(_ plan: StudyPlan) -> StageCost {
        let (costs, study, budget) = (plan.costs, plan.study, plan.budget)
        let subjects = study.domains.transfer.count + study.domains.control.count
        let exact = budget.exactControls(study.why.controls)
        // Shared and specific part of each subject; domains often share the same directions, whose models count once.
        let models = subjects * 2 * (2 + exact * (budget.isLarge ? 1 : 2))
        let controls = subjects * 2 * study.why.controls
        let limits = budget.contrasts
        let words = plan.contrastText.words().count
        let width = plan.inputs.before.configuration.hiddenSize
        let sites = 4 * plan.inputs.before.configuration.layerCount + 2
        // A projection goes through the weights once for each of a few directions; a grouping sums all words' states.
        let groupings = Double(sites * limits.templates * (limits.reach + 1) * words * width * budget.subspaceDraws)
        return StageCost(
            counts: [
                (words * limits.templates, "contrast sentence"), (models, "possible scoring"),
                (controls, "random subspace"),
            ],
            work: (costs.leadingScoring + costs.comparison + costs.sweeps(4)) * Double(models)
                + costs.sweeps(4) * Double(controls) + costs.forward(sentences: words * limits.templates, length: 20)
                + Work(analysed: groupings / 160 * Double(2 + subjects))
                + (budget.isLarge ? PathGradients.cost(plan) : Work()),
            memory: (budget.isLarge ? 4 : 3) * costs.untiedBytes + costs.probeBytes,
            stored: costs.gapBytes * Double(models))
    }

    static func run(_ run: RunContext) throws {
        let (plan, study) = (run.plan, run.study)
        run.progress.begin("shared subspaces")
        var record = MediationRecord()
        let text = plan.contrastText
        let sentences = plan.neutralSentences
        let templates = text.templates(from: sentences.untouched + sentences.retained)
        record.templates = templates.count
        let words = text.words()
        func hasGroups(_ domain: String) -> Bool {
            Set(words.filter { $0.domain == domain }.map(\.group)).count > 1
        }
        let subjects = (study.domains.transfer + study.domains.control).filter { subject in
            if !hasGroups(subject) {
                record.notDone.append(
                    NotComputed(what: "mediation through \(subject)", reason: "its lexicon has no two groups"))
            }
            return hasGroups(subject)
        }
        let targets = study.domains.targets.filter(hasGroups)
        let least = ComputeBudget.leastTemplates
        guard templates.count >= least, !targets.isEmpty else {
            let reason =
                templates.count < least
                ? "\(templates.count) neutral sentences with a control word, \(least) wanted"
                : "the lexicon of \(study.domains.targets.inWords("or")) has no two groups"
            record.notDone.append(NotComputed(what: "mediation", reason: reason))
            return try run.writer.write(record)
        }
        for target in study.domains.targets where !targets.contains(target) {
            record.notDone.append(
                NotComputed(what: "\(target) in the mediation", reason: "its lexicon has no two groups"))
        }
        let update = try run.untiedUpdate()
        let found = try SharedSubspaces(
            update.before, words: words, templates: templates, draws: plan.budget.subspaceDraws, seed: plan.seed
        ).find(
            targets: targets, subjects: subjects
        ) { done, total in
            run.progress.update(done, of: total)
            try run.checkInterrupt()
        }
        for subject in subjects {
            record.sites += (found[subject] ?? []).map { shared in
                MediationRecord.Site(
                    subject: subject, site: name(shared.site), targetRank: shared.targetRank,
                    subjectRank: shared.subjectRank, cosines: shared.cosines, thresholds: shared.thresholds,
                    shared: shared.shared.rows)
            }
        }
        try score(found, subjects: subjects, update: update, run, into: &record)
        try run.writer.write(record)
        try run.audit.append("mediation", ["subspaces": .integer(record.tables.count)])
    }

    private static func score(
        _ found: [String: [SharedSubspace]], subjects: [String], update: ParameterUpdate, _ run: RunContext,
        into record: inout MediationRecord
    ) throws {
        let (plan, isLarge) = (run.plan, run.plan.budget.isLarge)
        var options = Mediation.Options()
        options.controls = run.study.why.controls
        options.seed = plan.seed
        // Exact scores of three draws calibrate the first order of the others.
        options.exactControls = plan.budget.exactControls(options.controls)
        options.keepsControls = !isLarge
        let domains = isLarge ? plan.objectives.map(\.domain) : []
        run.progress.begin("mediation, \(options.exactControls) exact controls a subspace")
        let mediation = Mediation(update, scorer: plan.leadingScorer, probe: plan.probe, options: options)
        let total = subjects.count * 2 * mediation.modelsPerSubspace
        var count = 0
        var scoredBefore: [(bases: [ResidualSite: Matrix<Double>], scored: Mediation.Scored)] = []
        for subject in subjects {
            let sites = found[subject] ?? []
            let kinds: [(String, (SharedSubspace) -> Matrix<Double>)] = [
                ("shared", \.shared), ("specific", \.specific),
            ]
            for (subspace, part) in kinds {
                let bases = Dictionary(uniqueKeysWithValues: sites.map { ($0.site, part($0)) }).filter {
                    $0.value.rows > 0
                }
                var table = MediationTable(
                    benchmark: plan.leadingScorer.benchmark, subject: subject, subspace: subspace,
                    ranks: ranks(bases.mapValues(\.rows), layers: update.before.configuration.layerCount))
                if !bases.isEmpty {
                    // Domains often share the same directions; their models are scored once.
                    let known = scoredBefore.first { $0.bases == bases }?.scored
                    var scored =
                        try known
                        ?? mediation.score(
                            bases, name: subspace, subject: subject, domains: domains,
                            gradient: { try PathGradients.read($0, run) }
                        ) {
                            count += 1
                            run.progress.update(count, of: total, note: "\(subspace) with \(subject)")
                            try run.checkInterrupt()
                        }
                    if known == nil { scoredBefore.append((bases, scored)) }
                    for row in scored.rows.indices {
                        scored.rows[row].component = subspace
                        scored.rows[row].subject = subject
                    }
                    table.normShare = scored.normShare
                    table.firstOrder = scored.firstOrder
                    // A stage that was cut short left rows of its own; they are the same ones.
                    if !run.contents.holds(.removed, "\(subspace)/\(subject)") { try run.append(scored.rows) }
                }
                record.tables.append(table)
            }
        }
    }

    private static func name(_ site: ResidualSite) -> String {
        switch site {
        case .stream(let layer): "stream/\(layer)"
        case .attentionInput(let layer): "attention input/\(layer)"
        case .attentionOutput(let layer): "attention output/\(layer)"
        case .mlpInput(let layer): "mlp input/\(layer)"
        case .head: "head"
        }
    }

    /// Embeddings, each block (the most at any of its sites), the head.
    private static func ranks(_ ranks: [ResidualSite: Int], layers: Int) -> [Int] {
        [ranks[.stream(0)] ?? 0]
            + (0..<layers).map { layer in
                [ResidualSite.attentionInput(layer), .attentionOutput(layer), .mlpInput(layer), .stream(layer + 1)]
                    .map { ranks[$0] ?? 0 }.max() ?? 0
            } + [ranks[.head] ?? 0]
    }
}
