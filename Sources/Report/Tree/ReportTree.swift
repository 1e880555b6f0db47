import Analyze
import FileSupport

/// report.json: every number that the report prints, under a stable path.
///
/// The primary benchmark stands at the top level (`transfer.race.tau.value`), further ones under
/// `benchmarks.<name>` with the same parts. What was not computed is null, with a `reason` beside it where there is one.
package enum ReportTree {
    /// Version of the layout; a path is never given another meaning under the same number.
    package static let version = "1.0"

    /// The whole tree, gates not yet in it.
    package static func build(_ input: ReportInput) -> JSON {
        let analysis = input.analysis
        var members: [(String, JSON)] = [
            ("schema", "driftscope-report"),
            ("schema_version", .string(version)),
            ("run", run(input.run)),
            ("model", model(input.model)),
            (
                "domains",
                .keyed(analysis.domains, by: \.name) { ["name": .string($0.name), "role": .string($0.role.rawValue)] }
            ),
            ("settings", settings(analysis.settings)),
            ("primary_benchmark", .of(primary(analysis))),
            ("quality", quality(input)),
        ]
        members += benchmark(primary(analysis) ?? "", analysis)
        members += [
            ("benchmarks", .object(others(analysis).map { (Slug.of($0), .object(benchmark($0, analysis))) })),
            ("why", why(analysis.attribution, input.textPolicy)),
            ("drift", .keyed(analysis.drift, by: \.space) { drift($0, input) }),
            ("trajectory", .array(input.trajectory.map(trajectory))),
            ("forget", .array(input.forget.map(forget))),
            ("coverage", .array(input.coverage.map { coverage($0) })),
            ("examples", .array(input.examples.map { example($0, input.textPolicy) })),
            ("disjointness", .array(analysis.disjointness.map(disjointness))),
            ("not_computed", .array(analysis.notComputed.map(notComputed))),
            ("provenance", .array(input.provenance.map(provenance))),
            ("text_policy", .string(input.textPolicy.rawValue)),
            ("study", .string(input.study)),
        ]
        return .object(members)
    }

    /// The benchmark that leads: as the analysis says, or the first with a verdict.
    package static func primary(_ analysis: AnalysisResult) -> String? {
        analysis.primaryBenchmark ?? analysis.verdicts.first?.benchmark ?? analysis.transfer.first?.benchmark
    }

    /// Benchmarks after the primary one, in order of appearance.
    package static func others(_ analysis: AnalysisResult) -> [String] {
        var seen: [String] = []
        let names = analysis.scores.map(\.benchmark) + analysis.transfer.map(\.benchmark)
        for name in names where name != primary(analysis) && !seen.contains(name) { seen.append(name) }
        return seen
    }

    /// Path prefix of a benchmark's parts: empty for the primary one.
    package static func prefix(_ benchmark: String, _ analysis: AnalysisResult) -> String {
        benchmark == primary(analysis) ? "" : "benchmarks." + Slug.of(benchmark) + "."
    }

    private static func benchmark(_ name: String, _ analysis: AnalysisResult) -> [(String, JSON)] {
        [
            ("verdict", .keyed(analysis.verdicts.filter { $0.benchmark == name }, by: \.domain, verdict)),
            ("scores", .keyed(analysis.scores.filter { $0.benchmark == name }, by: \.domain, score)),
            ("transfer", .keyed(analysis.transfer.filter { $0.benchmark == name }, by: \.domain, transfer)),
            ("dose", .keyed(analysis.doses.filter { $0.benchmark == name }, by: \.domain, dose)),
        ]
    }

    private static func run(_ facts: RunFacts) -> JSON {
        [
            "id": .string(facts.id), "created": .string(facts.created), "version": .string(facts.version),
            "command": .string(facts.command), "seeds": .array(facts.seeds.map { .integer($0) }),
            "threads": .integer(facts.threads),
        ]
    }

    private static func model(_ facts: ModelFacts) -> JSON {
        [
            "name": .string(facts.name), "family": .string(facts.family), "parameters": .integer(facts.parameters),
            "layers": .integer(facts.layers), "hidden_size": .integer(facts.hiddenSize),
            "vocabulary": .integer(facts.vocabulary), "context": .integer(facts.context),
            "tied_embeddings": .bool(facts.tiedEmbeddings),
        ]
    }

    private static func settings(_ settings: AnalysisSettings) -> JSON {
        [
            "seed": .string(String(settings.seed)), "bootstrap_draws": .integer(settings.bootstrapDraws),
            "control_draws": .integer(settings.controlDraws), "level": .number(settings.level),
            "alpha": .number(settings.alpha), "power": .number(settings.power), "margin": .number(settings.margin),
            "minimum_null_draws": .integer(settings.minimumNullDraws),
            "minimum_controls": .integer(settings.minimumControls),
            "minimum_items": .integer(settings.minimumItems),
            "common_part_check": .string(settings.commonPartCheck.rawValue),
            "unexposed_check": .string(settings.unexposedCheck.rawValue),
        ]
    }
}
