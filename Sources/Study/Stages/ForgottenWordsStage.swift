import Unlearn

/// Which words of which rows are to be forgotten, for a person to check.
enum ForgottenWordsStage: Stage {
    static let name = "forgotten words"
    static let summary = "the words to forget, row by row, for review"
    static let writes = ["forgotten-words.jsonl"]

    static func isDone(_: StudyPlan, _ contents: RunContents) -> Bool { contents.folder.hasForgottenWords }

    static func cost(_ plan: StudyPlan) -> StageCost {
        let sentences = plan.inputs.forget.sentences.count
        return StageCost(counts: [(sentences, "sentence")], files: Double(sentences) * 150)
    }

    static func run(_ run: RunContext) throws {
        try Review.write(run.inputs.forget, shown: run.study.report.text == "shown", to: run.folder.forgottenWords)
    }
}
