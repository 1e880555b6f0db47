import Embeddings
import FileSupport
import Foundation
import LanguageModel
import StudyFiles

extension StudyRun {
    /// Writes down which domains should move, before the first step of the unlearning.
    func forecast() throws {
        guard study.why.forecast, try StoredForecast.read(RunReader(folder.path)) == nil else { return }
        // With a state of the unlearning on the disk it would come too late to be one.
        guard !folder.hasCheckpoint, !FileManager.default.fileExists(atPath: folder.unlearnState) else { return }
        try checkInterrupt()
        let made = try StudyForecast(inputs, scorers: scorers).make(progress: progress, check: checkInterrupt)
        try writer.write(try made.record(), as: StoredForecast.name)
        try audit.append(
            "forecast",
            [
                "predicted": .object(
                    made.tables.map { table in
                        (table.benchmark, .object(table.entries.map { ($0.domain, .number($0.predicted)) }))
                    })
            ])
    }

    /// Scores the labels that only the forecast looks at, once the model after is there.
    func forecastOutcome(after: TransformerModel) throws {
        let reader = try RunReader(folder.path)
        guard let forecast = try StoredForecast.read(reader), try StoredForecastOutcome.read(reader) == nil else {
            return
        }
        let study = try StudyForecast(inputs, scorers: scorers)
        guard study.others.contains(where: { $0 != nil }) else { return }
        try checkInterrupt()
        progress.begin("what came of the forecast")
        try writer.write(
            try StageRecord.record(study.outcome(forecast, after: after)), as: StoredForecastOutcome.name)
    }
}
