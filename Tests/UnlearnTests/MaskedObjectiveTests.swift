import FileSupport
import Foundation
import LanguageModel
import LinearAlgebra
import TestSupport
import Testing
import Unlearn

/// Unlearning of models that fill in masked tokens, against transformers' BERT and RoBERTa
/// (Fixtures/masked-objectives/make_reference.py).
@Suite("Masked models forget as PyTorch says")
struct MaskedObjectiveTests {
    struct Case: Decodable, CustomStringConvertible, Sendable {
        let model: String
        let number: Int
        let method, retain: String
        let options: [String: String]
        var description: String { "\(model) \(method) \(options) retain \(retain)" }
    }

    private struct Asked: Decodable {
        let sentences, words: [String]
        let pairs: [[String]]
        let retain: [String]
        let cases: [Case]
    }

    private static let folder = Bundle.module.bundlePath + "/Fixtures/masked-objectives"
    private static let models =
        URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().path + "/EvaluateTests/Fixtures/stereoset/"
    private static let cases = (try? asked().cases) ?? []

    private static func asked() throws -> Asked {
        try JSONDecoder().decode(Asked.self, from: Data(Input.bytes(folder + "/asked.json")))
    }

    private let asked: Asked

    init() throws { asked = try Self.asked() }

    private static func stored(_ model: String) throws -> [String: [Float]] {
        try Safetensors.values(in: folder + "/\(model).safetensors")
    }

    /// The texts of the fixture as a model reads them.
    private struct Texts {
        let forget: ForgetSet
        let retain: TextPieces

        init(_ asked: Asked, _ tokenizer: any Tokenizer) {
            func framed(_ text: String) -> [Int32] { tokenizer.framed(tokenizer.encode(text)) }
            var forget = ForgetSet(
                texts: asked.sentences, words: asked.words, name: "masked", tokenizer: tokenizer, contextLength: 48,
                isMasked: true)
            forget.pairs = asked.pairs.map { SentencePair(first: framed($0[0]), second: framed($0[1])) }
            self.forget = forget
            retain = TextPieces(path: "retain", sha256: "", pieces: asked.retain.map(framed), isMasked: true)
        }
    }

    private func configuration(_ method: ObjectiveChoice, retain: RetainLoss = .none) -> UnlearnConfiguration {
        UnlearnConfiguration(
            method: method, retainLoss: retain,
            // The update is the gradient, far above the rounding of the parameters that it is read off.
            optimizer: OptimizerConfiguration(name: .sgd, learningRate: 1024), clipNorm: nil,
            batch: asked.sentences.count, retainBatch: asked.retain.count, steps: 1, resampleRows: false,
            budget: GuardBudget(), passTokens: 24)
    }

