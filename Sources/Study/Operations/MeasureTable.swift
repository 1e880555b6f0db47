import Analyze
import Evaluate
import FileSupport
import Records
import Report

/// A benchmark scored for one model, and what is to be known of it.
struct ScoredBenchmark {
    let table: any ScoreTable
    let notes: [String]
    /// Scored items by known fault.
    var knownFaults: [String: Int] = [:]
    /// What each item shares with others, in the order of the scores.
    let clusters: [[String: String]]

    /// Items that are not scored, by reason.
    var skipped: [(reason: String, count: Int)] {
        Dictionary(grouping: table.skipped, by: \.reason).mapValues(\.count).sorted(by: <)
            .map { (reason: $0.key, count: $0.value) }
    }
}

/// What `driftscope evaluate` prints of all benchmarks: a row a benchmark, domain and measure, with intervals.
struct MeasureTable {
    /// What some scores of a benchmark come to.
    struct Row {
        let measure: Measure
        let interval: ClusteredInterval?
    }

    /// A benchmark's rows by domain, then those of all its scores under nil.
    struct Part {
        let benchmark: ScoredBenchmark
        let domains: [(name: String?, count: Int, rows: [Row])]
    }

    let parts: [Part]

    init(parts: [Part]) { self.parts = parts }

    init(_ benchmarks: [ScoredBenchmark]) {
        parts = benchmarks.map { one in
            let table = one.table
            let named = (table.scores as [any BenchmarkScore]).map(\.domain)
            return Part(
                benchmark: one,
                domains: (table.domains + [nil]).map { domain in
                    let places = named.indices.filter { domain == nil || named[$0] == domain }
                    let measures = table.measures(domain)
                    var intervals = ClusteredInterval.all(
                        measures.compactMap(\.statistic), clusters: places.map { one.clusters[$0] },
                        label: "\(table.benchmark)/\(domain ?? "")"
                    ).makeIterator()
                    return (
                        domain, places.count,
                        measures.map { Row(measure: $0, interval: $0.statistic == nil ? nil : intervals.next() ?? nil) }
                    )
                })
        }
    }

    /// The table, then of every benchmark what was skipped and what is to be known; empty of none.
    var text: String {
        guard !parts.isEmpty else { return "" }
        var out = TextTable(["benchmark", "domain", "N", "measure", "value", "95 % interval", "clusters"])
        for part in parts {
            for domain in part.domains {
                for row in domain.rows where row.measure.heading != nil && row.measure.name != "count" {
                    let digits = row.measure.decimals
                    func text(_ value: Double) -> String { NumberText.fixed(value, digits) }
                    out.add([
                        part.benchmark.table.benchmark, domain.name ?? "all", String(domain.count),
                        row.measure.heading ?? "",
                        digits == 0 ? String(Int(row.measure.value)) : text(row.measure.value),
                        row.interval.map { "[\(text($0.interval.lower)), \(text($0.interval.upper))]" } ?? "-",
                        row.interval?.kind ?? "-",
                    ])
                }
            }
        }
        return out.text + "\n"
            + parts.map { part in
                let table = part.benchmark.table
                let faults = part.benchmark.knownFaults.sorted(by: <).map { "\($0) \($1)" }.joined(separator: ", ")
                return "\(table.benchmark), profile \(table.profile)\n"
                    + part.benchmark.skipped.map { "skipped \($1): \($0)\n" }.joined()
                    + (faults.isEmpty ? "" : "note: scored items with a known fault: \(faults)\n")
                    + part.benchmark.notes.map { "note: \($0)\n" }.joined() + "\n"
            }.joined()
    }
}

extension MeasureTable.Part {
    var json: JSON {
        let found = domains.map { ($0.name, Self.json($0.rows)) }
        return [
            "benchmark": .string(benchmark.table.benchmark), "skipped": .integer(benchmark.table.skipped.count),
            "skippedByReason": .object(benchmark.skipped.map { ($0, .integer($1)) }),
            "knownFaults": .object(benchmark.knownFaults.sorted(by: <).map { ($0, .integer($1)) }),
            "notes": .array(benchmark.notes.map { .string($0) }),
            "domains": .object(found.compactMap { name, json in name.map { ($0, json) } }),
            "all": found.last { $0.0 == nil }?.1 ?? .null,
        ]
    }

    /// The measures by name, and under `intervals` those that have one.
    private static func json(_ rows: [MeasureTable.Row]) -> JSON {
        let intervals = rows.compactMap { row -> (String, JSON)? in
            row.interval.map {
                (
                    row.measure.name,
                    [
                        "lower": .number($0.interval.lower), "upper": .number($0.interval.upper),
                        "clusters": .string($0.kind),
                    ]
                )
            }
        }
        return .object(
            rows.map(\.measure).map {
                ($0.name, $0.decimals == 0 ? .integer(Int($0.value)) : .number($0.value))
            } + [("intervals", .object(intervals))])
    }
}
