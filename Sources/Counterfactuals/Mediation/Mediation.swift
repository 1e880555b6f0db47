import Attribution
import Evaluate
import LanguageModel
import LinearAlgebra
import Records

/// Scores the update without its part in subspaces of the residual stream, and that part alone.
///
/// Controls: random subspaces of equal rank at every site, drawn with the update's own covariance, whose part is rescaled
/// site by site to the norm of the part that is removed. What they lose is lost to removing that much of the update
/// anywhere it went.
package struct Mediation {
    /// What can be chosen.
    package struct Options: Sendable {
        /// Random subspaces.
        package var controls = 20
        /// Of them, those scored exactly; the others are scored to first order.
        package var exactControls = 20
        /// Whether the parts of exactly scored controls are scored alone, too.
        package var keepsControls = true
        package var seed: UInt64 = 1

        package init() {}
    }

    /// The models of one subspace, scored; with ⟨ḡ_d, (I − sP)Δθ⟩ by domain of every control, by draw.
    package typealias Scored = (rows: [ScoredModel], normShare: Double, firstOrder: [[String: Double]])

    private let changed: ChangedModel
    private let buffer: FloatBuffer
    private let options: Options

    /// Memory: a model, a buffer of its size, and the logits of the probe.
    ///
    /// - Parameter update: of untied models.
    package init(
        _ update: ParameterUpdate, scorer: any BenchmarkScorer, probe: DivergenceProbe, options: Options = Options()
    ) {
        changed = ChangedModel(update, scorer: scorer, probe: probe, seed: options.seed)
        buffer = FloatBuffer(count: update.before.layout.count)
        self.options = options
    }

    /// Models scored for one subspace.
    package var modelsPerSubspace: Int {
        2 + min(options.controls, options.exactControls) * (options.keepsControls ? 2 : 1)
    }

    /// Scores `removed`, `kept`, and their controls.
    ///
    /// - Parameters:
    ///   - bases: orthonormal rows by site.
    ///   - name: the subspace, such as `shared`.
    ///   - gradients: ḡ_d by domain for controls that are scored to first order.
    /// - Throws: `LAPACKError` when a decomposition does not converge.
    package func score(
        _ bases: [ResidualSite: Matrix<Double>], name: String, subject: String,
        gradients: [String: FloatBuffer] = [:], progress: () throws -> Void = {}
    ) throws -> Scored {
        let (update, scratch) = (changed.update, changed.model)
        let total = squaredDistance(update.after, update.before)
        var rows: [ScoredModel] = []
        func add(_ kind: ScoredModel.Kind, draw: Int? = nil) throws {
            let norm = total > 0 ? (changed.squaredDistance / total).squareRoot() : 0
            var row = changed.score(kind, component: name, norm: norm, draw: draw)
            row.subject = subject
            rows.append(row)
            try progress()
        }
        let projection = try ResidualProjection(update, on: bases, buffer: buffer)
        let squares = projection.squaredNorms
        let normShare = total > 0 ? projection.squaredNorm / total : 0
        projection.apply(keeping: false, to: scratch)
        try add(.removed)
        projection.apply(keeping: true, to: scratch)
        try add(.kept)
        var firstOrder: [[String: Double]] = []
        let ranks = bases.mapValues(\.rows)
        for draw in 0..<options.controls {
            let random = try ResidualProjection(
                update, on: update.randomBases(ranks: ranks, seed: options.seed, draw: draw), buffer: buffer)
            let factors = Dictionary(
                uniqueKeysWithValues: random.squaredNorms.map { site, square in
                    (site, square > 0 ? ((squares[site] ?? 0) / square).squareRoot() : 0)
                })
            if !gradients.isEmpty {
                firstOrder.append(
                    gradients.mapValues { gradient in
                        update.products(with: gradient).reduce(0, +) - random.product(with: gradient, factors: factors)
                    })
            }
            guard draw < options.exactControls else { continue }
            random.apply(keeping: false, factors: factors, to: scratch)
            try add(.removedControl, draw: draw)
            guard options.keepsControls else { continue }
            random.apply(keeping: true, factors: factors, to: scratch)
            try add(.keptControl, draw: draw)
        }
        return (rows, normShare, firstOrder)
    }
}
