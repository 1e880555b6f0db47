import Attribution
import FileSupport
import LanguageModel
import LinearAlgebra
import Records
import StudyFiles

/// How the update is aligned with each domain's bias, by component, and what it did to neutral minimal pairs.
enum AlignmentStage: Stage {
    static let name = "alignment"
    static let summary = "the update's inner products with each bias's gradients, by component; neutral minimal pairs"
    static let needs = [UnlearningStage.name, DecompositionStage.name]
    static let writes = ["/gradients", "parts/path-gradients"]

    static func isAsked(_ study: StudyFile) -> Bool { study.why.alignment }

    static func isDone(_: StudyPlan, _ contents: RunContents) -> Bool { contents.holds(AlignmentRecord.self) }

    static func cost(_ plan: StudyPlan) -> StageCost {
        let (costs, budget) = (plan.costs, plan.budget)
        let gradients = budget.pathNodes + 1
        let pairs = Double(budget.neutralPairs.count) / Double(max(1, plan.leadingScorer.items.count))
        let summands = plan.study.why.decomposition ? 3.0 : 0
        return StageCost(
            counts: [
                (gradients * costs.domains, "bias gradient"), (2 * budget.neutralPairs.count, "scored neutral pair"),
            ],
            work: costs.gradients(plan.leadingScorer) * Double(gradients)
                + costs.sweeps(Double(costs.domains) * (Double(gradients) + 6 + summands))
                + costs.leadingScoring * (2 + 2 * pairs),
            memory: 2 * costs.untiedBytes + costs.inMemory(2 * costs.untiedBytes) + costs.activationBytes,
            stored: 100_000,
            files: costs.untiedBytes * Double(costs.domains))
    }

    static func run(_ run: RunContext) throws {
        let (plan, study) = (run.plan, run.study)
        run.progress.begin("alignment of the update")
        let terms = study.why.decomposition ? try StoredTerms.read(run) : nil
        let update = try run.untiedUpdate()
        let measure = AlignmentMeasure(
            update, isTied: run.before.hasTiedEmbeddings, neutral: plan.neutralText,
            neutralTokens: plan.budget.neutralTokens,
            summands: terms.map { [$0.forget, $0.retain, $0.decay] } ?? [], folder: run.folder.scratch)
        var record = AlignmentRecord()
        let (scorer, measured) = (plan.leadingScorer, plan.objectives)
        record.notDone += study.domains.all.filter { domain in !measured.contains { $0.domain == domain } }.map {
            NotComputed(what: "alignment with \($0) on \(scorer.benchmark)", reason: "the benchmark has no such pairs")
        }
        let (before, after) = (
            try run.scores(Evaluation.before, of: scorer), try run.scores(Evaluation.after, of: scorer)
        )
        for (index, (domain, objective)) in measured.enumerated() {
            let start = try PathGradients.start(domain, run)
            func alignment(_ nodes: Int) throws -> (alignment: AlignmentTable, pathGradient: FloatBuffer) {
                try measure.measure(
                    objective, from: start, change: after.bias(domain) - before.bias(domain), of: domain,
                    on: scorer.benchmark, nodes: nodes
                ) {
                    run.progress.update(index * nodes + $0, of: measured.count * nodes)
                    try run.checkInterrupt()
                }
            }
            var found = try alignment(plan.budget.pathNodes)
            if let more = plan.budget.moreNodes,
                plan.budget.isOff(path: found.alignment.path, exact: found.alignment.exact)
            {
                found = try alignment(more)
            }
            record.tables.append(found.alignment)
            try PathGradients.write(found.pathGradient, domain: domain, run)
        }
        try scoreNeutralPairs(update, run, into: &record)
        try run.writer.write(record)
        try run.audit.append("alignment", ["domains": .integer(record.tables.count)])
    }

    private static func scoreNeutralPairs(
        _ update: ParameterUpdate, _ run: RunContext, into record: inout AlignmentRecord
    ) throws {
        run.progress.begin("neutral minimal pairs")
        let (plan, inputs) = (run.plan, run.inputs)
        let words = inputs.concepts.words.filter {
            $0.isControl && !$0.inTwoConcepts && $0.exposure == .unexposed && !$0.singleTokens.isEmpty
        }
        let text = plan.neutralSentences
        let pairs = NeutralMinimalPairs.choose(
            words.map { word in
                let frequency = word.singleTokens.reduce(0) { $0 + inputs.corpusCounts[Int($1)] }
                return (word.word, frequency, word.lexicon, word.group)
            }, sentences: text.untouched, retained: text.retained, count: plan.budget.neutralPairs.count,
            longest: plan.budget.neutralPairs.longest, seed: plan.seed)
        guard pairs.count >= NeutralMinimalPairs.least else {
            record.notDone.append(
                NotComputed(
                    what: "neutral minimal pairs",
                    reason: "the neutral text gives \(pairs.count) with a control word, "
                        + "\(NeutralMinimalPairs.least) wanted", kind: .neutralWords))
            return
        }
        let scorer = plan.leadingScorer
        let gaps = try NeutralMinimalPairs.gaps(
            of: pairs, under: update, tokenizer: inputs.tokenizer, profile: scorer.profile, check: run.checkInterrupt)
        record.neutralPairs.append(NeutralPairs(benchmark: scorer.benchmark, before: gaps.before, after: gaps.after))
    }
}
