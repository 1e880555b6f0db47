import Attribution
import Evaluate
import LanguageModel
import LinearAlgebra
import Records

/// Scores the update of one component of the model alone, and the update without it.
///
/// - `only`: θ0 + P Δθ. Its control puts a random update of equal norm, tensor by tensor, in its stead: θ0 + r.
/// - `without`: θ0 + (I − P) Δθ. Its control takes a random update of equal norm there from the whole: θ1 − r. What it loses
///   is lost to any disturbance of this size there.
package struct ComponentPatching {
    /// What controls that are not scored are told from: B_d(θ0) + ⟨ḡ_d, r⟩ and B_d(θ1) − ⟨ḡ_d, r⟩, with the error of one
    /// of the scored draws.
    package struct FirstOrder {
        /// Controls of each component and kind that are scored.
        package let scored: Int
        /// The domains, in the order of ``gradients``.
        package let domains: [String]
        /// ḡ_d, the gradients of the biases averaged along the update, laid out as its models; only read.
        package let gradients: [FloatBuffer]
        /// What θ0 and θ1 score.
        package let scores: (before: any ScoreTable, after: any ScoreTable)

        package init(
            scored: Int, domains: [String], gradients: [FloatBuffer],
            scores: (before: any ScoreTable, after: any ScoreTable)
        ) {
            precondition(scored > 0 && domains.count == gradients.count)
            (self.scored, self.domains, self.gradients, self.scores) = (scored, domains, gradients, scores)
        }
    }

    /// What is overwritten and scored.
    package let changed: ChangedModel
    private let controls: Int
    private let firstOrder: FirstOrder?
    private let seed: UInt64

    /// - Parameters:
    ///   - update: of untied models, so that input and output side of the embeddings are two components.
    ///   - probe: neutral text for KL(θ0 ‖ θ).
    ///   - controls: random draws for each component and kind.
    ///   - firstOrder: scores but a few of them to first order; nil scores them all.
    package init(
        _ update: ParameterUpdate, scorer: any BenchmarkScorer, probe: DivergenceProbe, controls: Int = 20,
        firstOrder: FirstOrder? = nil, seed: UInt64 = 1
    ) {
        changed = ChangedModel(update, scorer: scorer, probe: probe, seed: seed)
        self.controls = controls
        self.firstOrder = firstOrder
        self.seed = seed
    }

    /// Controls of each component and kind that are scored.
    private var scoredControls: Int { min(controls, firstOrder?.scored ?? controls) }

    /// Models scored for one component.
    package var modelsPerComponent: Int { 2 + 2 * scoredControls }

    /// Scores one component: `only`, `without`, then their controls, draw by draw. One that the update leaves alone has no
    /// controls. Memory: a buffer of the model's size beside ``changed``.
    ///
    /// - Throws: `LAPACKError` when a decomposition does not converge; what `progress` throws.
    package func rows(_ component: PatchedComponent, progress: () throws -> Void = {}) throws -> [ScoredModel] {
        let (update, scratch) = (changed.update, changed.model)
        let model = update.before
        let whole = update.norms()
        let total = whole.reduce(0) { $0 + $1 * $1 }.squareRoot()
        let own = zip(model.layout.tensors, whole).map { component.contains($0, of: model) ? $1 : 0 }
        let norm = own.reduce(0) { $0 + $1 * $1 }.squareRoot()
        let rest = max(0, total * total - norm * norm).squareRoot()
        var rows: [ScoredModel] = []
        func add(_ kind: ScoredModel.Kind, norm: Double, draw: Int? = nil) throws {
            rows.append(changed.score(kind, component: component.name, norm: total > 0 ? norm / total : 0, draw: draw))
            try progress()
        }
        update.apply({ component.contains($0, of: model) }, to: scratch)
        try add(.only, norm: norm)
        update.apply({ !component.contains($0, of: model) }, to: scratch)
        try add(.without, norm: rest)
        guard norm > 0 else { return rows }
        let direction = RandomDirection(layout: model.layout, norms: own)
        var products: [[Double]] = []
        for draw in 0..<scoredControls {
            // Every component has draws of its own: `draw` numbers them all.
            let number = Self.number(draw, component)
            products.append(direction.draw(number, seed: seed, gradients: firstOrder?.gradients ?? []))
            scratch.values.assign(model.values)
            direction.apply(scale: 1, base: model, to: scratch)
            try add(.onlyControl, norm: norm, draw: draw)
            scratch.values.assign(update.after.values)
            direction.apply(scale: -1, base: update.after, to: scratch)
            try add(.withoutControl, norm: changed.squaredDistance.squareRoot(), draw: draw)
        }
        if let firstOrder, controls > scoredControls {
            try addUnscored(firstOrder, component, norms: own, products: products, to: &rows)
        }
        return rows
    }

    /// Adds the controls that are not scored, by draw.
    ///
    /// - Parameter products: ⟨ḡ_d, r⟩ of the scored draws.
    private func addUnscored(
        _ firstOrder: FirstOrder, _ component: PatchedComponent, norms: [Double], products: [[Double]],
        to rows: inout [ScoredModel]
    ) throws {
        let law = try RandomProducts(
            layout: changed.update.before.layout, norms: norms, gradients: firstOrder.gradients)
        let sides: [(kind: ScoredModel.Kind, start: any ScoreTable, sign: Double)] = [
            (.onlyControl, firstOrder.scores.before, 1), (.withoutControl, firstOrder.scores.after, -1),
        ]
        for side in sides {
            // What the first order misses, by scored draw and domain.
            let starts = firstOrder.domains.map { side.start.bias($0) }
            let scored = rows.indices.filter { rows[$0].kind == side.kind }
            var errors: [[Double]] = []
            for (row, products) in zip(scored, products) {
                let told = zip(starts, products).map { $0 + side.sign * $1 }
                rows[row].firstOrder = Dictionary(uniqueKeysWithValues: zip(firstOrder.domains, told))
                errors.append(zip(firstOrder.domains, told).map { (rows[row].bias[$0] ?? .nan) - $1 })
            }
            for draw in scoredControls..<controls {
                var stream = RandomStream(seed: seed, label: "patch-\(component.name)/\(side.kind.rawValue)/\(draw)")
                let told = zip(starts, law.draw(&stream)).map { $0 + side.sign * $1 }
                let error = errors[stream.index(below: errors.count)]
                var row = ScoredModel(
                    benchmark: side.start.benchmark, kind: side.kind, component: component.name, draw: draw, seed: seed)
                row.scoring = .firstOrder
                row.firstOrder = Dictionary(uniqueKeysWithValues: zip(firstOrder.domains, told))
                row.bias = Dictionary(uniqueKeysWithValues: zip(firstOrder.domains, zip(told, error).map(+)))
                rows.append(row)
            }
        }
    }

    /// The number of a component's draw among all random updates.
    private static func number(_ draw: Int, _ component: PatchedComponent) -> Int {
        let index = ModelComponent.allCases.firstIndex(of: component.component) ?? 0
        return ((component.layer.map { $0 + 1 } ?? 0) * ModelComponent.allCases.count + index) * 10_000 + draw
    }
}
