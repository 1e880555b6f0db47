import Attribution
import LanguageModel
import LinearAlgebra

/// The part of an update that lies in subspaces of the residual stream.
///
/// P acts on the side of each weight that lies on the residual stream, with the subspace of the site where it reads or
/// writes: rows of embeddings and of what writes (output projections and their biases), columns of what reads (input
/// projections). What has no such side (norms, biases of what reads) has no part inside.
///
/// A weight that writes through a norm with gain g (Gemma 3) adds diag(g)·ΔW·x to the stream, but for a factor. Nothing of
/// that lies along a direction b when ΔW has nothing along diag(g)·b, so P projects it on those directions. The change of
/// the norm's own length is not told apart.
package struct ResidualProjection {
    package let update: ParameterUpdate
    /// Orthonormal rows by site, `(k, D)`; a site without one has no part inside.
    package let bases: [ResidualSite: Matrix<Double>]

    package init(_ update: ParameterUpdate, on bases: [ResidualSite: Matrix<Double>]) {
        self.update = update
        self.bases = bases
    }

    /// Sets `scratch` to θ0 + (I − sP)Δθ, or for `keeping` to θ0 + sPΔθ, with a factor s for each site.
    ///
    /// - Throws: `LAPACKError` when a decomposition does not converge.
    package func apply(
        keeping: Bool, factors: [ResidualSite: Double] = [:], to scratch: TransformerModel
    ) throws {
        scratch.values.assign(keeping ? update.before.values : update.after.values)
        for weight in update.before.residualWeights {
            guard let directions = bases[weight.site], directions.rows > 0 else { continue }
            let basis = try update.before.directions(directions, for: weight)
            update.add(
                weight, on: basis.elements.map(Float.init), rank: basis.rows,
                factor: Float((keeping ? 1 : -1) * (factors[weight.site] ?? 1)),
                to: scratch.values.pointer + weight.tensor.offset)
        }
    }

    /// ⟨gradient, PΔθ⟩ by site, or for no gradient ‖PΔθ‖².
    ///
    /// - Throws: `LAPACKError` when a decomposition does not converge.
    package func products(with gradient: FloatBuffer?) throws -> [ResidualSite: Double] {
        try update.products(on: [bases], with: gradient)[0]
    }
}

extension ParameterUpdate {
    /// Adds a multiple of the part of one tensor's update that lies in a subspace of its side.
    fileprivate func add(
        _ weight: ResidualWeight, on basis: [Float], rank: Int, factor: Float,
        to target: UnsafeMutablePointer<Float>
    ) {
        let tensor = weight.tensor
        let delta = difference(tensor)
        let width = weight.width
        precondition(basis.count == rank * width, "a basis of another width than \(tensor.name)")
        let others = tensor.count / width
        let inner = FloatBuffer(count: others * rank)
        // Both are read through pointers: they must not be let go after their last mention.
        defer { withExtendedLifetime((delta, inner)) {} }
        basis.withUnsafeBufferPointer { basis in
            guard let q = basis.baseAddress else { return }
            switch weight.side {
            case .rows:
                // (ΔQᵀ)Q: coordinates of every row, then back.
                BLAS.gemm(
                    transposeB: true, m: others, n: rank, k: width, delta.pointer, lda: width, q, ldb: width,
                    inner.pointer, ldc: rank)
                BLAS.gemm(
                    m: others, n: width, k: rank, alpha: factor, inner.pointer, lda: rank, q, ldb: width, beta: 1,
                    target,
                    ldc: width)
            case .columns:
                // Qᵀ(QΔ).
                BLAS.gemm(
                    m: rank, n: others, k: width, q, lda: width, delta.pointer, ldb: others, inner.pointer, ldc: others)
                BLAS.gemm(
                    transposeA: true, m: width, n: others, k: rank, alpha: factor, q, lda: width, inner.pointer,
                    ldb: others, beta: 1, target, ldc: others)
            }
        }
    }

    func difference(_ tensor: ParameterInfo) -> FloatBuffer {
        let out = FloatBuffer(count: tensor.count)
        let target = out.pointer
        let (x, y) = (before.values.pointer + tensor.offset, after.values.pointer + tensor.offset)
        parallelFor(tensor.count, grain: 1 << 14) { range in
            for i in range { target[i] = y[i] - x[i] }
        }
        release(tensor.range)
        return out
    }

    /// Random subspaces with the covariance of the update itself on the residual side of its weights, of given rank at each
    /// site: each direction is a random combination of the update's own vectors there.
    ///
    /// - Returns: orthonormal rows by site.
    /// - Throws: `LAPACKError` when a decomposition does not converge.
    package func randomBases(
        ranks: [ResidualSite: Int], seed: UInt64, draw: Int
    ) throws -> [ResidualSite: Matrix<Double>] {
        var directions: [ResidualSite: Matrix<Double>] = [:]
        for (index, weight) in before.residualWeights.enumerated() {
            guard let rank = ranks[weight.site], rank > 0 else { continue }
            let tensor = weight.tensor
            let width = weight.width
            let others = tensor.count / width
            let delta = difference(tensor)
            let normal = FloatBuffer(count: rank * others)
            var stream = RandomStream(seed: seed, label: "residual-control-\(draw)/\(index)")
            for i in 0..<normal.count { normal.pointer[i] = Float(stream.normal()) }
            let sum = FloatBuffer(count: rank * width)
            defer { withExtendedLifetime((delta, normal, sum)) {} }
            if weight.side == .rows {
                BLAS.gemm(
                    m: rank, n: width, k: others, normal.pointer, lda: others, delta.pointer, ldb: width, sum.pointer,
                    ldc: width)
            } else {
                BLAS.gemm(
                    transposeB: true, m: rank, n: width, k: others, normal.pointer, lda: others, delta.pointer,
                    ldb: others, sum.pointer, ldc: width)
            }
            let scales = before.scales(of: weight)
            var known = directions[weight.site] ?? Matrix(rows: rank, columns: width)
            for i in 0..<sum.count { known.elements[i] += Double(sum.pointer[i]) * (scales?[i % width] ?? 1) }
            directions[weight.site] = known
        }
        return try directions.mapValues { try $0.transposed.thinQR().q.transposed }
    }
}

extension ResidualWeight {
    /// Numbers of a vector on the residual side.
    var width: Int { side == .rows ? tensor.shape[tensor.shape.count - 1] : tensor.shape[0] }
}

extension TransformerModel {
    /// What a weight's coordinates are scaled by on their way to the stream; nil where nothing stands between.
    fileprivate func scales(of weight: ResidualWeight) -> [Double]? {
        weight.gain.map { gain in tensor(gain.tensor).map { Double($0 + gain.offset) } }
    }

    /// Orthonormal rows that span what a weight has to be free of for the stream to be free of `basis`.
    func directions(_ basis: Matrix<Double>, for weight: ResidualWeight) throws -> Matrix<Double> {
        guard let scales = scales(of: weight) else { return basis }
        var scaled = basis
        for i in scaled.elements.indices { scaled.elements[i] *= scales[i % basis.columns] }
        return try scaled.transposed.thinQR().q.transposed
    }
}
