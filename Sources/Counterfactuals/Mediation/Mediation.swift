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
        /// Seed of all draws.
        package var seed: UInt64 = 1

        /// The defaults: 20 draws, all exact.
        package init() {}
    }

    /// First-order τ of controls, by draw, beside the exact one where it was scored.
    package struct FirstOrderDraw: Sendable, Equatable {
        /// Number of the draw.
        package var draw: Int
        /// ⟨ḡ_d, (I − sP)Δθ⟩ by domain.
        package var removed: [String: Double]
    }

    /// The models of one subspace, scored.
    package typealias Scored = (rows: [ScoredModel], normShare: Double, firstOrder: [FirstOrderDraw])

    private let update: ParameterUpdate
    private let scorer: any BenchmarkScorer
    private let probe: DivergenceProbe
    private let options: Options

    /// - Parameter update: of untied models.
    package init(
        _ update: ParameterUpdate, scorer: any BenchmarkScorer, probe: DivergenceProbe, options: Options = Options()
    ) {
        self.update = update
        self.scorer = scorer
        self.probe = probe
        self.options = options
    }

    /// Memory that scorings share.
    package final class Workspace {
        let scratch: TransformerModel
        let buffer: FloatBuffer
        let reference: KeptPredictions

        /// Memory for an update: a model, a buffer of its size, and the logits of the probe.
        package init(_ update: ParameterUpdate, probe: DivergenceProbe) {
            scratch = update.before.copy()
            buffer = FloatBuffer(count: update.before.layout.count)
            reference = probe.keep(update.before)
        }
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
    ///   - progress: called after every model scored; what it throws ends the work.
    /// - Throws: `LAPACKError` when a decomposition does not converge.
    package func score(
        _ bases: [ResidualSite: Matrix<Double>], name: String, subject: String, workspace: Workspace,
        gradients: [String: FloatBuffer] = [:], progress: () throws -> Void = {}
    ) throws -> Scored {
        let total = squaredDistance(update.after, update.before)
        let scratch = workspace.scratch
        var rows: [ScoredModel] = []
        func add(_ kind: ScoredModel.Kind, draw: Int? = nil) throws {
            var row = ScoredModel(
                benchmark: scorer.benchmark, kind: kind, component: name, alpha: 1, draw: draw,
                seed: draw == nil ? nil : options.seed,
                kl: probe.divergence(from: workspace.reference, to: scratch))
            row.subject = subject
            row.norm = total > 0 ? (squaredDistance(scratch, update.before) / total).squareRoot() : 0
            row.setScores(scorer.score(scratch))
            rows.append(row)
            try progress()
        }
        let projection = try ResidualProjection(update, on: bases, buffer: workspace.buffer)
        let squares = projection.squaredNorms
        let normShare = total > 0 ? projection.squaredNorm / total : 0
        projection.apply(keeping: false, to: scratch)
        try add(.removed)
        projection.apply(keeping: true, to: scratch)
        try add(.kept)
        var firstOrder: [FirstOrderDraw] = []
        let ranks = bases.mapValues(\.rows)
        for draw in 0..<options.controls {
            let random = try ResidualProjection(
                update, on: update.randomBases(ranks: ranks, seed: options.seed, draw: draw),
                buffer: workspace.buffer)
            let factors = Dictionary(
                uniqueKeysWithValues: random.squaredNorms.map { site, square in
                    (site, square > 0 ? ((squares[site] ?? 0) / square).squareRoot() : 0)
                })
            if !gradients.isEmpty {
                firstOrder.append(
                    FirstOrderDraw(
                        draw: draw,
                        removed: gradients.mapValues { gradient in
                            update.products(with: gradient).reduce(0, +)
                                - random.product(with: gradient, factors: factors)
                        }))
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
