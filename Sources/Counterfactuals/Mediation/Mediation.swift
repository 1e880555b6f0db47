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
    private let options: Options

    /// Memory: a model, and the logits of the probe.
    ///
    /// - Parameter update: of untied models.
    package init(
        _ update: ParameterUpdate, scorer: any BenchmarkScorer, probe: DivergenceProbe, options: Options = Options()
    ) {
        changed = ChangedModel(update, scorer: scorer, probe: probe, seed: options.seed)
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
    ///   - domains: those whose controls are scored to first order, too.
    ///   - gradient: reads ḡ_d of one of them, which is let go of before the next.
    /// - Throws: `LAPACKError` when a decomposition does not converge; what `gradient` and `progress` throw.
    package func score(
        _ bases: [ResidualSite: Matrix<Double>], name: String, subject: String, domains: [String] = [],
        gradient: (String) throws -> FloatBuffer? = { _ in nil }, progress: () throws -> Void = {}
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
        let projection = ResidualProjection(update, on: bases)
        let squares = try projection.products(with: nil)
        try projection.apply(keeping: false, to: scratch)
        try add(.removed)
        try projection.apply(keeping: true, to: scratch)
        try add(.kept)
        let ranks = bases.mapValues(\.rows)
        let controls = try (0..<options.controls).map { draw in
            ResidualProjection(update, on: try update.randomBases(ranks: ranks, seed: options.seed, draw: draw))
        }
        let factors = try update.products(on: controls.map(\.bases), with: nil).map { random in
            Dictionary(
                uniqueKeysWithValues: random.map { site, square in
                    (site, square > 0 ? ((squares[site] ?? 0) / square).squareRoot() : 0)
                })
        }
        var firstOrder = [[String: Double]](repeating: [:], count: domains.isEmpty ? 0 : options.controls)
        for domain in domains {
            guard let gradient = try gradient(domain) else { continue }
            let whole = update.products(with: gradient).reduce(0, +)
            for (draw, products) in try update.products(on: controls.map(\.bases), with: gradient).enumerated() {
                firstOrder[draw][domain] = whole - sum(products) { factors[draw][$0] ?? 1 }
            }
        }
        for draw in 0..<min(options.controls, options.exactControls) {
            try controls[draw].apply(keeping: false, factors: factors[draw], to: scratch)
            try add(.removedControl, draw: draw)
            guard options.keepsControls else { continue }
            try controls[draw].apply(keeping: true, factors: factors[draw], to: scratch)
            try add(.keptControl, draw: draw)
        }
        return (rows, total > 0 ? sum(squares) / total : 0, firstOrder)
    }
}

/// The sum over sites, in an order that does not depend on the dictionary's.
func sum(_ products: [ResidualSite: Double], factor: (ResidualSite) -> Double = { _ in 1 }) -> Double {
    products.map { $1 * factor($0) }.sorted().reduce(0, +)
}
