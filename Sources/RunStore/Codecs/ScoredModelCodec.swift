import LinearAlgebra
import Records

// /interventions: the dataframe `models`, a row a model, and `gaps` with a matrix `(rows, items)` a benchmark's domain. A
// row of another benchmark, or one that was scored to first order, holds NaN there.

extension ScoredModel.Kind: ColumnValue {}
extension ScoredModel.Scoring: ColumnValue {}

extension HDF5Group {
    private static let biasPrefix = "bias:"

    private func modelColumns(_ domains: [String]?) -> [Column<ScoredModel>] {
        [
            Column("benchmark", \.benchmark), Column("kind", \.kind), Column("module", \.component),
            Column("subject", \.subject), Column("alpha", \.alpha), Column("norm", \.norm), Column("draw", \.draw),
            Column("seed", \.seed), Column("kl", \.kl), Column("perplexity", \.perplexity),
            Column("scoring", \.scoring), .keyed(Self.biasPrefix, \.bias, keys: domains),
            .keyed("first_order:", \.firstOrder, keys: domains),
        ]
    }

    /// The name of a benchmark's domain among the gaps.
    private static func gapsName(_ benchmark: String, _ domain: String) -> String {
        RunPaths.safe(benchmark + "." + domain)
    }

    /// Writes scored models over the domains and items of their run.
    func write(_ models: [ScoredModel], _ items: ScoredItems) throws {
        try setEncoding("dict")
        try writeTable("models", models, modelColumns(items.domains))
        let gaps = try createDict("gaps")
        for (benchmark, counts) in items.counts.sorted(by: { $0.key < $1.key }) {
            for (domain, width) in counts.sorted(by: { $0.key < $1.key }) {
                let elements = models.flatMap { model in
                    let found = model.benchmark == benchmark ? model.gaps[domain] : nil
                    return found.flatMap { $0.count == width ? $0.map(Float.init) : nil }
                        ?? [Float](repeating: .nan, count: width)
                }
                try gaps.writeMatrix(
                    Self.gapsName(benchmark, domain), Matrix(rows: models.count, columns: width, elements: elements))
            }
        }
    }

    func readModels() throws -> [ScoredModel] {
        var models = try readTable("models", blank: ScoredModel(benchmark: "", kind: .dose), modelColumns(nil))
        let domains = try member("models").columnNames().filter { $0.hasPrefix(Self.biasPrefix) }
            .map { String($0.dropFirst(Self.biasPrefix.count)) }
        let gaps = try member("gaps")
        for benchmark in Set(models.map(\.benchmark)) {
            let rows = models.indices.filter { models[$0].benchmark == benchmark && models[$0].scoring == .exact }
            for domain in domains {
                let name = Self.gapsName(benchmark, domain)
                guard gaps.contains(name) else {
                    // A domain of which the benchmark has no items has no matrix.
                    guard rows.allSatisfy({ models[$0].bias[domain] == nil }) else {
                        throw gaps.damaged("`\(name)` is missing from \(gaps.path)")
                    }
                    continue
                }
                let matrix = try gaps.readMatrix(name)
                guard matrix.rows == models.count else {
                    throw gaps.damaged("`\(name)` of \(gaps.path) has \(matrix.rows) rows for \(models.count) models")
                }
                for row in rows { models[row].gaps[domain] = matrix.row(row).map(Double.init) }
            }
        }
        return models
    }

    /// Writes the blocks of one run, in order, as one, just as they are.
    ///
    /// - Throws: `InputError` when columns, domains or items differ between blocks.
    func writeJoinedModels(_ blocks: [HDF5Group]) throws {
        var table = Table()
        var matrices: [String: Matrix<Float>] = [:]
        for (index, block) in blocks.enumerated() {
            let gaps = try block.member("gaps")
            let names = try gaps.children()
            guard table.append(contentsOf: try block.readTable("models")),
                index == 0 || Set(names) == Set(matrices.keys)
            else { throw block.damaged("\(block.path) has other columns, domains or items than the blocks before it") }
            for name in names {
                var matrix = try gaps.readMatrix(name)
                if let before = matrices[name] {
                    guard before.columns == matrix.columns else {
                        throw gaps.damaged("`\(name)` of \(gaps.path) has other items than the blocks before it")
                    }
                    matrix = Matrix(
                        rows: before.rows + matrix.rows, columns: matrix.columns,
                        elements: before.elements + matrix.elements)
                }
                matrices[name] = matrix
            }
        }
        try setEncoding("dict")
        try writeTable("models", table)
        let gaps = try createDict("gaps")
        for (name, matrix) in matrices.sorted(by: { $0.key < $1.key }) { try gaps.writeMatrix(name, matrix) }
    }
}
