import FileSupport
import Foundation
import LanguageModel
import LinearAlgebra
import TestSupport
import Testing
import Unlearn

/// Training through low-rank factors, against PEFT (Fixtures/lora/make_reference.py).
@Suite("Low-rank training") struct LowRankTests {
    private let base = Bundle.module.bundlePath + "/Fixtures/objectives/model"

    private static let sentences = [
        "some zebras are dull", "they are slow and dull", "so dull, slow and \"dull\" today",
    ]

    private var forget: ForgetSet {
        ForgetSet(
            texts: Self.sentences, words: ["dull", "slow"], name: "lora", tokenizer: LetterTokenizer(),
            contextLength: 48)
    }

    private func configuration(steps: Int) throws -> UnlearnConfiguration {
        UnlearnConfiguration(
            method: try ObjectiveRegistry.standard.choice("sentence-ascent"), retainLoss: .none,
            optimizer: OptimizerConfiguration(learningRate: 0.02, beta1: 0.8, beta2: 0.95, weightDecay: 0.1),
            clipNorm: 0.05, batch: 3, steps: steps, seed: 7, resampleRows: false,
            lora: LowRankConfiguration(rank: 3, alpha: 12, modules: ["attn.c_attn", "c_fc"]), budget: GuardBudget(),
            checkEvery: 2)
    }

    private func unlearner(
        _ model: TransformerModel, _ configuration: UnlearnConfiguration, states: String? = nil,
        guardText: TextPieces? = nil
    ) throws -> Unlearner {
        try Unlearner(
            model: model, forget: forget, retain: nil, guardText: guardText, configuration: configuration,
            stateFolder: states)
    }

    @Test("three steps of AdamW in the factors are PEFT's: factors, merged weights and norms; nothing else moves")
    func parity() throws {
        let reference = try Safetensors(Bundle.module.bundlePath + "/Fixtures/lora/reference.safetensors")
        func stored(_ name: String) throws -> [Float] {
            let tensor = try #require(reference.tensors.first { $0.name == name }, "\(name)")
            var values = [Float](repeating: 0, count: tensor.count)
            try values.withUnsafeMutableBufferPointer { try reference.read(tensor, into: $0) }
            return values
        }
        let model = try CheckpointFolder.model(in: base)
        let before = model.copy()
        let unlearner = try unlearner(model, configuration(steps: 3))
        let result = try unlearner.run()
        let factors = try #require(unlearner.factors)
        var worst = compare(
            result.trajectory.compactMap(\.gradientNorm).map(Float.init), try stored("norms"), absolute: 1e-6,
            relative: 1e-4, name: "norms")
        func check(_ found: [Float], _ name: String) throws {
            let close = compare(found, try stored(name), absolute: 1e-5, relative: 1e-4, name: name)
            #expect(close.isClose, "\(close)")
            if close.ratio > worst.ratio { worst = close }
        }
        #expect(worst.isClose, "\(worst)")
        #expect(factors.layout.tensors.count == reference.tensors.count { $0.name.contains("lora_") })
        for tensor in factors.layout.tensors {
            try check(Array(factors.values.buffer[tensor.range]), tensor.name)
            #expect(reference.tensors.first { $0.name == tensor.name }?.shape == tensor.shape)
        }
        for tensor in model.layout.tensors {
            try check(Array(model.values.buffer[tensor.range]), tensor.name)
            let isTrained = tensor.name.hasSuffix("c_attn.weight") || tensor.name.hasSuffix("c_fc.weight")
            let isMoved = model.values.buffer[tensor.range].elementsEqual(before.values.buffer[tensor.range]) == false
            #expect(isMoved == isTrained, "\(tensor.name)")
        }
        print("worst \(worst)")
    }

    @Test("the saved adapter, read with its base model, is the merged model to the bit, at every strength")
    func saved() throws {
        let model = try CheckpointFolder.model(in: base)
        let unlearner = try unlearner(model, configuration(steps: 3))
        _ = try unlearner.run()
        let folder = try temporaryFolder("adapter")
        try unlearner.factors?.save(to: folder, base: base)
        #expect(try CheckpointFolder.model(in: folder).array == model.array)
        #expect(try CheckpointFolder.model(in: base + "+" + folder).array == model.array)
        try unlearner.factors?.save(to: folder, base: base, strength: 0)
        #expect(try CheckpointFolder.model(in: folder).array == CheckpointFolder.model(in: base).array)
    }

