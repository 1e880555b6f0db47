import FileSupport
import LanguageModel
import LinearAlgebra
import TestSupport
import Testing

/// What callers rely on besides the numbers of one small batch.
@Suite("The engine keeps its promises")
struct EngineBehaviourTests {
    private let sizes = ModelConfiguration(
        .gpt2, vocabularySize: 31, contextLength: 90, hiddenSize: 12, layerCount: 3, headCount: 2)

    private func model(seed: UInt64 = 1) -> TransformerModel {
        let model = TransformerModel(configuration: sizes, seed: seed)
        var stream = RandomStream(seed: seed, label: "wide")
        for i in 0..<model.values.count { model.values.pointer[i] += Float(0.2 * stream.normal()) }
        return model
    }

    private func sequences(_ count: Int, longest: Int, seed: UInt64 = 4) -> [[Int32]] {
        var stream = RandomStream(seed: seed)
        return (0..<count).map { _ in
            (0..<1 + stream.index(below: longest)).map { _ in Int32(stream.index(below: 31)) }
        }
    }

    private func everyToken(_ packed: PackedSequences, weight: Float = 1) -> [Prediction] {
        (0..<packed.sequenceCount).flatMap { s in
            packed.range(s).dropLast().map { Prediction(row: $0, token: packed.tokens[$0 + 1], weight: weight) }
        }
    }

    @Test("the load of a pass counts tokens, what they look at, and rows; equal beginnings once unless it goes back")
    func load() {
        let model = model()
        let packed = PackedSequences([[1, 2, 3, 4], [1, 2, 5], [7, 8]])
        // The last token of a sequence is only ever predicted.
        let rows = [0, 1, 2, 4, 5, 7]
        let forward = model.load(of: rows, in: packed)
        #expect(forward.tokens == 4 && forward.rows == 4 && forward.attended == 1 + 2 + 3 + 1 && forward.longest == 4)
        let backward = model.load(of: rows, in: packed, backward: true)
        #expect(backward.tokens == 6 && backward.rows == 6 && backward.attended == 6 + 3 + 1)
        #expect(model.forwardOperations(backward) > model.forwardOperations(forward))
        #expect(model.forwardOperations(forward * 3) == 3 * model.forwardOperations(forward))
        // The head alone: 2 V C a row.
        var head = NetworkLoad()
        head.rows = 5
        #expect(model.forwardOperations(head) == 2 * 31 * 12 * 5)
    }

    @Test("the gradient of sentences that begin alike is the sum of each one's, whether their weights add up or cancel")
    func commonBeginnings() {
        let model = model()
        let all: [[Int32]] = [[1, 2, 3, 4, 5], [1, 2, 3, 6, 5], [1, 2, 9], [1, 2, 3, 4, 5]]
        let weights: [Float] = [0.5, -0.5, -0.25, 0.125]
        func terms(_ packed: PackedSequences, _ weights: [Float]) -> [LossTerm] {
            [
                .weightedLogLikelihood(
                    weights.indices.flatMap { s in
                        packed.range(s).dropLast().map {
                            Prediction(row: $0, token: packed.tokens[$0 + 1], weight: weights[s])
                        }
                    })
            ]
        }
        let (together, apart) = (FloatBuffer(count: model.layout.count), FloatBuffer(count: model.layout.count))
        let packed = PackedSequences(all)
        let value = model.accumulateGradient(of: terms(packed, weights), in: packed, into: together)[0]
        var sum = 0.0
        for (sequence, weight) in zip(all, weights) {
            let one = PackedSequences([sequence])
            sum += model.accumulateGradient(of: terms(one, [weight]), in: one, into: apart)[0]
        }
        #expect(abs(value - sum) < 1e-5)
        let worst = (0..<together.count).map { abs(together.pointer[$0] - apart.pointer[$0]) }.max() ?? 1
        let largest = (0..<apart.count).map { abs(apart.pointer[$0]) }.max() ?? 0
        #expect(largest > 0.1 && worst < 1e-5 * largest + 1e-6, "\(worst) of \(largest)")
    }

