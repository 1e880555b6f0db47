import Analyze
import Evaluate
import FileSupport
import Foundation
import Records
import Report
import StudyFiles

/// `driftscope forecast`: which domains should move, from the model before alone.
package enum ModelForecast {
    /// Reads a study's inputs and makes its forecast; nothing is written and the model stays as it is.
    ///
    /// - Parameter model: a folder in place of the study's; `built-in` is the small model in `data/`.
    /// - Throws: ``InputError`` for anything wrong in the study or its inputs.
    package static func run(
        _ study: StudyFile, model: String?, registry: StudyRegistry = .standard, progress: ProgressLine
    ) throws -> CommandResult {
        var study = study
        if let model { study.model = ModelFolder.resolve(model) }
        let inputs = try StudyInputs.read(study, registry: registry, progress: progress)
        let forecast = try StudyForecast(inputs, scorers: try inputs.scorers()).make(progress: progress)
        progress.finishLine()
        return CommandResult(text: text(forecast, study), json: try json(forecast, study))
    }

    // MARK: For people

    private static func text(_ forecast: ForecastRecord, _ study: StudyFile) -> String {
        let model = ReaderText.model(study.model)
        var out = "forget \(study.domains.forgotten) in \(model) with \(study.optimizer.name), "
        out += "\(forecast.steps) steps at \(study.optimizer.learningRate)\n"
        for table in forecast.tables {
            let entries = ForecastRanking.order(table.entries)
            out += "\n\(table.benchmark)\n"
            var rows = TextTable(["domain", "role", "N", "B_d", "predicted", "rank", "cosine", "overlap", "words"])
            for (index, entry) in entries.enumerated() {
                rows.add([
                    entry.domain, role(entry.domain, study), String(entry.items), NumberText.fixed(entry.bias, 4),
                    NumberText.fixed(entry.predicted, 4), String(index + 1), NumberText.fixed(entry.cosine, 3),
                    entry.overlap.map { NumberText.fixed($0, 3) } ?? "-",
                    NumberText.fixed(entry.sharedWords * 100, 0) + " %",
                ])
            }
            out += rows.text
            for entry in entries { out += "\(entry.domain): \(reason(entry))\n" }
            out += """
                A first-order forecast from \(forecast.batches) batches at the model before; \(entries.count) domains. It \
                says which move and in what order; sizes hold only as far as biases change in proportion to the step.

                """
        }
        return out
    }

    private static func role(_ domain: String, _ study: StudyFile) -> String {
        if study.domains.targets.contains(domain) { return "target" }
        if study.domains.transfer.contains(domain) { return "transfer" }
        return study.domains.control.contains(domain) ? "control" : "other label"
    }

    /// Why, in words: the sign of the change, the direction, and what target and domain share.
    private static func reason(_ entry: ForecastEntry) -> String {
        let way =
            entry.predicted == 0
            ? "its bias should not move"
            : entry.predicted * entry.bias < 0 ? "its bias should move toward 0" : "its bias should move away from 0"
        var parts = ["\(way) (cosine of its gradient with the update \(NumberText.text(entry.cosine, .signed))"]
        if let plain = entry.plainCosine { parts[0] += ", with plain descent \(NumberText.text(plain, .signed))" }
        parts[0] += ")"
        parts.append("\(NumberText.text(entry.sharedWords, .percent)) of the forgotten tokens stand in its pairs")
        if let overlap = entry.overlap {
            parts.append("its words' directions overlap the target's by \(NumberText.text(overlap))")
        }
        return parts.joined(separator: "; ")
    }

    // MARK: For machines

    private static func json(_ forecast: ForecastRecord, _ study: StudyFile) throws -> JSON {
        func number(_ value: Double?) -> JSON { value.map { .number($0) } ?? .null }
        return [
            "model": .string(study.model), "target": .string(study.domains.forgotten),
            "targets": .array(study.domains.targets.map { .string($0) }),
            "optimizer": .string(study.optimizer.name), "steps": .integer(forecast.steps),
            "batches": .integer(forecast.batches),
            "benchmarks": .array(
                forecast.tables.map { table in
                    [
                        "benchmark": .string(table.benchmark),
                        "domains": .array(
                            ForecastRanking.order(table.entries).enumerated().map { index, entry in
                                [
                                    "domain": .string(entry.domain), "role": .string(role(entry.domain, study)),
                                    "rank": .integer(index + 1), "items": .integer(entry.items),
                                    "bias": .number(entry.bias), "predicted": .number(entry.predicted),
                                    "cosine": .number(entry.cosine), "plainCosine": number(entry.plainCosine),
                                    "overlap": number(entry.overlap), "sharedWords": .number(entry.sharedWords),
                                ]
                            }),
                    ]
                }),
        ]
    }
}
