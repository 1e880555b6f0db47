import Foundation
import LinearAlgebra

/// The head and the loss after it, only at the rows whose probabilities are asked for.
///
/// Rows are gathered, `logits = h · Wᵀ + b` made for a block of them, capped where there is a cap, and softmax, loss and gradient taken while the
/// block is in cache: no matrix of tokens × vocabulary exists at any time. Gradients of the hidden rows, of W and of b
/// are added at once, so that the head is the last thing on a tape and needs no step back of its own.
struct SelectiveHead {
    let workspace: Workspace
    /// Final hidden states, `(n, C)`.
    let hidden: Activation
    /// `(V, C)`.
    let weight: Parameter
    /// `(V)`.
    let bias: Parameter?
    /// Soft cap of the logits, `cap · tanh(logit / cap)`; nil for none.
    let cap: Float?

    private var vocabulary: Int { weight.shape[0] }
    private var columns: Int { weight.shape[1] }

    /// Rows of a block: few enough for a small vocabulary's logits to stay in cache (128 rows of GPT-2's), and enough
    /// that going through all of W, and of dW, for each block does not dominate where no cache would hold them
    /// (Gemma's).
    private var blockRows: Int { min(512, max(128, 6_500_000 / vocabulary / 16 * 16)) }

    /// log p of tokens at rows, without a gradient.
    ///
    /// - Parameters:
    ///   - rows: rows of ``hidden``.
    ///   - body: receives, in parallel, an index into `rows`, the row's logits `(V)` and their log-sum-exp.
    func forEachRow(_ rows: [Int], _ body: (Int, UnsafeMutablePointer<Float>, Float) -> Void) {
        forEachBlock(rows) { block, logits in
            parallelFor(block.count, grain: rowGrain(vocabulary)) { range in
                for k in range {
                    let row = logits.pointer + k * vocabulary
                    body(block.lowerBound + k, row, kernels.log_sum_exp(row, vocabulary))
                }
            }
        }
    }

    /// log p of tokens at rows, without a gradient.
    ///
    /// The vocabulary goes by in tiles and only each row's running log-sum-exp is kept, so that all of W is read once
    /// for a thousand rows.
    ///
    /// - Parameters:
    ///   - rows: rows of ``hidden``.
    ///   - tokens: the tokens asked for at each of them, as indices of the vocabulary.
    /// - Returns: in the same order.
    func logProbabilities(_ rows: [Int], _ tokens: [[Int]]) -> [[Float]] {
        var result = tokens.map { [Float](repeating: 0, count: $0.count) }
        var logSums = [Double](repeating: -.infinity, count: rows.count)
        let size = min(1024, rows.count)
        let width = min(vocabulary, max(256, 8_000_000 / max(size, 1) / 16 * 16))
        let logits = workspace.take(size * width)
        result.withUnsafeMutableBufferPointer { result in
            logSums.withUnsafeMutableBufferPointer { logSums in
                nonisolated(unsafe) let (result, logSums) = (result, logSums)  // a row is written by one thread
                for start in stride(from: 0, to: rows.count, by: max(size, 1)) {
                    let block = start..<min(rows.count, start + size)
                    let states = gathered(rows[block])
                    for first in stride(from: 0, to: vocabulary, by: width) {
                        let tile = first..<min(vocabulary, first + width)
                        measured("head: logits") { fill(logits, states, rows: block.count, tile) }
                        parallelFor(block.count, grain: rowGrain(tile.count)) { range in
                            for k in range {
                                let (row, item) = (logits.pointer + k * tile.count, block.lowerBound + k)
                                let sum = Double(kernels.log_sum_exp(row, tile.count))
                                logSums[item] = Self.logSum(logSums[item], sum)
                                for (place, token) in tokens[item].enumerated() where tile.contains(token) {
                                    result[item][place] = row[token - first]
                                }
                            }
                        }
                    }
                }
            }
        }
        for item in result.indices {
            for place in result[item].indices {
                result[item][place] = Float(Double(result[item][place]) - logSums[item])
            }
        }
        return result
    }

