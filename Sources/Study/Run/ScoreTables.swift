import Attribution
import Counterfactuals
import Embeddings
import Evaluate
import Foundation
import LinearAlgebra

/// Scores as tables of run.h5, and back.
enum ScoreTables {
    /// The table of one benchmark; `exposure` tells, per item, whether its identity and its attribute words are exposed.
    static func evaluation(
        _ table: any ScoreTable, of scorer: any BenchmarkScorer, exposure: [(identity: Bool, attribute: Bool)],
        perToken: Bool
    ) throws -> Evaluation {
        let (scores, items): ([any ItemScore], [any BenchmarkItem]) = (table.scores, scorer.items)
        var columns = Table()
        columns.append(.int64(scores.map { Int64($0.row) }), as: "row")
        columns.append(.string(scores.map { $0.domain }), as: "domain")
        for column in scorer.itemColumns { columns.append(column) }
        columns.append(.double(scores.map { $0.gap }), as: "gap")
        for column in table.columns { columns.append(column) }
        columns.append(.bool(exposure.map(\.identity)), as: "identity_exposed")
        columns.append(.bool(exposure.map(\.attribute)), as: "attribute_exposed")
        for name in Set(items.flatMap { $0.clusters.keys }).sorted() {
            columns.append(.string(items.map { $0.clusters[name] ?? "" }), as: clusterPrefix + name)
        }
        if perToken {
            columns.append(.string(try scores.map { try SentenceTokens.json($0.sentences) }), as: "per_token")
        }
        var skipped: [String: Int] = [:]
        for row in table.skipped { skipped[row.reason, default: 0] += 1 }
        let summary = String(decoding: try JSONEncoder().encode(skipped), as: UTF8.self)
        return Evaluation(profile: table.profile.name, summary: summary, items: columns)
    }

    static let clusterPrefix = "cluster:"
    static let biasPrefix = "bias:"
    static let firstOrderPrefix = "first_order:"

    /// Rows of models scored. Gaps are keyed `benchmark.domain`; a row of another benchmark, or one that was scored to
    /// first order, holds NaN.
    static func interventions(
        _ rows: [InterventionRow], widths: [(benchmark: String, domain: String, items: Int)], domains: [String]
    ) -> InterventionTable {
        var table = Table()
        table.append(.string(rows.map(\.benchmark)), as: "benchmark")
        table.append(.string(rows.map { $0.kind.rawValue }), as: "kind")
        table.append(.string(rows.map(\.module)), as: "module")
        table.append(.string(rows.map { $0.subject ?? "" }), as: "subject")
        table.append(.double(rows.map(\.alpha)), as: "alpha")
        table.append(.double(rows.map { $0.norm ?? .nan }), as: "norm")
        table.append(.int64(rows.map { Int64($0.draw ?? -1) }), as: "draw")
        table.append(.int64(rows.map { $0.seed.map { Int64(bitPattern: $0) } ?? -1 }), as: "seed")
        table.append(.double(rows.map(\.kl)), as: "kl")
        table.append(.double(rows.map { $0.perplexity ?? .nan }), as: "perplexity")
        table.append(.string(rows.map { $0.scoring.rawValue }), as: "scoring")
        for domain in domains { table.append(.double(rows.map { $0.bias[domain] ?? .nan }), as: biasPrefix + domain) }
        for domain in domains {
            table.append(.double(rows.map { $0.firstOrder[domain] ?? .nan }), as: firstOrderPrefix + domain)
        }
        var gaps: [String: Matrix<Float>] = [:]
        for (benchmark, domain, width) in widths {
            var elements: [Float] = []
            elements.reserveCapacity(rows.count * width)
            for row in rows {
                let found = row.benchmark == benchmark ? row.gaps[domain] : nil
                elements += found?.count == width ? found ?? [] : [Float](repeating: .nan, count: width)
            }
            gaps[key(benchmark, domain)] = Matrix(rows: rows.count, columns: width, elements: elements)
        }
        return InterventionTable(rows: table, gaps: gaps)
    }

    /// The key of a benchmark's domain among the gaps: a name that HDF5 takes as it is.
    static func key(_ benchmark: String, _ domain: String) -> String { RunPaths.safe(benchmark + "." + domain) }
}

extension Table {
    /// Adds a benchmark's own column; a number that is missing is NaN.
    fileprivate mutating func append(_ column: ScoreColumn) {
        switch column.values {
        case .text(let values): append(.string(values), as: column.name)
        case .number(let values): append(.double(values.map { $0 ?? .nan }), as: column.name)
        case .count(let values): append(.int64(values.map(Int64.init)), as: column.name)
        case .flag(let values): append(.bool(values), as: column.name)
        }
    }
}
