import StudyFiles

/// One stage of a run: what it does, what it needs, whether it is done, what it costs.
///
/// A stage orders and stores; what it computes lies in the modules below. It writes its numbers before the next begins, so
/// a run that was killed goes on with the first stage whose numbers are not there.
protocol Stage {
    /// Its name, unique, as the docs have it.
    static var name: String { get }
    /// What it does, in one sentence without a full stop.
    static var summary: String { get }
    /// The names of stages whose results it reads.
    static var needs: [String] { get }
    /// The groups of run.h5 and the files that it writes.
    static var writes: [String] { get }

    /// Whether a study asks for it.
    static func isAsked(_ study: StudyFile) -> Bool
    /// Whether nothing is left to do.
    ///
    /// - Throws: ``InputError`` when an input cannot be read any more.
    static func isDone(_ plan: StudyPlan, _ contents: RunContents) throws -> Bool
    /// What it would cost from its beginning.
    ///
    /// - Throws: ``InputError`` when an input cannot be read any more.
    static func cost(_ plan: StudyPlan) throws -> StageCost
    /// Does what is left to do.
    ///
    /// - Throws: ``InterruptedError`` and ``UnfinishedError``; what was written stays.
    static func run(_ run: RunContext) throws
}

extension Stage {
    static var needs: [String] { [] }
    static func isAsked(_: StudyFile) -> Bool { true }
}

/// The stages of a run.
package enum Stages {
    /// All of them, in order: what `run`, `--resume`, `--dry-run` and docs/architecture.md go by.
    static var all: [any Stage.Type] {
        [
            ForgottenWordsStage.self, BaselineStage.self, ForecastStage.self, UnlearningStage.self,
            OutcomeStage.self, AssociationsStage.self, ContinuationsStage.self, CommandsStage.self,
            ForecastOutcomeStage.self,
            CommonShiftStage.self,
            UpdateScalingStage.self,
            RandomUpdatesStage.self, DecompositionStage.self, AlignmentStage.self, ContributionsStage.self,
            PatchingStage.self, MediationStage.self, RetrainingsStage.self, PackingStage.self, ReportStage.self,
        ]
    }

    /// What is said of each stage, in order.
    package static var descriptions: [(name: String, summary: String, needs: [String], writes: [String])] {
        all.map { ($0.name, $0.summary, $0.needs, $0.writes) }
    }

    /// The stages as a Markdown table.
    package static var table: String {
        "| stage | what it does | needs | writes |\n|---|---|---|---|\n"
            + descriptions.map { stage in
                let writes = stage.writes.map { "`" + $0 + "`" }.joined(separator: ", ")
                let needs = stage.needs.joined(separator: ", ")
                return "| \(stage.name) | \(stage.summary) | \(needs) | \(writes) |\n"
            }.joined()
    }
}