    /// log(eᵃ + eᵇ).
    private static func logSum(_ a: Double, _ b: Double) -> Double {
        guard a > -.infinity else { return b }
        return max(a, b) + log1p(exp(-abs(a - b)))
    }

    /// Logits of gathered rows for a tile of the vocabulary, `(rows, tile.count)`.
    private func fill(_ logits: Block, _ states: Block, rows: Int, _ tile: Range<Int>) {
        if let bias {
            for k in 0..<rows {
                (logits.pointer + k * tile.count).update(from: bias.values + tile.lowerBound, count: tile.count)
            }
        }
        BLAS.gemm(
            transposeB: true, m: rows, n: tile.count, k: columns, states.pointer, lda: columns,
            weight.values + tile.lowerBound * columns, ldb: columns, beta: bias == nil ? 0 : 1, logits.pointer,
            ldc: tile.count)
        guard let cap else { return }
        parallelFor(rows * tile.count, grain: elementGrain / 4) { range in
            kernels.soft_cap(logits.pointer + range.lowerBound, range.count, 1, cap)
        }
    }

    /// Σ weight · log p, and its gradient where one is needed: dlogits = Σ weight · (onehot − softmax).
    ///
    /// - Parameter predictions: tokens and weights for each of `rows`.
    func weightedLogLikelihood(_ rows: [Int], _ predictions: [ArraySlice<Prediction>]) -> Double {
        var values = [Double](repeating: 0, count: rows.count)
        values.withUnsafeMutableBufferPointer { values in
            forEachBlock(rows) { block, logits in
                let capped = copyIfCapped(logits, rows: block.count)
                parallelFor(block.count, grain: rowGrain(vocabulary)) { range in
                    for k in range {
                        let row = logits.pointer + k * vocabulary
                        let logSum = kernels.log_sum_exp(row, vocabulary)
                        var weights: Float = 0
                        var value = 0.0
                        for prediction in predictions[block.lowerBound + k] {
                            weights += prediction.weight
                            value += Double(prediction.weight) * Double(row[Int(prediction.token)] - logSum)
                        }
                        values[block.lowerBound + k] = value
                        guard needsGradient else { continue }
                        kernels.scaled_softmax(row, vocabulary, logSum, -weights)
                        for prediction in predictions[block.lowerBound + k] {
                            row[Int(prediction.token)] += prediction.weight
                        }
                        throughCap(row, capped, k)
                    }
                }
                measured("head: gradients") { addGradients(rows[block], logits) }
            }
        }
        return values.reduce(0, +)
    }

    /// KL(reference ‖ model) = Σ_v p_ref (log p_ref − log p) at each of `rows`, and, where one is needed, the gradient
    /// of `scale` times their sum: dlogits = scale · (p − p_ref).
    ///
    /// - Parameters:
    ///   - reference: the reference's head over its own hidden rows, of the same vocabulary.
    ///   - referenceRows: its row for each of `rows`.
    ///   - scale: nil for the values alone.
    func klDivergence(
        _ rows: [Int], from reference: SelectiveHead, _ referenceRows: [Int], scale: Float?
    ) -> [Double] {
        precondition(vocabulary == reference.vocabulary, "both models have one vocabulary")
        var values = [Double](repeating: 0, count: rows.count)
        values.withUnsafeMutableBufferPointer { values in
            forEachBlock(rows) { block, logits in
                let expected = reference.logits(referenceRows[block])
                let capped = scale == nil ? nil : copyIfCapped(logits, rows: block.count)
                parallelFor(block.count, grain: rowGrain(vocabulary)) { range in
                    for k in range {
                        let (row, other) = (logits.pointer + k * vocabulary, expected.pointer + k * vocabulary)
                        let logSum = kernels.log_sum_exp(row, vocabulary)
                        let otherSum = kernels.log_sum_exp(other, vocabulary)
                        values[block.lowerBound + k] = kernels.kl_divergence(other, row, vocabulary, otherSum, logSum)
                        if let scale, needsGradient {
                            kernels.kl_gradient(other, row, vocabulary, otherSum, logSum, scale)
                            throughCap(row, capped, k)
                        }
                    }
                }
                if scale != nil { measured("head: gradients") { addGradients(rows[block], logits) } }
            }
        }
        return Array(values)
    }
}

