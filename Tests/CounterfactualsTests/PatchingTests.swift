import Attribution
import Counterfactuals
import Evaluate
import LanguageModel
import LinearAlgebra
import Records
import Statistics
import TestSupport
import Testing

@Suite("Patching components of an update")
struct PatchingTests {
    @Test("no component is the model before and all of them the model after, bit for bit; each is its own tensors")
    func components() throws {
        let update = try AttributionBench().update
        let scratch = update.before.copy()
        update.apply({ _ in true }, to: scratch)
        #expect(scratch.values.buffer.elementsEqual(update.after.values.buffer))
        update.apply({ _ in false }, to: scratch)
        #expect(scratch.values.buffer.elementsEqual(update.before.values.buffer))
        let components = PatchedComponent.all(of: update.before, byLayer: true)
        #expect(components.map(\.name).contains("attention/1") && components.map(\.name).contains("output embeddings"))
        var square = 0.0
        for component in components where component.layer == nil {
            update.apply({ component.contains($0, of: update.before) }, to: scratch)
            for tensor in update.before.layout.tensors {
                let source = component.contains(tensor, of: update.before) ? update.after : update.before
                #expect(scratch.tensor(tensor).elementsEqual(source.tensor(tensor)), "\(component.name) \(tensor.name)")
            }
            square += update.norm(of: component) * update.norm(of: component)
        }
        let whole = update.norms().reduce(0) { $0 + $1 * $1 }
        #expect(abs(square / whole - 1) < 1e-12)
        let blocks = [0, 1].map { update.norm(of: PatchedComponent(.mlp, layer: $0)) }
        #expect(
            abs(blocks[0] * blocks[0] + blocks[1] * blocks[1] - pow2(update.norm(of: PatchedComponent(.mlp)))) < 1e-9)
    }

    @Test("a component's controls have its norm exactly, and differ from draw to draw but not from run to run")
    func controls() throws {
        let bench = try AttributionBench()
        let patching = ComponentPatching(bench.update, scorer: bench.scorer, probe: bench.probe, controls: 3)
        let component = PatchedComponent(.attention)
        let scratch = patching.changed.model
        var models = 0
        let rows = try patching.rows(component) { models += 1 }
        #expect(models == patching.modelsPerComponent && rows.count == 8)
        let share = bench.update.norm(of: component) / bench.update.norms().reduce(0) { $0 + $1 * $1 }.squareRoot()
        for row in rows where row.kind == .only || row.kind == .onlyControl {
            #expect(abs((row.norm ?? 0) - share) < 1e-9)
        }
        #expect(Set(rows.filter { $0.kind == .onlyControl }.compactMap { $0.bias["x"] }).count == 3)
        // The norm is that of the model that was scored: the last one is θ1 − r.
        let removed = AttributionBench.norm(scratch, bench.update.after)
        #expect(abs(removed / bench.update.norm(of: component) - 1) < 1e-4)
        let again = try patching.rows(component)
        #expect(again == rows)
        // What is scored is what is said: the component alone.
        bench.update.apply({ component.contains($0, of: bench.update.before) }, to: scratch)
        #expect(rows[0].bias["x"] == bench.scorer.score(scratch).bias("x"))
        #expect(rows[0].kl == bench.probe.divergence(from: bench.update.before, to: scratch))
    }

    @Test(
        "controls that are told to first order are distributed as those that are scored",
        arguments: [PatchedComponent(.attention), PatchedComponent(.outputEmbeddings)])
    func firstOrder(_ component: PatchedComponent) throws {
        let bench = try AttributionBench(size: 0.003)
        let domains = ["x", "y"]
        let tables: (any ScoreTable, any ScoreTable) = (
            bench.scorer.score(bench.update.before), bench.scorer.score(bench.update.after)
        )
        func rows(_ firstOrder: ComponentPatching.FirstOrder?) throws -> [ScoredModel] {
            let patching = ComponentPatching(
                bench.update, scorer: bench.scorer, probe: bench.probe, controls: 300, firstOrder: firstOrder)
            return try patching.rows(component)
        }
        let scored = try rows(nil)
        let told = try rows(
            ComponentPatching.FirstOrder(
                scored: 20, domains: domains,
                gradients: try domains.map {
                    try PathGradient.average(update: bench.update, objective: bench.scorer.biasObjective($0))
                }, scores: tables))
        #expect(told.count == scored.count && told.count { $0.scoring == .exact } == 2 + 2 * 20)
        for kind in [ScoredModel.Kind.onlyControl, .withoutControl] {
            for domain in domains {
                let exact = scored.filter { $0.kind == kind }.compactMap { $0.bias[domain] }
                let cheap = told.filter { $0.kind == kind && $0.scoring == .firstOrder }.compactMap { $0.bias[domain] }
                #expect(exact.count == 300 && cheap.count == 280)
                #expect(KolmogorovSmirnov.p(cheap, exact) > 0.01, "\(kind) \(domain)")
            }
            // The same draw, both ways: what is missed is small beside what draws differ by.
            let spread = Summary.deviation(scored.filter { $0.kind == kind }.compactMap { $0.bias["x"] }) ?? .nan
            for row in told.filter({ $0.kind == kind && $0.scoring == .exact }) {
                let (exact, cheap) = (row.bias["x"] ?? .nan, row.firstOrder["x"] ?? .nan)
                #expect(abs(exact - cheap) < 0.3 * spread, "\(kind): \(cheap) for \(exact), \(spread)")
            }
        }
    }

    @Test("a component that the update leaves alone has no controls and changes nothing")
    func untouched() throws {
        let bench = try AttributionBench()
        let after = bench.update.after.copy()
        for tensor in after.layout.tensors where tensor.module == .mlp {
            _ = after.tensor(tensor).update(fromContentsOf: bench.update.before.tensor(tensor))
        }
        let update = ParameterUpdate(from: bench.update.before, to: after)
        let patching = ComponentPatching(update, scorer: bench.scorer, probe: bench.probe)
        let rows = try patching.rows(PatchedComponent(.mlp))
        #expect(rows.map(\.kind) == [.only, .without])
        #expect(rows[0].norm == 0 && (rows[0].kl ?? 1) < 1e-9)
        #expect(
            rows[0].bias
                == bench.scorer.score(update.before).domains.reduce(into: [:]) {
                    $0[$1] = bench.scorer.score(update.before).bias($1)
                })
    }

    private func pow2(_ value: Double) -> Double { value * value }
}

extension AttributionBench {
    /// ‖a − b‖ over all parameters.
    static func norm(_ a: TransformerModel, _ b: TransformerModel) -> Double {
        zip(a.values.buffer, b.values.buffer).reduce(0) {
            $0 + (Double($1.0) - Double($1.1)) * (Double($1.0) - Double($1.1))
        }.squareRoot()
    }
}
