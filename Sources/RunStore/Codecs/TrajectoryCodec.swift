import FileSupport
import LinearAlgebra
import Records

// /trajectory: the dataframe `steps`; the kept rows `rows` `(K, R, D)` with `row_step` `(K)`, `row_token_id` `(R)` and the
// SHA-256 of each step's rows.

extension HDF5Group {
    private var stepColumns: [Column<TrajectoryStep>] {
        [
            Column("step", \.step), Column("forget_loss", \.forgetLoss), Column("retain_loss", \.retainLoss),
            Column("learning_rate", \.learningRate), Column("gradient_norm", \.gradientNorm),
            Column("perplexity", \.guardPerplexity), Column("kl", \.guardKL), .keyed("bias_", \.bias),
            .keyed("guard_", \.guardScores),
        ]
    }

    func write(_ trajectory: Trajectory) throws {
        try setEncoding("dict")
        try writeTable("steps", trajectory.steps, stepColumns)
        try writeArray("row_token_id", trajectory.rowTokens)
        try writeArray("row_step", trajectory.rowSteps.map(Int64.init))
        try writeStrings("row_sha256", trajectory.rows.map { $0.elements.withUnsafeBytes { SHA256Hex.of($0) } })
        // One step after another: all of them together may be larger than memory allows.
        let size = [trajectory.rows.count, trajectory.rowTokens.count, trajectory.rows.first?.columns ?? 0]
        let dataset = try createDataset("rows", Float.self, shape: size)
        try dataset.setEncoding("array")
        for (index, rows) in trajectory.rows.enumerated() {
            try rows.elements.withUnsafeBufferPointer { try dataset.write(rows: index..<index + 1, $0) }
        }
    }

    func readSteps() throws -> [TrajectoryStep] { try readTable("steps", blank: TrajectoryStep(step: 0), stepColumns) }

    func readTrajectory() throws -> Trajectory {
        var trajectory = Trajectory()
        trajectory.steps = try readSteps()
        trajectory.rowTokens = try array("row_token_id").read(Int32.self)
        trajectory.rowSteps = try array("row_step").read(Int64.self).map(Int.init)
        let (count, tokens) = (trajectory.rowSteps.count, trajectory.rowTokens.count)
        let dataset = try array("rows")
        guard dataset.shape.count == 3, dataset.shape[0] == count, dataset.shape[1] == tokens else {
            throw damaged("`rows` of \(path) is not (kept steps, tokens, dimensions)")
        }
        trajectory.rows = try (0..<count).map { index in
            var matrix = Matrix<Float>(rows: tokens, columns: dataset.shape[2])
            try matrix.elements.withUnsafeMutableBufferPointer { try dataset.read(rows: index..<index + 1, into: $0) }
            return matrix
        }
        return trajectory
    }
}

extension Trajectory {
    /// The blocks of one run, in order, as one.
    static func joined(_ blocks: [Trajectory]) -> Trajectory {
        var whole = Trajectory()
        for block in blocks {
            whole.steps += block.steps
            if !block.rowTokens.isEmpty { whole.rowTokens = block.rowTokens }
            whole.rowSteps += block.rowSteps
            whole.rows += block.rows
        }
        return whole
    }
}