// MARK: - Blocks

extension SelectiveHead {
    private var needsGradient: Bool { hidden.needsGradient || weight.gradient != nil || bias?.gradient != nil }

    private func forEachBlock(_ rows: [Int], _ body: (Range<Int>, Block) -> Void) {
        let size = blockRows
        for start in stride(from: 0, to: rows.count, by: size) {
            let block = start..<min(rows.count, start + size)
            body(block, measured("head: logits") { logits(rows[block]) })
        }
    }

    /// The hidden rows next to each other, `(rows.count, C)`.
    private func gathered(_ rows: ArraySlice<Int>) -> Block {
        let block = workspace.take(rows.count * columns)
        for (k, row) in rows.enumerated() {
            (block.pointer + k * columns).update(from: hidden.data + row * columns, count: columns)
        }
        return block
    }

    /// Logits of some rows, `(rows.count, V)`.
    private func logits(_ rows: ArraySlice<Int>) -> Block {
        let block = workspace.take(rows.count * vocabulary)
        fill(block, gathered(rows), rows: rows.count, 0..<vocabulary)
        return block
    }

    /// What a cap's slopes are taken from: the logits of a block, which make room for their gradients.
    private func copyIfCapped(_ logits: Block, rows: Int) -> Block? {
        guard cap != nil, needsGradient else { return nil }
        let copy = workspace.take(rows * vocabulary)
        copy.pointer.update(from: logits.pointer, count: rows * vocabulary)
        return copy
    }

    /// Turns the gradient of the `k`th row's capped logits into that of the logits before the cap, whose slope is
    /// 1 − (capped / cap)².
    private func throughCap(_ gradient: UnsafeMutablePointer<Float>, _ capped: Block?, _ k: Int) {
        guard let cap, let capped else { return }
        kernels.soft_cap_gradient(capped.pointer + k * vocabulary, gradient, vocabulary, 1, cap)
    }

    /// dh = dlogits · W, added row by row, dW += dlogitsᵀ · h and db += Σ dlogits.
    private func addGradients(_ rows: ArraySlice<Int>, _ dlogits: Block) {
        if let dbias = bias?.gradient { kernels.add_rows(dlogits.pointer, dbias, rows.count, vocabulary) }
        if let dweight = weight.gradient {
            let states = gathered(rows)
            withExtendedLifetime(states) {
                BLAS.gemm(
                    transposeA: true, m: vocabulary, n: columns, k: rows.count, dlogits.pointer, lda: vocabulary,
                    states.pointer, ldb: columns, beta: 1, dweight, ldc: columns)
            }
        }
        guard hidden.needsGradient else { return }
        let change = workspace.take(rows.count * columns)
        BLAS.gemm(
            m: rows.count, n: columns, k: vocabulary, dlogits.pointer, lda: vocabulary, weight.values, ldb: columns,
            change.pointer, ldc: columns)
        let (dhidden, accumulate) = hidden.gradientTarget()
        if !accumulate { dhidden.update(repeating: 0, count: hidden.count) }
        for (k, row) in rows.enumerated() {
            kernels.axpy(1, change.pointer + k * columns, dhidden + row * columns, columns)
        }
    }

    private func measured<T>(_ name: String, _ body: () -> T) -> T {
        workspace.times?.measure(name, body) ?? body()
    }
}
