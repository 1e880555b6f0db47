import Analyze
import Counterfactuals
import LanguageModel

/// Scores of the model after whose embedding rows were moved back by the shift that they have in common: what is left of a
/// change is not that shift's.
enum CommonShiftStage: Stage {
    static let name = "common shift removed"
    static let summary = "the model after, scored without the shift that all embedding rows share"
    static let needs = [OutcomeStage.name]
    static let writes = ["/evaluation"]

    static func isDone(_ plan: StudyPlan, _ contents: RunContents) -> Bool {
        plan.scorers.allSatisfy { contents.holdsScores(ScoreTables.commonRemovedLabel, $0.benchmark) }
    }

    static func cost(_ plan: StudyPlan) -> StageCost {
        let costs = plan.costs
        return StageCost(
            [(1, "scoring")], work: costs.scoring + costs.sweeps(3), memory: 2 * costs.modelBytes + costs.embeddingBytes
        )
    }

    static func run(_ run: RunContext) throws {
        run.progress.begin("scoring without the common shift")
        let space = try RunAnalysis.inputSpace(run.reader(), study: run.study)
        let model = try run.after().movingInputEmbeddings(backBy: CommonShift(space).vector.map(Float.init))
        for scorer in run.plan.scorers {
            let table = scorer.score(model)
            try run.writer.writeEvaluation(
                try ScoreTables.evaluation(
                    table, items: scorer.items, exposure: scorer.items.map { _ in (false, false) }, perToken: false),
                label: ScoreTables.commonRemovedLabel, benchmark: scorer.benchmark)
        }
    }
}
