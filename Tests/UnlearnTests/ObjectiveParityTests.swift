import FileSupport
import Foundation
import LanguageModel
import TestSupport
import Testing
import Unlearn

/// The registered objectives against their formulas in PyTorch (Fixtures/objectives/make_reference.py).
@Suite("Objectives agree with PyTorch")
struct ObjectiveParityTests {
    private struct Asked: Decodable {
        struct Case: Decodable {
            let name: String
            let options: [String: String]
        }
        let sentences, words: [String]
        let pairs: [[String]]
        let retain: [String]
        let cases: [Case]
    }

    private let folder = Bundle.module.bundlePath + "/Fixtures/objectives"
    private let asked: Asked
    private let reference: Safetensors

    init() throws {
        asked = try JSONDecoder().decode(Asked.self, from: Data(Input.bytes(folder + "/asked.json")))
        reference = try Safetensors(folder + "/reference.safetensors")
    }

    private func stored(_ name: String) throws -> [Float]? {
        guard let tensor = reference.tensors.first(where: { $0.name == name }) else { return nil }
        var values = [Float](repeating: 0, count: tensor.count)
        try values.withUnsafeMutableBufferPointer { try reference.read(tensor, into: $0) }
        return values
    }

    private static func tokens(_ text: String) -> [Int32] { [0] + LetterTokenizer().encode(text) }

    private var forget: ForgetSet {
        var forget = ForgetSet(
            texts: asked.sentences, words: asked.words, name: "objectives", tokenizer: LetterTokenizer(),
            contextLength: 48)
        forget.pairs = asked.pairs.map { SentencePair(first: Self.tokens($0[0]), second: Self.tokens($0[1])) }
        return forget
    }

    private func configuration(_ method: ObjectiveChoice, batch: Int) -> UnlearnConfiguration {
        UnlearnConfiguration(
            method: method, retainLoss: .none,
            // The update is the gradient, far above the rounding of the parameters that it is read off.
            optimizer: OptimizerConfiguration(name: .sgd, learningRate: 1024), clipNorm: nil, batch: batch,
            retainBatch: asked.retain.count, steps: 1, resampleRows: false, budget: GuardBudget(), passTokens: 24)
    }