    @Test("a run that was stopped goes on to the same bits, in the factors too; another rank is another run")
    func resumed() throws {
        let start = try CheckpointFolder.model(in: base)
        let whole = start.copy()
        let one = try unlearner(whole, configuration(steps: 8))
        _ = try one.run()
        let states = try temporaryFolder("states")
        _ = try unlearner(start.copy(), configuration(steps: 8), states: states).run {
            $0.point.step == 5 ? .stop : .goOn
        }
        let model = start.copy()
        let other = try unlearner(model, configuration(steps: 8), states: states)
        #expect(try other.run(resume: true).resumedFrom == 5)
        let (a, b) = (try #require(one.factors), try #require(other.factors))
        #expect(model.array == whole.array && Array(a.values.buffer) == Array(b.values.buffer))
        var changed = try configuration(steps: 8)
        changed.lora?.rank = 2
        #expect(throws: InputError.self) { try unlearner(start.copy(), changed, states: states).run(resume: true) }
    }

    @Test(
        "what the guard takes back is taken back in the factors, from memory and from disk", arguments: [true, false])
    func rolledBack(onDisk: Bool) throws {
        var limited = try configuration(steps: 40)
        limited.optimizer.learningRate = 0.2
        limited.clipNorm = nil
        limited.budget = GuardBudget(perplexityRise: 0.5, klDivergence: nil)
        let text = TextPieces(
            path: "guard", sha256: "", pieces: [[0] + LetterTokenizer().encode("a bird sings at dawn")])
        let model = try CheckpointFolder.model(in: base)
        let unlearner = try unlearner(
            model, limited, states: onDisk ? temporaryFolder("states") : nil, guardText: text)
        let result = try unlearner.run()
        guard case .guardBreached = result.reason else {
            Issue.record("\(result.reason)")
            return
        }
        #expect(result.keptStep < (result.trajectory.last?.step ?? 0))
        let folder = try temporaryFolder("adapter")
        try unlearner.factors?.save(to: folder, base: base)
        #expect(try CheckpointFolder.model(in: folder).array == model.array)
    }

    @Test(
        "the gradient in the factors is (α/r) Bᵀ dW and (α/r) dW Aᵀ, the first model the one before, whichever way weights lie",
        arguments: [ModelType.gpt2, .llama])
    func gradient(type: ModelType) throws {
        let model = TransformerModel(
            configuration: ModelConfiguration(
                type, vocabularySize: 20, contextLength: 8, hiddenSize: 12, layerCount: 2, headCount: 2), seed: 3)
        let lora = LowRankConfiguration(rank: 2, alpha: 3, modules: [LowRankConfiguration.allLinear])
        let factors = try LowRankFactors(lora, for: model.layout, seed: 5)
        let merged = model.copy()
        factors.merge(into: merged, from: model)
        #expect(merged.array == model.array)

        var stream = RandomStream(seed: 9)
        for i in 0..<factors.values.count { factors.values.pointer[i] = Float(stream.normal()) }
        let dense = FloatBuffer(count: model.layout.count)
        for i in 0..<dense.count { dense.pointer[i] = Float(stream.normal()) }
        factors.takeGradient(dense)
        factors.merge(into: merged, from: model)
        let weights = try lora.targets(in: model.layout)
        #expect(weights.count > 6 && factors.layout.tensors.count == 2 * weights.count)
        #expect(try lora.count(in: model.layout) == factors.layout.count)
        var (found, expected): ([Float], [Float]) = ([], [])
        for (index, weight) in weights.enumerated() {
            let (a, b) = (factors.layout.tensors[2 * index], factors.layout.tensors[2 * index + 1])
            let (out, width, rank) = (b.shape[0], a.shape[1], 2)
            func place(_ o: Int, _ i: Int) -> Int { weight.offset + (weight.inputsFirst ? i * out + o : o * width + i) }
            func A(_ r: Int, _ i: Int) -> Double { Double(factors.values.pointer[a.offset + r * width + i]) }
            func B(_ o: Int, _ r: Int) -> Double { Double(factors.values.pointer[b.offset + o * rank + r]) }
            func G(_ o: Int, _ i: Int) -> Double { Double(dense.pointer[place(o, i)]) }
            for r in 0..<rank {
                for i in 0..<width { expected.append(Float(1.5 * (0..<out).reduce(0) { $0 + B($1, r) * G($1, i) })) }
            }
            for o in 0..<out {
                for r in 0..<rank { expected.append(Float(1.5 * (0..<width).reduce(0) { $0 + G(o, $1) * A(r, $1) })) }
            }
            for tensor in [a, b] { found += factors.gradient.buffer[tensor.range] }
            for o in 0..<out {
                for i in 0..<width {
                    found.append(merged.values.pointer[place(o, i)])
                    let update = (0..<rank).reduce(0) { $0 + B(o, $1) * A($1, i) }
                    expected.append(Float(Double(model.values.pointer[place(o, i)]) + 1.5 * update))
                }
            }
        }
        let close = compare(found, expected, absolute: 1e-4, relative: 1e-4, name: type.title)
        #expect(close.isClose, "\(close)")
    }

    @Test("layers that are not there, and what takes steps in the parameters themselves, are refused by name")
    func refused() throws {
        func message(_ body: () throws -> Void) -> String {
            do { try body() } catch { return "\(error)" }
            return ""
        }
        let model = try CheckpointFolder.model(in: base)
        var wrong = try configuration(steps: 2)
        wrong.lora?.modules = ["c_fc", "wte", "q_proj"]
        #expect(
            message { _ = try unlearner(model, wrong) }
                == "no linear layer of a block is called 'wte' - optimizer.lora.modules - "
                + "name some of c_attn, c_fc, c_proj, all-linear")
        var both = try configuration(steps: 2)
        both.parameters = ["mlp"]
        #expect(message { _ = try unlearner(model, both) }.contains("both parameters and optimizer.lora"))
        let lora = try configuration(steps: 2)
        #expect(
            message {
                _ = try UpdateDecomposition(before: model, forget: forget, retain: nil, configuration: lora, steps: 2)
            }.contains("in low-rank factors - why.decomposition - set it to false"))
        #expect(
            message { _ = try ForgetGradients(model: model, forget: forget, retain: nil, configuration: lora) }
                .contains("in low-rank factors - why.forecast - set it to false"))
    }
}
