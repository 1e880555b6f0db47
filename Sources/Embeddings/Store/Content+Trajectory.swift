import FileSupport
import LinearAlgebra

extension HDF5Group {
    /// A trajectory: the dataframe `steps`; the kept rows `rows` `(K, R, D)` with `row_step` `(K)`, `row_token_id` `(R)`
    /// and the SHA-256 of each step's rows.
    func write(_ trajectory: Trajectory) throws {
        try setEncoding("dict", "0.1.0")
        let steps = trajectory.steps
        var table: Table = [
            "step": .int64(steps.map { Int64($0.step) }), "forget_loss": .double(steps.map(\.forgetLoss)),
            "retain_loss": .double(steps.map(\.retainLoss)), "learning_rate": .double(steps.map(\.learningRate)),
            "gradient_norm": .double(steps.map(\.gradientNorm)), "perplexity": .double(steps.map(\.perplexity)),
            "kl": .double(steps.map(\.kl)),
        ]
        for domain in Set(steps.flatMap(\.bias.keys)).sorted() {
            table.append(.double(steps.map { $0.bias[domain] ?? .nan }), as: "bias_" + RunPaths.safe(domain))
        }
        try writeTable("steps", table)
        try writeArray("row_token_id", trajectory.rowTokens)
        try writeArray("row_step", trajectory.rowSteps.map(Int64.init))
        try writeStrings(
            "row_sha256", trajectory.rows.map { $0.elements.withUnsafeBytes { SHA256Hex.of($0) } })
        // One step after another: all of them together may be larger than memory allows.
        let size = [trajectory.rows.count, trajectory.rowTokens.count, trajectory.rows.first?.columns ?? 0]
        let dataset = try createDataset("rows", Float.self, shape: size)
        try dataset.setEncoding("array", "0.2.0")
        for (index, rows) in trajectory.rows.enumerated() {
            try rows.elements.withUnsafeBufferPointer { try dataset.write(rows: index..<index + 1, $0) }
        }
    }

    /// Reads what ``write(_:)-(Trajectory)`` wrote.
    func readTrajectory() throws -> Trajectory {
        let table = try readTable("steps")
        guard let step = table.int64("step") else { throw damaged("steps", "has no column step") }
        func numbers(_ name: String) -> [Double] {
            table.double(name) ?? [Double](repeating: .nan, count: table.rowCount)
        }
        let names = ["forget_loss", "retain_loss", "learning_rate", "gradient_norm", "perplexity", "kl"]
        let columns = names.map(numbers)
        let domains = table.names.filter { $0.hasPrefix("bias_") }.map { (String($0.dropFirst(5)), numbers($0)) }
        let steps = step.indices.map { row in
            TrajectoryRow(
                step: Int(step[row]), forgetLoss: columns[0][row], retainLoss: columns[1][row],
                learningRate: columns[2][row], gradientNorm: columns[3][row], perplexity: columns[4][row],
                kl: columns[5][row],
                // A domain that was not measured at a step is absent there, as the writer had it.
                bias: Dictionary(uniqueKeysWithValues: domains.map { ($0.0, $0.1[row]) }.filter { !$0.1.isNaN }))
        }
        let tokens = try readArray("row_token_id", Int32.self)
        let rowSteps = try readArray("row_step", Int64.self)
        let dataset = try dataset("rows")
        guard dataset.shape.count == 3, dataset.shape[0] == rowSteps.count, dataset.shape[1] == tokens.count else {
            throw damaged("rows", "is not (kept steps, tokens, dimensions)")
        }
        let rows = try rowSteps.indices.map { index in
            var matrix = Matrix<Float>(rows: tokens.count, columns: dataset.shape[2])
            try matrix.elements.withUnsafeMutableBufferPointer { try dataset.read(rows: index..<index + 1, into: $0) }
            return matrix
        }
        return Trajectory(steps: steps, rowTokens: tokens, rowSteps: rowSteps.map(Int.init), rows: rows)
    }
}

extension Trajectory {
    /// The blocks of one run, in order, as one.
    static func joined(_ blocks: [Trajectory]) -> Trajectory {
        var whole = Trajectory(steps: [])
        for block in blocks {
            whole.steps += block.steps
            if !block.rowTokens.isEmpty { whole.rowTokens = block.rowTokens }
            whole.rowSteps += block.rowSteps
            whole.rows += block.rows
        }
        return whole
    }
}
