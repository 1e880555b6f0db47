extension Tape {
    /// The rows of `x` at `rows`, in that order: `(rows.count, C)`. Backward adds each row to where it came from.
    package func gatherRows(_ x: Activation, _ rows: [Int]) -> Activation {
        let columns = x.columns
        let y = output(rows: rows.count, columns: columns, needsGradient: x.needsGradient)
        let (source, target) = (x.data, y.data)
        for (i, row) in rows.enumerated() {
            (target + i * columns).update(from: source + row * columns, count: columns)
        }
        record(y) { gradient in
            let (dx, accumulate) = x.gradientTarget()
            if !accumulate { dx.update(repeating: 0, count: x.count) }
            for (i, row) in rows.enumerated() {
                kernels.axpy(1, gradient + i * columns, dx + row * columns, columns)
            }
        }
        return y
    }
}
