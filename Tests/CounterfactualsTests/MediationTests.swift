import Attribution
import Counterfactuals
import Evaluate
import LanguageModel
import LinearAlgebra
import TestSupport
import Testing

@Suite("Mediation by subspaces of the residual stream")
struct MediationTests {
    /// Random orthonormal rows at every site.
    private func bases(_ rank: Int, _ bench: AttributionBench) throws -> [ResidualSite: Matrix<Double>] {
        try bench.update.randomBases(
            ranks: Dictionary(uniqueKeysWithValues: bench.update.before.residualSites.map { ($0, rank) }), seed: 5,
            draw: 0)
    }

    @Test("states of the residual stream are the model's hidden states, and the head's are what it reads")
    func states() throws {
        let model = try AttributionBench().update.before
        let packed = PackedSequences([[27, 3, 4, 5], [27, 7, 8]])
        let rows = [1, 3, 6]
        let states = model.residualStates(at: rows, in: packed)
        let hidden = model.hiddenStates(at: rows, in: packed)
        #expect(states[.stream(0)] == hidden[0] && states[.stream(1)] == hidden[1] && states[.head] == hidden[2])
        // At some of the rows only, the last block computes only those. Products of another shape may sum in another order.
        let alone = try #require(model.residualStates(at: [3], in: packed)[.stream(2)]).elements
        let among = try #require(states[.stream(2)]).row(1)
        let disagreement = compare(alone, Array(among), absolute: 1e-6, relative: 1e-5, name: "stream 2")
        #expect(disagreement.isClose, "\(disagreement)")
        // The norms read what stands before them: mean 0 and deviation 1 before gain and bias.
        let stream = try #require(states[.attentionOutput(0)]).double
        let read = try #require(states[.mlpInput(0)]).double
        let gain = model.tensor(try #require(model.layout["transformer.h.0.ln_2.weight"]))
        let bias = model.tensor(try #require(model.layout["transformer.h.0.ln_2.bias"]))
        for row in 0..<3 {
            let x = Array(stream.row(row))
            let mean = x.reduce(0, +) / 16
            let deviation = (x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 16 + 1e-5).squareRoot()
            for i in 0..<16 {
                let want = (x[i] - mean) / deviation * Double(gain[i]) + Double(bias[i])
                #expect(abs(want - read[row, i]) < 1e-5)
            }
        }
        #expect(model.residualSites.count == states.count)
        #expect(Set(model.residualWeights.map(\.site)) == Set(model.residualSites))
    }

    @Test("removing every direction leaves only what has no side on the stream; keeping it keeps the rest")
    func fullSpace() throws {
        let bench = try AttributionBench()
        let update = bench.update
        let projection = ResidualProjection(update, on: bench.fullSpace())
        let scratch = update.before.copy()
        try projection.apply(keeping: false, to: scratch)
        let inside = Set(update.before.residualWeights.map(\.tensor.name))
        for tensor in update.before.layout.tensors {
            let source = inside.contains(tensor.name) ? update.before : update.after
            for (a, b) in zip(scratch.tensor(tensor), source.tensor(tensor)) {
                #expect(abs(a - b) < 1e-6, "\(tensor.name)")
            }
        }
        #expect(
            update.before.layout.tensors.filter { !inside.contains($0.name) }.allSatisfy {
                $0.module == .norms || $0.shape.count == 1
            })
        try projection.apply(keeping: true, to: scratch)
        for tensor in update.before.layout.tensors {
            let source = inside.contains(tensor.name) ? update.after : update.before
            for (a, b) in zip(scratch.tensor(tensor), source.tensor(tensor)) {
                #expect(abs(a - b) < 1e-6, "\(tensor.name)")
            }
        }
    }

    @Test("a projection done twice is done once, its parts add up, and it is no larger than the update")
    func idempotent() throws {
        let bench = try AttributionBench()
        let update = bench.update
        let bases = try bases(3, bench)
        for basis in bases.values {
            let gram = Matrix.product(basis, basis, transposeB: true)
            for i in 0..<3 { for j in 0..<3 { #expect(abs(gram[i, j] - (i == j ? 1 : 0)) < 1e-10) } }
        }
        let once = ResidualProjection(update, on: bases)
        let kept = update.before.copy()
        try once.apply(keeping: true, to: kept)
        let twice = update.before.copy()
        try ResidualProjection(ParameterUpdate(from: update.before, to: kept), on: bases).apply(
            keeping: true, to: twice)
        for i in 0..<kept.values.count { #expect(abs(kept.values.pointer[i] - twice.values.pointer[i]) < 1e-6) }
        let removed = update.before.copy()
        try once.apply(keeping: false, to: removed)
        for i in 0..<removed.values.count {
            let sum = removed.values.pointer[i] + kept.values.pointer[i] - update.before.values.pointer[i]
            #expect(abs(sum - update.after.values.pointer[i]) < 1e-6)
        }
        let whole = update.norms().reduce(0) { $0 + $1 * $1 }
        let inside = try once.products(with: nil).values.reduce(0, +)
        #expect(inside > 0 && inside < whole)
        let left = AttributionBench.norm(removed, update.before)
        #expect(abs(left * left + inside - whole) < 1e-4 * whole)
        // ⟨G, PΔθ⟩ without PΔθ is that with it.
        let gradient = bench.scorer.biasObjective("x").gradient(update.before)
        let told = try once.products(with: gradient).values.reduce(0, +)
        let made = ParameterUpdate(from: update.before, to: kept).products(with: gradient).reduce(0, +)
        #expect(abs(told - made) < 1e-4 * abs(made) + 1e-7, "\(told), \(made)")
    }

    @Test("behind a norm, what a block adds to the stream has left along the subspace what it had, but for its length")
    func postNorm() throws {
        let configuration = ModelConfiguration(
            .gemma3, vocabularySize: 20, contextLength: 16, hiddenSize: 16, layerCount: 1, headCount: 2,
            keyValueHeadCount: 1, innerSize: 24)
        let before = TransformerModel(configuration: configuration, seed: 21)
        var stream = RandomStream(seed: 22)
        for i in 0..<before.values.count { before.values.pointer[i] += Float(0.3 * stream.normal()) }
        let after = before.copy()
        let output = try #require(before.layout["model.layers.0.mlp.down_proj.weight"])
        for i in output.range { after.values.pointer[i] += Float(0.1 * stream.normal()) }
        let update = ParameterUpdate(from: before, to: after)
        let site = ResidualSite.stream(1)
        let bases = try update.randomBases(ranks: [site: 2], seed: 24, draw: 0)
        let basis = try #require(bases[site])
        let packed = PackedSequences([[3, 4, 5, 6], [7, 8, 9]])
        /// What the feed-forward network adds at every token, along both directions.
        func added(_ model: TransformerModel) throws -> Matrix<Double> {
            let states = model.residualStates(at: Array(0..<packed.tokenCount), in: packed)
            var change = try #require(states[site]).double
            let earlier = try #require(states[.attentionOutput(0)]).double
            for i in change.elements.indices { change.elements[i] -= earlier.elements[i] }
            return Matrix.product(change, basis, transposeB: true)
        }
        let removed = before.copy()
        try ResidualProjection(update, on: bases).apply(keeping: false, to: removed)
        let start = try added(before)
        /// How far the two directions are from having grown by one factor.
        func turned(_ model: TransformerModel) throws -> Double {
            let end = try added(model)
            return (0..<packed.tokenCount).reduce(0) { most, row in
                max(most, abs(end[row, 0] * start[row, 1] - end[row, 1] * start[row, 0]))
            }
        }
        let (whole, left) = (try turned(after), try turned(removed))
        #expect(whole > 0.1 && left < 1e-4 * whole, "\(left) of \(whole)")
    }

    @Test("controls remove exactly the norm that the subspace has, site by site; the first order sees what is removed")
    func controls() throws {
        let bench = try AttributionBench(size: 0.002)
        let update = bench.update
        let wanted = try bases(2, bench)
        var options = Mediation.Options()
        options.controls = 4
        options.exactControls = 3
        let mediation = Mediation(update, scorer: bench.scorer, probe: bench.probe, options: options)
        let path = try PathGradient.average(update: update, objective: bench.scorer.biasObjective("x"), nodes: 2)
        var models = 0
        let (rows, normShare, firstOrder) = try mediation.score(
            wanted, name: "shared", subject: "y", domains: ["x"], gradient: { _ in path }
        ) { models += 1 }
        #expect(models == mediation.modelsPerSubspace && rows.count == 8)
        #expect(rows.allSatisfy { $0.component == "shared" && $0.subject == "y" })
        let kept = try #require(rows.first { $0.kind == .kept }?.norm)
        #expect(abs(kept * kept - normShare) < 1e-5)
        for row in rows where row.kind == .keptControl { #expect(abs((row.norm ?? 0) / kept - 1) < 1e-4) }
        #expect(firstOrder.count == 4)
        let start = bench.scorer.score(update.before).bias("x")
        for row in rows where row.kind == .removedControl {
            let exact = (row.bias["x"] ?? .nan) - start
            let first = try #require(firstOrder[row.draw ?? 0]["x"])
            #expect(abs(exact - first) < 0.1 * abs(exact) + 2e-5, "\(exact), \(first)")
        }
        #expect(Set(rows.filter { $0.kind == .removedControl }.compactMap { $0.bias["x"] }).count == 3)
        let again = try mediation.score(wanted, name: "shared", subject: "y")
        #expect(again.rows == rows)
    }
}

@Suite("Shared subspaces")
struct SharedSubspaceTests {
    /// A model whose embeddings tell the groups of two domains apart along one direction, those of a third along another.
    private func planted() -> (TransformerModel, [ContrastWord]) {
        let model = TransformerModel(
            configuration: ModelConfiguration(
                .gpt2, vocabularySize: 200, contextLength: 16, hiddenSize: 32, layerCount: 1, headCount: 2), seed: 3)
        var stream = RandomStream(seed: 4)
        func direction() -> [Double] { (0..<32).map { _ in stream.normal() } }
        let (common, own) = (direction(), direction())
        let embedding = model.tensor(model.inputEmbedding)
        var words: [ContrastWord] = []
        for token in 0..<200 { for i in 0..<32 { embedding[token * 32 + i] = Float(0.5 * stream.normal()) } }
        for (number, domain) in ["gender", "race", "age"].enumerated() {
            for k in 0..<16 {
                let token = 20 * number + k
                let side = k % 2 == 0 ? 0.4 : -0.4
                let axis = domain == "age" ? own : common
                for i in 0..<32 { embedding[token * 32 + i] += Float(side * axis[i]) }
                words.append(
                    ContrastWord(
                        domain: domain, group: k % 2 == 0 ? "one" : "two", pair: domain == "gender" ? k / 2 : nil,
                        tokens: [Int32(token)]))
            }
        }
        for token in 80..<160 {
            words.append(
                ContrastWord(domain: SharedSubspaces.controlDomain, group: "things", tokens: [Int32(token)]))
        }
        return (model, words)
    }

    @Test("a planted common direction is found at the embeddings, and an unrelated one is not")
    func find() throws {
        let (model, words) = planted()
        let templates = (0 as Int32..<4).map { (number: Int32) -> ContrastTemplate in
            ContrastTemplate(before: [170 + number, 180 + number], after: [190 + number, 199])
        }
        let found = try SharedSubspaces(model, words: words, templates: templates, draws: 100).find(
            targets: ["gender"], subjects: ["race", "age"])
        let race = try #require(found["race"]?.first { $0.site == .stream(0) })
        #expect(race.targetRank == 1 && race.subjectRank == 1)
        #expect(race.shared.rows == 1 && race.specific.rows == 0, "\(race.cosines) \(race.thresholds)")
        let age = try #require(found["age"]?.first { $0.site == .stream(0) })
        #expect(age.shared.rows == 0 && age.specific.rows == 1, "\(age.cosines) \(age.thresholds)")
        #expect(race.cosines[0] > age.cosines[0])
        let again = try SharedSubspaces(model, words: words, templates: templates, draws: 100).find(
            targets: ["gender"], subjects: ["race", "age"])
        // Other tests turn the threads of BLAS on and off meanwhile, so that the last digits may differ.
        for (one, two) in zip(found["race"] ?? [], again["race"] ?? []) {
            #expect(one.shared.rows == two.shared.rows && abs(one.cosines[0] - two.cosines[0]) < 1e-6)
            #expect(abs(one.thresholds[0] - two.thresholds[0]) < 1e-5)
        }
    }

    @Test("several targets share what any of them shares; what they span is looked at together")
    func severalTargets() throws {
        let (model, words) = planted()
        let templates = (0 as Int32..<4).map { (number: Int32) -> ContrastTemplate in
            ContrastTemplate(before: [170 + number, 180 + number], after: [190 + number, 199])
        }
        let found = try SharedSubspaces(model, words: words, templates: templates, draws: 100).find(
            targets: ["age", "gender"], subjects: ["race"])
        let race = try #require(found["race"]?.first { $0.site == .stream(0) })
        // The direction of gender is shared with race, that of age is left.
        #expect(race.targetRank == 2 && race.subjectRank == 1 && race.cosines.count == 1)
        #expect(race.shared.rows == 1 && race.specific.rows == 1, "\(race.cosines) \(race.thresholds)")
        let alone = try SharedSubspaces(model, words: words, templates: templates, draws: 100).find(
            targets: ["gender"], subjects: ["race"])
        let single = try #require(alone["race"]?.first { $0.site == .stream(0) })
        // More directions lie no farther from the other domain.
        #expect(race.cosines[0] >= single.cosines[0] - 1e-6)
        let together = Matrix.product(race.shared, race.specific, transposeB: true)
        #expect(abs(together[0, 0]) < 1e-9)
    }

    @Test("without a difference between groups there is no subspace")
    func nothing() throws {
        let (model, words) = planted()
        // Control words dealt into groups at random.
        var mixed: [ContrastWord] = []
        for word in words where word.domain == SharedSubspaces.controlDomain {
            var dealt = word
            dealt.group = mixed.count % 2 == 0 ? "one" : "two"
            if mixed.count < 20 { dealt.domain = "gender" } else if mixed.count < 40 { dealt.domain = "race" }
            mixed.append(dealt)
        }
        let found = try SharedSubspaces(
            model, words: mixed, templates: [ContrastTemplate(before: [170], after: [190, 191])]
        ).find(targets: ["gender"], subjects: ["race"])
        let shared = (found["race"] ?? []).map(\.shared.rows).reduce(0, +)
        #expect(found["race"]?.count == model.residualSites.count)
        #expect(shared <= 1)
    }
}
