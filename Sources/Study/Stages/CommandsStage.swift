import FileSupport
import Records
import StudyFiles

/// Measures of the study's own, which commands take, under the model before and the model after.
enum CommandsStage: Stage {
    static let name = "commands"
    static let summary = "what the study's own commands score under the model before and the model after"
    static let needs = [UnlearningStage.name]
    static let writes = ["/" + CommandRecord.group, "commands"]

    static func isAsked(_ study: StudyFile) -> Bool { !study.evaluate.custom.isEmpty }

    static func isDone(_ plan: StudyPlan, _ contents: RunContents) -> Bool { contents.holds(CommandRecord.self) }

    /// The time is the commands' own.
    static func cost(_ plan: StudyPlan) -> StageCost {
        StageCost(
            counts: [(2 * plan.study.evaluate.custom.count, "command")], work: Work(), files: plan.costs.modelBytes)
    }

    static func run(_ run: RunContext) throws {
        let commands = run.study.commands(in: run.folder)
        let before = try run.scores(of: run.before, by: commands, label: Evaluation.before)
        let after = try run.scores(run.folder.checkpoint, by: commands, label: Evaluation.after)
        var record = CommandRecord()
        for settings in commands.map(\.settings) {
            guard let old = before[settings.name], let new = after[settings.name] else { continue }
            record.commands.append(
                .init(name: settings.name, lowerIsBetter: settings.lowerIsBetter, before: old, after: new))
        }
        try run.writer.write(record)
    }
}
