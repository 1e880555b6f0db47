import Analyze
import Attribution
import FileSupport
import LanguageModel
import LinearAlgebra
import Records
import StudyFiles
import Unlearn

/// What each forget sentence and each harmful word did to each bias.
///
/// The run's steps are taken once more, after the decomposition has: a contribution is measured at the θ of its step, with
/// coefficients that depend on all later ones, and neither is worth keeping for every step.
enum ContributionsStage: Stage {
    static let name = "contributions"
    static let summary = "what each forget sentence and each harmful word did to each bias, to first order"
    static let needs = [UnlearningStage.name, DecompositionStage.name, AlignmentStage.name]
    static let writes = ["/contributions"]

    static func isAsked(_ study: StudyFile) -> Bool { study.why.decomposition }

    static func isDone(_: StudyPlan, _ contents: RunContents) -> Bool { contents.holds(ContributionRecord.self) }

    static func cost(_ plan: StudyPlan) -> StageCost {
        let (costs, configuration) = (plan.costs, plan.inputs.configuration)
        let walks = configuration.optimizer.name == .adamw ? 2 : 1
        let step = costs.step(configuration, forget: plan.inputs.forget)
        // Two scorings of a step's sentences for each bias.
        let slopes = Work(forward: step.training / 3 * 2 * Double(costs.domains))
        return StageCost(
            counts: [
                (walks * configuration.steps, "step"), (costs.domains * configuration.steps, "directional derivative"),
            ],
            work: step * Double(walks * configuration.steps)
                + (slopes + costs.sweeps(Double(3 * costs.domains))) * Double(configuration.steps)
                + PathGradients.cost(plan),
            memory: 6 * costs.modelBytes
                + costs.inMemory(costs.modelBytes * Double(2 + costs.domains))
                + costs.activationBytes, stored: 200_000)
    }

    static func run(_ run: RunContext) throws {
        var record = ContributionRecord()
        let domains = run.plan.objectives.map(\.domain)
        let repetition = try StoredTerms.repetition(run)
        if let reason = repetition.lacksTokenWeights {
            record.notDone.append(NotComputed(what: "contributions of sentences and words", reason: reason))
            return try run.writer.write(record)
        }
        guard !domains.isEmpty, let bias = try gradients(domains, run) else {
            record.notDone.append(
                NotComputed(
                    what: "contributions of sentences and words",
                    reason: domains.isEmpty ? "the benchmark has no pairs" : "no step of the run was kept"))
            return try run.writer.write(record)
        }
        run.progress.begin("contributions of sentences and words")
        let found = try ForgetContributions(repetition, gradients: bias.gradients, folder: run.folder.scratch) { done in
            run.progress.update(done, of: 2 * repetition.steps)
            try run.checkInterrupt()
        }
        record.tables = [try table(found, run, domains: domains, retain: bias.retain, decay: bias.decay)]
        try run.writer.write(record)
        try run.audit.append(
            "contributions", ["sentences": .integer(record.tables[0].sentences.count), "exact": .bool(found.isExact)])
    }

    /// The gradient of each domain's bias averaged along the update, and what the retain term and weight decay did to
    /// each bias; nil when the run kept no step.
    private static func gradients(_ domains: [String], _ run: RunContext) throws -> (
        gradients: [FloatBuffer], retain: [Double], decay: [Double]
    )? {
        guard let terms = try StoredTerms.read(run) else { return nil }
        run.progress.begin("gradients of the biases along the update")
        // Of a tied matrix the two sides are added up: so the terms of the update have them.
        let folder = run.folder.scratch
        let gradients = try PathGradients.readAll(domains, run) {
            try run.before.foldedOutputGradient($0, in: folder)
        }
        func products(_ term: FloatBuffer?) -> [Double] {
            gradients.map { gradient in
                defer { gradient.release() }
                return term.map { ForgetContributions.product(gradient, $0) } ?? 0
            }
        }
        return (gradients, products(try terms.retain()), products(try terms.decay()))
    }

    /// The contributions of the sentences and words that a step used.
    private static func table(
        _ found: ForgetContributions, _ run: RunContext, domains: [String], retain: [Double], decay: [Double]
    ) throws -> ContributionTable {
        let (inputs, study) = (run.inputs, run.study)
        let sentences = inputs.forget.sentences
        let isOne = inputs.forgetSets.count == 1
        let used = sentences.indices.filter { found.uses[$0] > 0 }
        let words = found.words.indices.filter { found.wordUses[$0] > 0 }
        let use = try inputs.harmfulWordUse()
        let others = (study.domains.transfer + study.domains.control).map { ($0, use.words(against: $0)) }
        return ContributionTable(
            benchmark: run.plan.leadingScorer.benchmark, domains: domains,
            sentences: used.map { isOne ? sentences[$0].id : (sentences[$0].domain ?? "") + " " + sentences[$0].id },
            digests: used.map { sentences[$0].sha256 }, uses: used.map { found.uses[$0] },
            bySentence: found.bySentence.map { values in used.map { values[$0] } },
            words: words.map { found.words[$0] }, wordUses: words.map { found.wordUses[$0] },
            byWord: found.byWord.map { values in words.map { values[$0] } },
            usedAgainst: words.map { word in others.filter { $0.1.contains(found.words[word]) }.map(\.0) },
            retain: retain, decay: decay, isExact: found.isExact,
            sets: study.domains.targets.count == 1 ? nil : used.map { sentences[$0].domain ?? "" })
    }
}
