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
    /// What is overwritten and scored.
    package let changed: ChangedModel
    private let controls: Int
    private let seed: UInt64

    /// - Parameters:
    ///   - update: of untied models, so that input and output side of the embeddings are two components.
    ///   - probe: neutral text for KL(θ0 ‖ θ).
    ///   - controls: random draws for each component and kind.
    package init(
        _ update: ParameterUpdate, scorer: any BenchmarkScorer, probe: DivergenceProbe, controls: Int = 20,
        seed: UInt64 = 1
    ) {
        changed = ChangedModel(update, scorer: scorer, probe: probe, seed: seed)
        self.controls = controls
        self.seed = seed
    }

    /// Models scored for one component.
    package var modelsPerComponent: Int { 2 + 2 * controls }

    /// Scores one component: `only`, `without`, then their controls, draw by draw. One that the update leaves alone has no
    /// controls. Memory: a buffer of the model's size beside ``changed``.
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
        for draw in 0..<controls {
            // Every component has draws of its own: `draw` numbers them all.
            let number = Self.number(draw, component)
            _ = direction.draw(number, seed: seed, gradients: [])
            scratch.values.assign(model.values)
            direction.apply(scale: 1, base: model, to: scratch)
            try add(.onlyControl, norm: norm, draw: draw)
            scratch.values.assign(update.after.values)
            direction.apply(scale: -1, base: update.after, to: scratch)
            try add(.withoutControl, norm: changed.squaredDistance.squareRoot(), draw: draw)
        }
        return rows
    }

    /// The number of a component's draw among all random updates.
    private static func number(_ draw: Int, _ component: PatchedComponent) -> Int {
        let index = ModelComponent.allCases.firstIndex(of: component.component) ?? 0
        return ((component.layer.map { $0 + 1 } ?? 0) * ModelComponent.allCases.count + index) * 10_000 + draw
    }
}