    @Test("loss, retain loss and gradient by parameter", arguments: cases)
    func lossAndGradient(of one: Case) throws {
        let stored = try Self.stored(one.model)
        let checkpoint = try CheckpointFolder.load(Self.models + one.model, masked: true)
        let (before, reference) = (checkpoint.model.copy(), checkpoint.model.copy())
        for i in 0..<reference.values.count { reference.values.pointer[i] *= 0.95 }
        let texts = Texts(asked, checkpoint.tokenizer)
        #expect(texts.forget.sentences.count == asked.sentences.count)
        let method = try ObjectiveRegistry.standard.choice(one.method, one.options.mapValues { .text($0) })
        var configuration = configuration(method, retain: try #require(RetainLoss(rawValue: one.retain)))
        // Batches are drawn in an order of their own; the masks of the reference go by the order of the texts.
        configuration.seed = 1
        var retain = texts.retain
        retain.pieces = Self.inOrderOfStep(retain.pieces, seed: configuration.seed)
        let result = try Unlearner(
            model: checkpoint.model, forget: texts.forget, retain: retain, guardText: nil, configuration: configuration,
            stateFolder: nil, reference: reference
        ).run()
        var worst = compare(
            [Float(try #require(result.trajectory[1].forgetLoss))], try #require(stored["\(one.number)/loss"]),
            absolute: 1e-6, relative: 1e-5, name: "loss")
        #expect(worst.isClose, "\(worst)")
        if let kept = stored["\(one.number)/retain"] {
            let close = compare(
                [Float(try #require(result.trajectory[1].retainLoss))], kept, absolute: 1e-6, relative: 1e-5,
                name: "retain")
            #expect(close.isClose, "\(close)")
        }
        for tensor in before.layout.tensors {
            let gradient = tensor.range.map {
                (before.values.pointer[$0] - checkpoint.model.values.pointer[$0]) / 1024
            }
            // What no path leads to is not stored.
            let expected = stored["\(one.number)/\(tensor.name)"] ?? [Float](repeating: 0, count: tensor.count)
            let close = compare(gradient, expected, absolute: 2e-6, relative: 2e-4, name: tensor.name)
            #expect(close.isClose, "\(close)")
            if close.ratio > worst.ratio { worst = close }
        }
        print("\(one): worst \(worst)")
    }

    /// Two pieces in the order in which the first step's shuffle gives them back as they were.
    private static func inOrderOfStep(_ pieces: [[Int32]], seed: UInt64) -> [[Int32]] {
        var stream = RandomStream(seed: seed, label: "retain epoch 0")
        let order = stream.shuffled(Array(pieces.indices))
        var out = pieces
        for (place, index) in order.enumerated() { out[index] = pieces[place] }
        return out
    }

    @Test("the guard's perplexity is the pseudo-perplexity", arguments: ["bert", "roberta"])
    func pseudoPerplexity(name: String) throws {
        let checkpoint = try CheckpointFolder.load(Self.models + name, masked: true)
        let texts = Texts(asked, checkpoint.tokenizer)
        var configuration = configuration(.tokenAscent)
        configuration.budget = GuardBudget(perplexityRise: 1e9, klDivergence: 1e9)
        let result = try Unlearner(
            model: checkpoint.model, forget: texts.forget, retain: nil, guardText: texts.retain,
            configuration: configuration, stateFolder: nil
        ).run()
        let close = compare(
            [Float(try #require(result.baseline).perplexity)],
            try #require(Self.stored(name)["pseudo-perplexity"]), absolute: 0, relative: 1e-5)
        #expect(close.isClose, "\(close)")
        #expect(result.baseline?.klDivergence == 0)
        #expect(try #require(result.trajectory.last?.guardKL) > 0)
    }

    @Test("the pieces of a harmful word are hidden together, other tokens by themselves; begin and end are nobody's")
    func hidden() throws {
        let checkpoint = try CheckpointFolder.load(Self.models + "bert", masked: true)
        let texts = Texts(asked, checkpoint.tokenizer)
        let sentence = texts.forget.sentences[1]
        #expect(sentence.tokens == checkpoint.tokenizer.framed(checkpoint.tokenizer.encode(asked.sentences[1])))
        #expect(sentence.harmful.map(\.positions) == [[1, 2], [5, 6, 7]])
        #expect(texts.forget.summary.tokens == texts.forget.sentences.reduce(0) { $0 + $1.tokens.count - 2 })
        let result = try Unlearner(
            model: checkpoint.model, forget: texts.forget, retain: nil, guardText: nil,
            configuration: configuration(try ObjectiveChoice(ToyHidden.self)), stateFolder: nil
        ).run()
        #expect(result.trajectory[1].forgetLoss == 0)
    }

    @Test("a text without a mask token, and one that is longer than the context with its frame, are refused")
    func refusals() throws {
        let model = try CheckpointFolder.model(in: Self.models + "bert")
        let tokenizer = try CheckpointFolder.tokenizer(in: Self.models + "bert").tokenizer
        func error(_ model: TransformerModel, _ forget: ForgetSet) -> String {
            (#expect(throws: InputError.self) {
                try Unlearner(
                    model: model, forget: forget, retain: nil, guardText: nil,
                    configuration: configuration(.tokenAscent), stateFolder: nil)
            })?.description ?? ""
        }
        #expect(error(model, Texts(asked, tokenizer).forget).contains("no mask token is known - model"))
        let loaded = try CheckpointFolder.load(Self.models + "bert", masked: true)
        func forget(contextLength: Int) -> ForgetSet {
            ForgetSet(
                texts: [[String](repeating: "the sailor is drunken", count: 12).joined(separator: " ")],
                words: asked.words, name: "long", tokenizer: loaded.tokenizer, contextLength: contextLength,
                isMasked: true)
        }
        let cut = forget(contextLength: 48)
        #expect(cut.sentences[0].tokens.count == 48 && cut.sentences[0].truncated)
        #expect(cut.sentences[0].tokens.last == loaded.tokenizer.endToken)
        #expect(cut.sentences[0].harmful.allSatisfy { $0.positions.allSatisfy { $0 < 47 } })
        #expect(error(loaded.model, forget(contextLength: 49)).contains("a text of 49 tokens for a context of 48"))
    }
}
