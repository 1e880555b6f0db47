import Analyze
import Evaluate
import FileSupport
import Foundation
import LanguageModel
import Records

/// An evaluation as Every Eval Ever's schema 0.3.0 has it (`eval.schema.json`): a result a benchmark, domain and measure, with its
/// interval.
enum EveryEvalExport {
    /// - Parameters:
    ///   - files: the file of each benchmark, by its name.
    ///   - organization: who made the evaluation, which the schema asks for; nil is told as unknown.
    ///   - date: of the evaluation.
    static func json(
        _ measures: MeasureTable, model: String, checkpoint: LoadedCheckpoint, profile: ScoringProfile,
        files: [String: String], organization: String?, date: Date
    ) throws -> JSON {
        let stamp = String(format: "%.0f", date.timeIntervalSince1970)
        let digests = try files.mapValues { try SHA256Hex.ofFile($0).sha256 }
        let results = measures.parts.flatMap { part in
            part.domains.flatMap { domain in
                domain.rows.filter {
                    $0.measure.heading != nil && $0.measure.name != "count" && $0.measure.value.isFinite
                }
                .map { row -> JSON in
                    let benchmark = part.benchmark.table.benchmark
                    return result(
                        row, benchmark: benchmark, domain: domain.name, count: domain.count, profile: profile,
                        digest: digests[benchmark])
                }
            }
        }
        return [
            "schema_version": "0.3.0", "evaluation_id": .string("driftscope/\(model)/\(stamp)"),
            "evaluation_timestamp": .string(stamp), "retrieved_timestamp": .string(stamp),
            "source_metadata": [
                "source_name": "driftscope", "source_type": "evaluation_run",
                "source_organization_name": .string(organization ?? "unknown"), "evaluator_relationship": "other",
            ],
            "eval_library": ["name": "driftscope", "version": .string(driftscopeVersion)],
            "model_info": [
                "name": .string(model), "id": .string(model),
                "inference_engine": ["name": "driftscope", "version": .string(driftscopeVersion)],
                "additional_details": [
                    "deployment_type": "self_deployed", "model_availability": "unknown",
                    "parameters": .string(String(checkpoint.model.layout.count)),
                ],
            ],
            "evaluation_results": .array(results),
        ]
    }

    private static func result(
        _ row: MeasureTable.Row, benchmark: String, domain: String?, count: Int, profile: ScoringProfile,
        digest: String?
    ) -> JSON {
        let (measure, domain) = (row.measure, domain ?? "all")
        let isPercent = measure.heading?.contains("%") == true
        var score: [(String, JSON)] = [("score", .number(measure.value))]
        if let interval = row.interval {
            score.append(
                (
                    "uncertainty",
                    [
                        "confidence_interval": [
                            "lower": .number(interval.interval.lower), "upper": .number(interval.interval.upper),
                            "confidence_level": .number(AnalysisSettings().level),
                            "method": .string("BCa bootstrap over \(interval.kind)"),
                        ],
                        "num_samples": .integer(count),
                        "num_bootstrap_samples": .integer(AnalysisSettings().bootstrapDraws),
                    ]
                ))
        }
        return [
            "evaluation_result_id": .string("\(benchmark)/\(domain)/\(measure.name)"),
            "evaluation_name": .string("\(benchmark)/\(domain)"),
            "source_data": [
                "dataset_name": .string(benchmark), "source_type": "other",
                "additional_details": .object(
                    [("items", .string(String(count)))] + (digest.map { [("sha256", .string($0))] } ?? [])),
            ],
            "metric_config": [
                "evaluation_description": .string("\(measure.heading ?? measure.name), profile \(profile)"),
                "metric_id": .string("driftscope.\(measure.name)"), "metric_name": .string(measure.heading ?? ""),
                // Of a bias neither end is better; the schema knows only two.
                "lower_is_better": .bool(measure.use != .quality),
                // Null: no bound is told.
                "score_type": "continuous", "min_score": isPercent ? 0 : nil, "max_score": isPercent ? 100 : nil,
                "additional_details": [
                    "best": .string(
                        measure.use == .quality ? "highest" : "no preference; see driftscope's docs/metrics.md")
                ],
            ],
            "score_details": .object(score),
        ]
    }
}
