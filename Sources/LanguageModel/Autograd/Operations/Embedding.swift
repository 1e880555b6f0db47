import LinearAlgebra

extension Tape {
    /// `y[t] = scale · tokenWeight[token[t]]`, and added to it where they are given `positionWeight[position[t]]` and
    /// everywhere the first row of a third table.
    ///
    /// - Parameters:
    ///   - tokenWeight: `(V, C)`.
    ///   - scale: 1 where anything is added.
    ///   - positionWeight: `(context, C)`.
    ///   - everywhere: `(n, C)`, for example token types where all tokens are of the first.
    ///   - isInput: whether the tokens are the network's own, whose vectors' gradient may be asked for.
    /// - Returns: `(tokens, C)`.
    ///
    /// Backward adds each row of the gradient to the rows it came from, in token order.
    package func embedding(
        tokens: [Int32], positions: [Int32] = [], tokenWeight: Parameter, scale: Float = 1,
        positionWeight: Parameter? = nil, everywhere: Parameter? = nil, isInput: Bool = true
    ) -> Activation {
        precondition(scale == 1 || positionWeight == nil, "only tokens alone are scaled")
        let columns = tokenWeight.shape[1]
        let tables = [tokenWeight, positionWeight, everywhere]
        let inputGradient = isInput ? inputGradient : nil
        let y = output(
            rows: tokens.count, columns: columns,
            needsGradient: inputGradient != nil || tables.contains { $0?.gradient != nil })
        let target = y.data
        parallelFor(tokens.count, grain: rowGrain(columns)) { range in
            for t in range {
                let (row, token) = (target + t * columns, tokenWeight.values + Int(tokens[t]) * columns)
                if let positionWeight {
                    kernels.add(token, positionWeight.values + Int(positions[t]) * columns, row, columns)
                } else {
                    row.update(from: token, count: columns)
                    if scale != 1 { kernels.scale(scale, row, columns) }
                }
                if let everywhere { kernels.axpy(1, everywhere.values, row, columns) }
            }
        }
        record(y) { [workspace] gradient in
            inputGradient?(gradient, scale)
            if let row = everywhere?.gradient {
                addRowSums(gradient, rows: tokens.count, columns: columns, to: row, workspace)
            }
            for (table, indices) in [(tokenWeight.gradient, tokens), (positionWeight?.gradient, positions)] {
                guard let table else { continue }
                for (t, index) in indices.enumerated() {
                    kernels.axpy(scale, gradient + t * columns, table + Int(index) * columns, columns)
                }
            }
        }
        return y
    }
}
