import Analyze
import Embeddings
import Foundation
import LinearAlgebra
import StudyFiles

extension RunAnalysis {
    /// Adds what is known of retrainings, the forecast and the sweeps to what attribution reads.
    static func addRetrainings(
        _ input: inout AttributionInput, _ reader: RunReader, _ interventions: InterventionTable?,
        _ retrainings: StoredRetrainings?, study: StudyFile
    ) throws {
        input.reruns = retrainings?.reruns ?? []
        if let forecast = try StoredForecast.read(reader) {
            let outcome = try StoredForecastOutcome.read(reader)?.actual ?? [:]
            input.forecasts = forecast.tables.map { table in
                var table = table
                for i in table.entries.indices {
                    if let actual = outcome[table.benchmark]?[table.entries[i].domain] {
                        table.entries[i].actual = actual
                    }
                }
                return table
            }
        } else if study.why.forecast {
            input.notDone.append(
                NotComputed(what: "forecast", reason: "none was written before the unlearning began"))
        }
        input.notDone += notAsked(study.why)
        input.sweep = try strengths(reader, interventions, study: study) + steps(reader, study: study)
    }

    /// What the study left out, with the key that asks for it.
    private static func notAsked(_ why: StudyFile.WhySettings) -> [NotComputed] {
        let missing: [(String, Bool, String)] = [
            ("forecast", why.forecast, "why.forecast is off"), ("ladder", why.ablations, "why.ablations is off"),
            ("retrainings without the retain term and with plain SGD", why.retrainings, "why.retrainings is off"),
            ("null of neutral words", why.neutralWords > 0, "why.neutral-words is 0"),
            ("transfer matrix", !why.matrix.isEmpty, "the study names no further forget set under why.matrix"),
        ]
        return missing.filter { !$0.1 }.map { NotComputed(what: $0.0, reason: $0.2) }
    }

    /// Doses as points of bias against quality, on the leading benchmark.
    private static func strengths(
        _ reader: RunReader, _ interventions: InterventionTable?, study: StudyFile
    ) throws -> [QualityPoint] {
        guard let rows = interventions?.rows, let kinds = rows.string("kind"),
            let benchmarks = rows.string("benchmark"), let alphas = rows.double("alpha"),
            let kl = rows.double("kl"), let perplexity = rows.double("perplexity"),
            let leading = try reader.evaluations().first(where: { $0.label == "before" })?.benchmark
        else { return [] }
        return kinds.indices.filter { kinds[$0] == "dose" && benchmarks[$0] == leading }.map { row in
            point(
                "strength", alphas[row], perplexity: perplexity[row], kl: kl[row],
                bias: study.domains.all.map {
                    ($0, rows.double(ScoreTables.biasPrefix + $0)?[row] ?? .nan)
                })
        }
    }

    /// Steps of the unlearning at which bias was scored; perplexity and KL are those of the guard text.
    private static func steps(_ reader: RunReader, study: StudyFile) throws -> [QualityPoint] {
        try (reader.trajectory()?.steps ?? []).map { row in
            point(
                // The model before is no distance from itself.
                "steps", Double(row.step), perplexity: row.perplexity, kl: row.step == 0 ? 0 : row.kl,
                bias: study.domains.all.map { ($0, row.bias[$0] ?? .nan) })
        }.filter { !$0.bias.isEmpty }
    }

    private static func point(
        _ sweep: String, _ value: Double, perplexity: Double, kl: Double, bias: [(String, Double)]
    ) -> QualityPoint {
        QualityPoint(
            sweep: sweep, value: value, perplexity: perplexity.isFinite ? perplexity : nil,
            kl: kl.isFinite ? kl : nil,
            bias: Dictionary(uniqueKeysWithValues: bias.filter(\.1.isFinite)))
    }

    /// τ of every seed; empty for a study of one.
    static func seeds(
        _ retrainings: StoredRetrainings?, _ interventions: InterventionTable?, study: StudyFile,
        benchmarks: [BenchmarkScores], domains: [AnalysisDomain]
    ) -> [SeedTau] {
        let reruns = retrainings?.reruns.filter { $0.purpose == .seed } ?? []
        guard !reruns.isEmpty, let table = interventions else { return [] }
        return benchmarks.flatMap { benchmark in
            domains.flatMap { domain -> [SeedTau] in
                let items = benchmark.items.filter { $0.domain == domain.name }
                guard !items.isEmpty else { return [] }
                let before = mean(items.map(\.before))
                func tau(_ seed: Int, _ gaps: [Double]) -> SeedTau {
                    SeedTau(
                        benchmark: benchmark.name, domain: domain.name, seed: UInt64(seed),
                        tau: mean(gaps) - before, gaps: gaps)
                }
                return [tau(study.seeds[0], items.map(\.after))]
                    + reruns.compactMap { rerun in
                        gaps(rerun.name, table, benchmark: benchmark.name, domain: domain.name).map {
                            tau(rerun.seed, $0)
                        }
                    }
            }
        }
    }

    /// Unlearning of neutral words as a null.
    static func neutralNulls(
        _ retrainings: StoredRetrainings?, _ interventions: InterventionTable?, benchmarks: [BenchmarkScores],
        domains: [AnalysisDomain]
    ) -> [NullTable] {
        guard let stored = retrainings, let table = interventions,
            let names = table.rows.string("module"), let kinds = table.rows.string("kind"),
            let kl = table.rows.double("kl")
        else { return [] }
        let reruns = stored.reruns.filter { $0.purpose == .neutralWords && $0.reason == nil }
        var errors: [String: Double] = [:]
        for row in names.indices where kinds[row] == ScoredModel.Kind.rerun.rawValue {
            if let target = stored.targetKL, target > 0 { errors[names[row]] = abs(kl[row] / target - 1) }
        }
        let own = reruns.compactMap { errors[$0.name] }
        return benchmarks.flatMap { benchmark in
            domains.compactMap { domain -> NullTable? in
                let before = benchmark.items.filter { $0.domain == domain.name }.map(\.before)
                let draws = reruns.compactMap { rerun in
                    gaps(rerun.name, table, benchmark: benchmark.name, domain: domain.name).map {
                        NullDraw(seed: UInt64(rerun.seed), exact: mean($0) - mean(before))
                    }
                }
                return draws.isEmpty
                    ? nil
                    : NullTable(
                        kind: "neutral-words", benchmark: benchmark.name, domain: domain.name, draws: draws,
                        worstKLError: own.max(), unmatched: own.count { !($0 <= StudyRun.neutralKLTolerance) })
            }
        }
    }

    /// Signed gaps of a retraining; nil when it was not scored there.
    private static func gaps(
        _ name: String, _ table: InterventionTable, benchmark: String, domain: String
    ) -> [Double]? {
        guard let names = table.rows.string("module"), let kinds = table.rows.string("kind"),
            let benchmarks = table.rows.string("benchmark"),
            let matrix = table.gaps[ScoreTables.key(benchmark, domain)],
            let row = names.indices.first(where: {
                kinds[$0] == ScoredModel.Kind.rerun.rawValue && names[$0] == name && benchmarks[$0] == benchmark
            })
        else { return nil }
        return matrix.row(row).map(Double.init)
    }

    private static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
}