    @Test("loss and gradient of every method, by parameter", arguments: 0..<22)
    func lossAndGradient(number: Int) throws {
        #expect(asked.cases.count == 22)
        let (name, options) = (asked.cases[number].name, asked.cases[number].options)
        let method = try ObjectiveRegistry.standard.choice(name, options.mapValues { .text($0) })
        let before = try CheckpointFolder.model(in: folder + "/model")
        let after = before.copy()
        let retain = TextPieces(path: "retain", sha256: "", pieces: asked.retain.map(Self.tokens))
        let forget = forget
        #expect(forget.sentences.count == asked.sentences.count)
        let result = try Unlearner(
            model: after, forget: forget, retain: retain, guardText: nil,
            configuration: configuration(
                method, batch: method.objective.needs.contains(.pairs) ? forget.pairs.count : forget.sentences.count),
            stateFolder: nil, reference: try CheckpointFolder.model(in: folder + "/before")
        ).run()
        let loss = Float(try #require(result.trajectory[1].forgetLoss))
        let close = compare(
            [loss], try #require(try stored("\(number)/loss")), absolute: 1e-6, relative: 1e-5, name: "loss")
        #expect(close.isClose, "\(close)")

        var worst = close
        for tensor in before.layout.tensors {
            let gradient = tensor.range.map { (before.values.pointer[$0] - after.values.pointer[$0]) / 1024 }
            // What no path leads to is not stored.
            let expected = try stored("\(number)/\(tensor.name)") ?? [Float](repeating: 0, count: tensor.count)
            let close = compare(gradient, expected, absolute: 2e-6, relative: 1e-4, name: tensor.name)
            #expect(close.isClose, "\(close)")
            if close.ratio > worst.ratio { worst = close }
        }
        print("\(name) \(options): worst \(worst)")
    }

    @Test("pairs that lean to the other side change roles: turned round, they give BiasUnlearn the same step")
    func polarity() throws {
        func step(_ polarity: String, turned: Bool) throws -> (loss: Double, values: [Float]) {
            var forget = forget
            if turned { forget.pairs = forget.pairs.map { SentencePair(first: $0.second, second: $0.first) } }
            let method = try ObjectiveChoice(BiasUnlearning.self, ["polarity": .text(polarity)])
            let model = try CheckpointFolder.model(in: folder + "/model")
            let retain = TextPieces(path: "retain", sha256: "", pieces: asked.retain.map(Self.tokens))
            let result = try Unlearner(
                model: model, forget: forget, retain: retain, guardText: nil,
                configuration: configuration(method, batch: forget.pairs.count), stateFolder: nil,
                reference: try CheckpointFolder.model(in: folder + "/before")
            ).run()
            return (try #require(result.trajectory[1].forgetLoss), model.array)
        }
        let (reversed, turned) = (try step("reverse", turned: false), try step("reverse", turned: true))
        #expect(abs(reversed.loss - turned.loss) < 1e-5)
        let close = compare(turned.values, reversed.values, absolute: 2e-3, relative: 1e-4, name: "turned")
        #expect(close.isClose, "\(close)")
        // As they were, the pairs lean away from their first sentences; turned round they do not.
        #expect(try abs(step("ignore", turned: true).loss - turned.loss) < 1e-5)
        #expect(try abs(step("ignore", turned: false).loss - reversed.loss) > 1e-2)
        #expect(try abs(step("stop", turned: true).loss - turned.loss) < 1e-5)
    }

    @Test("the fixture has every registered method, and options apart from the defaults")
    func complete() {
        #expect(Set(asked.cases.map(\.name)) == Set(ObjectiveRegistry.standard.names))
        for method in UnlearningObjectives.all where !method.options.isEmpty {
            let given = asked.cases.filter { $0.name == method.name }.flatMap(\.options.keys)
            #expect(Set(given) == Set(method.options.map(\.name)), "\(method.name)")
        }
    }

    @Test("an earlier harmful word stands replaced before a later one, which sees its own first tokens")
    func replacedContexts() throws {
        func encoded(_ text: String) -> [Int32] { Self.tokens(text) }
        let slow = try #require(forget.sentences[1].harmful.first)
        #expect(slow.replacedTokens == nil)
        let sentence = forget.sentences[2]
        #expect(sentence.replaced == encoded("so something, something and \"something\" today"))
        let contexts = sentence.harmful.map { word in word.replacedTokens.map { Array(sentence.replaced.prefix($0)) } }
        #expect(
            contexts == [nil, encoded("so something,"), encoded("so something, something and \"")])
        // Without a second harmful word there is nothing to replace.
        #expect(forget.sentences[0].replaced.isEmpty)
    }

    @Test("a context that the placeholder makes too long for the model loses its earliest tokens, and nothing else")
    func longContext() throws {
        let text = "so dull, slow and \"dull\" today"
        let whole = Self.tokens(text).count
        let forget = ForgetSet(
            texts: [text], words: asked.words, name: "long", tokenizer: LetterTokenizer(), contextLength: whole)
        let sizes = ModelConfiguration(
            .gpt2, vocabularySize: LetterTokenizer().vocabularySize, contextLength: whole, hiddenSize: 8, layerCount: 1,
            headCount: 2)
        let model = TransformerModel(configuration: sizes, seed: 3)
        let method = try ObjectiveChoice(TokenAscent.self, ["context": "replaced"])
        let result = try Unlearner(
            model: model, forget: forget, retain: nil, guardText: nil, configuration: configuration(method, batch: 1),
            stateFolder: nil
        ).run()
        #expect(try #require(result.trajectory[1].forgetLoss).isFinite)
    }
}
