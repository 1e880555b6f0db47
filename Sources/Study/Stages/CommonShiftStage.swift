import Analyze
import FileSupport
import LanguageModel
import Records

/// Scores of the model after whose embedding rows were moved back by the shift that they have in common: what is left of a
/// change is not that shift's.
enum CommonShiftStage: Stage {
    static let name = "common shift removed"
    static let summary = "the model after, scored without the shift that all embedding rows share"
    static let needs = [OutcomeStage.name]
    static let writes = ["/evaluation"]

    static func isDone(_ plan: StudyPlan, _ contents: RunContents) -> Bool {
        plan.scorers.allSatisfy { contents.holdsScores(Evaluation.commonRemoved, $0.benchmark) }
    }

    static func cost(_ plan: StudyPlan) -> StageCost {
        let costs = plan.costs
        return StageCost(
            counts: [(1, "scoring")], work: costs.scoring + costs.sweeps(3),
            memory: 2 * costs.modelBytes + costs.embeddingBytes)
    }

    static func run(_ run: RunContext) throws {
        run.progress.begin("scoring without the common shift")
        let reader = try run.reader()
        guard let tokens = try reader.tokens() else {
            throw InputError("the run holds no tokens", at: reader.path, remedy: "begin anew with another --out")
        }
        let space = EmbeddingSpaces.input(
            before: try reader.embedding(try reader.snapshot(Evaluation.before)),
            after: try reader.embedding(try reader.snapshot(Evaluation.after)), tokens: tokens,
            concepts: run.inputs.concepts, domains: run.study.analysisDomains)
        let model = try run.after().movingInputEmbeddings(backBy: CommonShift(space).vector.map(Float.init))
        for scorer in run.plan.scorers {
            try run.writer.write(
                try Evaluation(scorer.score(model, perToken: false), of: scorer, label: Evaluation.commonRemoved))
        }
    }
}