    @Test("scores of many sequences equal those of each alone, across the cuts into batches")
    func batches() {
        let model = model()
        let all = sequences(70, longest: 90)
        let packed = PackedSequences(all)
        #expect(packed.tokenCount > 2048)
        let together = model.logProbabilities(everyToken(packed), in: packed)
        let alone = all.flatMap { sequence in
            let one = PackedSequences([sequence])
            return model.logProbabilities(everyToken(one), in: one)
        }
        let close = compare(together, alone, absolute: 1e-5, relative: 1e-5)
        #expect(close.isClose, "\(close)")
    }

    @Test("KL from kept predictions is KL from the model that made them, in any order of rows, and scores repeat")
    func keptPredictions() {
        let (model, reference) = (model(), model(seed: 2))
        let packed = PackedSequences(sequences(30, longest: 90))
        // More than one batch, so that several are under way at once.
        #expect(packed.tokenCount > 1024)
        let rows = [5, 0, 5] + (0..<packed.tokenCount).reversed()
        let expected = model.klDivergence(from: reference, rows: rows, in: packed)
        let kept = reference.keepPredictions(at: rows, in: packed)
        #expect(model.klDivergence(from: kept) == expected)
        #expect(reference.klDivergence(from: kept).allSatisfy { abs($0) < 1e-5 })
        #expect(expected.allSatisfy { $0 > 1e-3 })
        let predictions = everyToken(packed)
        #expect(
            model.logProbabilities(predictions, in: packed) == model.logProbabilities(predictions, in: packed))
    }

    @Test("a gradient over many batches and blocks of rows is the sum over the sequences")
    func gradientSums() {
        let model = model()
        let reference = self.model(seed: 2)
        let all = sequences(40, longest: 90)
        let packed = PackedSequences(all)
        #expect(packed.tokenCount > 1024)
        let (whole, parts) = (FloatBuffer(count: model.layout.count), FloatBuffer(count: model.layout.count))
        let rows = Array(0..<packed.tokenCount)
        let values = model.accumulateGradient(
            of: [
                .weightedLogLikelihood(everyToken(packed, weight: 0.01)),
                .klDivergence(from: reference, rows: rows, weight: 1),
            ], in: packed, into: whole)
        var sums = [0.0, 0.0]
        for sequence in all {
            let one = PackedSequences([sequence])
            let part = model.accumulateGradient(
                of: [
                    .weightedLogLikelihood(everyToken(one, weight: 0.01)),
                    .klDivergence(
                        from: reference, rows: Array(0..<one.tokenCount),
                        weight: Float(one.tokenCount) / Float(packed.tokenCount)),
                ], in: one, into: parts)
            sums = zip(sums, part).map { $0 + $1 }
        }
        let close = compare(values, sums, absolute: 1e-5, relative: 1e-5)
        #expect(close.isClose, "\(close)")
        #expect(relativeError(Array(whole.buffer), Array(parts.buffer)) < 1e-5)
    }

    @Test("a later token changes no earlier score, an earlier one does")
    func causality() {
        let model = model()
        let sequence = sequences(1, longest: 1)[0] + [5, 9, 2, 7, 3, 8, 1]
        let original = PackedSequences([sequence])
        let asked = [Prediction(row: 3, token: 4)]
        var (later, earlier) = (sequence, sequence)
        later[4] = 30
        earlier[2] = 30
        let score = model.logProbabilities(asked, in: original)
        #expect(model.logProbabilities(asked, in: PackedSequences([later])) == score)
        #expect(model.logProbabilities(asked, in: PackedSequences([earlier])) != score)
        #expect(model.logProbabilities([], in: original).isEmpty)
    }

    @Test(
        "frozen tensors get no gradient and change nothing in the others'",
        arguments: [
            ["embeddings"], ["mlp"], ["attention", "layers 1"], ["norms"], ["positions"], ["layers 2"], ["all"],
        ])
    func frozen(words: [String]) throws {
        let model = model()
        let packed = PackedSequences(sequences(5, longest: 20))
        let selection = try ParameterSelection(parsing: words)
        let (all, some) = (FloatBuffer(count: model.layout.count), FloatBuffer(count: model.layout.count))
        let terms: [LossTerm] = [.weightedLogLikelihood(everyToken(packed))]
        _ = model.accumulateGradient(of: terms, in: packed, into: all)
        _ = model.accumulateGradient(of: terms, in: packed, into: some, trainable: selection)
        var trained = 0
        for parameter in model.layout.tensors {
            let part = some.buffer[parameter.range]
            if selection.contains(parameter) {
                trained += 1
                #expect(relativeError(Array(part), Array(all.buffer[parameter.range]), floor: 1e-3) < 1e-5)
            } else {
                #expect(part.allSatisfy { $0 == 0 }, "\(parameter.name)")
            }
        }
        #expect(trained > 0)
    }

    @Test("the same steps give the same bits, and ask for no new memory")
    func repeatable() {
        let packed = PackedSequences(sequences(9, longest: 40))
        let reference = model(seed: 3)
        func run() -> [UInt32] {
            let model = model()
            let optimizer = Optimizer(OptimizerConfiguration(weightDecay: 0.01), layout: model.layout)
            let gradient = FloatBuffer(count: model.layout.count)
            var allocations: [Int] = []
            for _ in 0..<4 {
                gradient.buffer.update(repeating: 0)
                _ = model.accumulateGradient(
                    of: [
                        .weightedLogLikelihood(everyToken(packed)),
                        .klDivergence(from: reference, rows: [0, 5, 9], weight: 1),
                    ], in: packed, into: gradient)
                optimizer.step(values: model.values, gradient: gradient, learningRate: 1e-3, clipNorm: 1)
                allocations.append(model.workspace.allocations)
            }
            #expect(allocations[3] == allocations[1] && allocations[0] > 0)
            return model.values.buffer.map(\.bitPattern)
        }
        #expect(run() == run())
    }

    @Test("a resumed optimiser goes on as if it had not stopped", arguments: OptimizerConfiguration.Name.allCases)
    func resume(name: OptimizerConfiguration.Name) throws {
        let configuration = OptimizerConfiguration(name: name, weightDecay: 0.1, momentum: 0.9)
        let selection = try ParameterSelection(parsing: ["mlp"])
        let model = model()
        let gradient = FloatBuffer(count: model.layout.count)
        for i in 0..<gradient.count { gradient.pointer[i] = Float(i % 17) - 8 }
        func step(_ optimizer: Optimizer, _ values: FloatBuffer) {
            optimizer.step(values: values, gradient: gradient, learningRate: 0.01)
        }
        let straight = Optimizer(configuration, layout: model.layout, trainable: selection)
        let values = model.values.copy()
        step(straight, values)
        let resumed = Optimizer(configuration, layout: model.layout, trainable: selection)
        #expect(resumed.importState(straight.exportState()))
        let other = values.copy()
        step(straight, values)
        step(resumed, other)
        #expect(values.buffer.elementsEqual(other.buffer))
        let foreign = Optimizer(configuration, layout: model.layout)
        #expect(!foreign.importState(straight.exportState()))
        for parameter in model.layout.tensors {
            let moved = zip(values.buffer[parameter.range], model.tensor(parameter)).contains { $0 != $1 }
            #expect(moved == (parameter.module == .mlp), "\(parameter.name)")
        }
    }

    @Test("a gradient that is not finite changes nothing and tells so")
    func notFinite() {
        let model = model()
        let gradient = FloatBuffer(count: model.layout.count)
        gradient.pointer[3] = .nan
        let before = Array(model.values.buffer)
        let optimizer = Optimizer(OptimizerConfiguration(), layout: model.layout)
        let norm = optimizer.step(values: model.values, gradient: gradient, learningRate: 1, clipNorm: 1)
        #expect(norm.isNaN && optimizer.stepCount == 0 && before == Array(model.values.buffer))
    }

    @Test("an untied head has its own tensor and gradient")
    func untied() throws {
        var configuration = sizes
        configuration.tiedHead = false
        let model = TransformerModel(configuration: configuration, seed: 1)
        let head = try #require(model.layout["lm_head.weight"])
        #expect(head.module == .embeddings && model.layout.tensors.last == head)
        let packed = PackedSequences([[1, 2, 3]])
        let gradient = FloatBuffer(count: model.layout.count)
        _ = model.accumulateGradient(
            of: [.weightedLogLikelihood([Prediction(row: 1, token: 3)])], in: packed, into: gradient)
        #expect(gradient.buffer[head.range].allSatisfy { $0 != 0 })
        // Only the two tokens read have an input gradient.
        let table = try #require(model.layout["transformer.wte.weight"])
        #expect(gradient.buffer[table.range].filter { $0 != 0 }.count <= 2 * sizes.hiddenSize)
    }

    @Test("fresh parameters have GPT-2's deviations and depend on the seed alone")
    func initialisation() throws {
        let model = TransformerModel(configuration: sizes, seed: 8)
        let (same, other) = (
            TransformerModel(configuration: sizes, seed: 8), TransformerModel(configuration: sizes, seed: 9)
        )
        #expect(Array(model.values.buffer) == Array(same.values.buffer))
        #expect(Array(model.values.buffer) != Array(other.values.buffer))
        func deviation(_ name: String) throws -> Double {
            let values = model.tensor(try #require(model.layout[name])).map(Double.init)
            return (values.reduce(0) { $0 + $1 * $1 } / Double(values.count)).squareRoot()
        }
        #expect(abs(try deviation("transformer.h.1.mlp.c_fc.weight") - 0.02) < 0.002)
        #expect(abs(try deviation("transformer.h.1.mlp.c_proj.weight") - 0.02 / 6.0.squareRoot()) < 0.001)
        #expect(try deviation("transformer.h.1.ln_1.weight") == 1)
        #expect(try deviation("transformer.h.1.mlp.c_fc.bias") == 0)
    }

    @Test("words select tensors, and a wrong one is named")
    func selection() throws {
        let layout = model().layout
        func names(_ words: String...) throws -> [String] {
            let selection = try ParameterSelection(parsing: words)
            return layout.tensors.filter(selection.contains).map(\.name)
        }
        #expect(try names("all").count == layout.tensors.count)
        #expect(try names("embeddings") == ["transformer.wte.weight"])
        #expect(try names("layers 0-2").count == 36)
        #expect(try names("mlp", "layers 1").count == 4)
        #expect(try names("positions", "norms").count == 1 + 3 * 4 + 2)
        for wrong in ["mpl", "layers", "layers 3-1", "layers -1", "layers a", ""] {
            let error = #expect(throws: InputError.self) { try ParameterSelection(parsing: [wrong]) }
            #expect(error?.description.contains("\"\(wrong)\"") == true)
        }
        #expect(throws: InputError.self) { try ParameterSelection(parsing: []) }
    }

    @Test("learning rates rise, stay and fall")
    func schedules() {
        func rates(_ shape: LearningRateSchedule.Shape) -> [Double] {
            let schedule = LearningRateSchedule(
                shape: shape, peak: 2, warmupSteps: 3, totalSteps: 7, finalFraction: 0.5)
            return (0..<9).map(schedule.rate)
        }
        #expect(rates(.constant) == [0.5, 1, 1.5, 2, 2, 2, 2, 2, 2])
        #expect(rates(.linear) == [0.5, 1, 1.5, 2, 1.75, 1.5, 1.25, 1, 1])
        let cosine = compare(
            rates(.cosine), [0.5, 1, 1.5, 2, 1.853553, 1.5, 1.146447, 1, 1], absolute: 1e-6, relative: 0)
        #expect(cosine.isClose, "\(cosine)")
    }
}
