import Embeddings
import FileSupport
import Records
import StudyFiles

/// Tests of association (WEAT, SEAT) under the model before and the model after.
enum AssociationsStage: Stage {
    static let name = "associations"
    static let summary = "WEAT and SEAT under the model before and the model after"
    static let needs = [UnlearningStage.name]
    static let writes = ["/" + AssociationRecord.group]

    static func isAsked(_ study: StudyFile) -> Bool { !study.evaluate.weat.isEmpty }

    static func isDone(_ plan: StudyPlan, _ contents: RunContents) -> Bool {
        contents.holds(AssociationRecord.self)
    }

    static func cost(_ plan: StudyPlan) -> StageCost {
        // Every text by itself, and inside the neutral sentences, under both models.
        let sentences = plan.inputs.associations.reduce(0) { sum, sets in
            sum + 2 * sets.texts.count * (sets.holdsSentences ? 1 : 1 + TemplateSet.plain.sentences.count)
        }
        return StageCost(
            counts: [(plan.inputs.associations.count, "test"), (sentences, "sentence")],
            work: plan.costs.forward(sentences: sentences, length: 8), memory: plan.costs.modelBytes)
    }

    static func run(_ run: RunContext) throws {
        var record = AssociationRecord()
        let after = try run.after()
        for sets in run.inputs.associations {
            try run.checkInterrupt()
            run.progress.begin("associations of \(sets.name)")
            record.before += try sets.scores(of: run.before, tokenizer: run.inputs.tokenizer)
            record.after += try sets.scores(of: after, tokenizer: run.inputs.tokenizer)
        }
        try run.writer.write(record)
    }
}
