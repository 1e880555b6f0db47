import FileSupport
import Foundation

/// All parts into one run.h5.
enum PackingStage: Stage {
    static let name = "packing"
    static let summary = "all parts into one run.h5, read back and compared"
    static let needs = [OutcomeStage.name]
    static let writes = ["run.h5"]

    static func isDone(_: StudyPlan, _ contents: RunContents) -> Bool { contents.isPacked }

    static func cost(_ plan: StudyPlan) throws -> StageCost {
        let others = Stages.all.filter { $0.isAsked(plan.study) && $0.name != name }
        return StageCost(counts: [], stored: 0, files: try others.reduce(0.0) { try $0 + $1.cost(plan).stored })
    }

    static func run(_ run: RunContext) throws {
        run.progress.begin("packing run.h5")
        // What stages kept for each other needs no room any more.
        for folder in [run.folder.pathGradients, run.folder.updateTerms]
        where FileManager.default.fileExists(atPath: folder) { try FileManager.default.removeItem(atPath: folder) }
        try run.writer.finish()
        run.contents.isPacked = true
    }
}
