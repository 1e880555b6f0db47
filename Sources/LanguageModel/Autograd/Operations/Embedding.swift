import LinearAlgebra

extension Tape {
    /// `y[t] = tokenWeight[token[t]] + positionWeight[position[t]]`, and everywhere the first row of a third table.
    ///
    /// - Parameters:
    ///   - tokenWeight: `(V, C)`.
    ///   - positionWeight: `(context, C)`.
    ///   - everywhere: `(n, C)`, for example token types where all tokens are of the first.
    /// - Returns: `(tokens, C)`.
    ///
    /// Backward adds each row of the gradient to the rows it came from, in token order.
    package func embedding(
        tokens: [Int32], positions: [Int32], tokenWeight: Parameter, positionWeight: Parameter,
        everywhere: Parameter? = nil
    ) -> Activation {
        let columns = tokenWeight.shape[1]
        let needsGradient =
            tokenWeight.gradient != nil || positionWeight.gradient != nil || everywhere?.gradient != nil
        let y = output(rows: tokens.count, columns: columns, needsGradient: needsGradient)
        let target = y.data
        parallelFor(tokens.count, grain: rowGrain(columns)) { range in
            for t in range {
                kernels.add(
                    tokenWeight.values + Int(tokens[t]) * columns, positionWeight.values + Int(positions[t]) * columns,
                    target + t * columns, columns)
                if let everywhere { kernels.axpy(1, everywhere.values, target + t * columns, columns) }
            }
        }
        record(y) { [workspace] gradient in
            if let row = everywhere?.gradient {
                addRowSums(gradient, rows: tokens.count, columns: columns, to: row, workspace)
            }
            for (table, indices) in [(tokenWeight.gradient, tokens), (positionWeight.gradient, positions)] {
                guard let table else { continue }
                for (t, index) in indices.enumerated() {
                    kernels.axpy(1, gradient + t * columns, table + Int(index) * columns, columns)
                }
            }
        }
        return y
    }

    /// `y[t] = scale · weight[token[t]]`: embeddings whose positions come later.
    ///
    /// - Parameter weight: `(V, C)`.
    /// - Returns: `(tokens, C)`.
    package func embedding(tokens: [Int32], weight: Parameter, scale: Float) -> Activation {
        let columns = weight.shape[1]
        let y = output(rows: tokens.count, columns: columns, needsGradient: weight.gradient != nil)
        let target = y.data
        parallelFor(tokens.count, grain: rowGrain(columns)) { range in
            for t in range {
                let row = target + t * columns
                row.update(from: weight.values + Int(tokens[t]) * columns, count: columns)
                if scale != 1 { kernels.scale(scale, row, columns) }
            }
        }
        record(y) { gradient in
            guard let table = weight.gradient else { return }
            for (t, token) in tokens.enumerated() {
                kernels.axpy(scale, gradient + t * columns, table + Int(token) * columns, columns)
            }
        }
        return y
    }
}
