import FileSupport
import Foundation
import LanguageModel
import LinearAlgebra
import TestSupport
import Testing
import Unlearn

@Suite("Objectives")
struct ObjectiveTests {
    enum Toy: String, CaseIterable {
        case preference, gap, steering

        func choice() throws -> ObjectiveChoice {
            switch self {
            case .preference: try ObjectiveChoice(ToyPreference.self, ["beta": 0.5])
            case .gap: try ObjectiveChoice(ToyGap.self)
            case .steering: try ObjectiveChoice(ToySteering.self)
            }
        }
    }

    /// A tiny study away from its initialisation, with pairs, and θ0 apart from the model.
    private struct Setting {
        var study: TinyStudy
        let reference: TransformerModel
        var configuration: UnlearnConfiguration

        init(_ method: ObjectiveChoice) throws {
            study = try TinyStudy()
            study.forget.pairs = [("boys are dull", "girls are dull"), ("old and slow", "new"), ("a cat", "a dog")].map
            {
                SentencePair(
                    first: [0] + LetterTokenizer().encode($0), second: [0] + LetterTokenizer().encode($1))
            }
            var stream = RandomStream(seed: 3)
            for i in 0..<study.model.values.count { study.model.values.pointer[i] += Float(0.1 * stream.normal()) }
            reference = study.model.copy()
            for i in 0..<reference.values.count { reference.values.pointer[i] += Float(0.05 * stream.normal()) }
            configuration = study.configuration
            configuration.method = method
            configuration.passTokens = 30
            configuration.batch = 3
            configuration.retainBatch = 4
        }

        func unlearner(
            _ model: TransformerModel, reference: TransformerModel?, states: String? = nil
        ) throws -> Unlearner {
            try Unlearner(
                model: model, forget: study.forget, retain: study.neutral, guardText: study.watched,
                configuration: configuration, stateFolder: states, reference: reference)
        }

        /// The loss of a step's batch, written out from what models say of whole texts.
        func loss(_ toy: Toy, _ model: TransformerModel, _ record: StepRecord) throws -> Double {
            func logs(_ model: TransformerModel, _ tokens: [Int32], _ positions: [Int]) -> Double {
                let asked = positions.map { Prediction(row: $0 - 1, token: tokens[$0]) }
                return model.logProbabilities(asked, in: PackedSequences([tokens])).reduce(0) { $0 + Double($1) }
            }
            func states(_ model: TransformerModel, _ tokens: [Int32]) -> Matrix<Float> {
                model.hiddenStates(at: Array(tokens.indices), in: PackedSequences([tokens]))[1]
            }
            let sentences = record.sentences.map { study.forget.sentences[$0] }
            switch toy {
            case .preference:
                let terms = sentences.map { sentence in
                    let ratio =
                        logs(model, sentence.tokens, sentence.harmfulPositions)
                        - logs(reference, sentence.tokens, sentence.harmfulPositions)
                    return 2 / 0.5 * log(1 + exp(0.5 * ratio))
                }
                return terms.reduce(0, +) / Double(terms.count)
            case .gap:
                let terms = try #require(record.pairs).map { index in
                    let pair = study.forget.pairs[index]
                    return pow(
                        logs(model, pair.first, Array(1..<pair.first.count))
                            - logs(model, pair.second, Array(1..<pair.second.count)), 2)
                }
                return terms.reduce(0, +) / Double(terms.count)
            case .steering:
                let steering = try #require(configuration.method.objective as? ToySteering)
                let aim = steering.target(model.configuration.hiddenSize)
                func mean(_ texts: [[Int32]], _ wanted: ([Int32]) -> Matrix<Float>?) -> Double {
                    let square = texts.reduce(0.0) { sum, tokens in
                        let (h, w) = (states(model, tokens), wanted(tokens))
                        return sum
                            + h.elements.indices.reduce(0.0) {
                                $0 + pow(Double(h.elements[$1] - (w?.elements[$1] ?? aim[$1 % h.columns])), 2)
                            }
                    }
                    return square / Double(texts.reduce(0) { $0 + $1.count })
                }
                return mean(sentences.map(\.tokens)) { _ in nil }
                    + mean(record.retainPieces.map { study.neutral.pieces[$0] }) { states(reference, $0) }
            }
        }
    }

    @Test(
        "A loss with a reference model, of pairs, of hidden states: its gradient is that of its finite differences",
        arguments: Toy.allCases)
    func finiteDifferences(toy: Toy) throws {
        var setting = try Setting(try toy.choice())
        setting.configuration.steps = 1
        setting.configuration.forgetWeight = 3
        setting.configuration.optimizer = OptimizerConfiguration(name: .sgd, learningRate: 1)
        let (model, after) = (setting.study.model, setting.study.model.copy())
        let result = try setting.unlearner(after, reference: setting.reference).run()
        let record = result.log[0]
        let told = try #require(result.trajectory[1].forgetLoss)
        let loss = try setting.loss(toy, model, record)
        #expect(abs(told - loss) < 1e-4 * max(1, abs(loss)), "\(told), expected \(loss)")

        var stream = RandomStream(seed: 8)
        let moved = model.copy()
        var (found, expected): ([Double], [Double]) = ([], [])
        for tensor in model.layout.tensors {
            var direction = [Float](repeating: 0, count: model.layout.count)
            for i in tensor.range { direction[i] = Float(stream.normal()) }
            func value(_ step: Float) throws -> Double {
                for i in direction.indices { moved.values.pointer[i] = model.values.pointer[i] + step * direction[i] }
                return try setting.loss(toy, moved, record)
            }
            expected.append(try (value(2e-3) - value(-2e-3)) / 4e-3)
            found.append(
                tensor.range.reduce(0) {
                    let step = Double(model.values.pointer[$1]) - Double(after.values.pointer[$1])
                    return $0 + step / 3 * Double(direction[$1])
                })
        }
        #expect(relativeError(found, expected) < 2e-2)
    }

    @Test(
        "Toy objectives of every kind lower their loss, and go on after a stop to the same bits",
        arguments: Toy.allCases)
    func trained(toy: Toy) throws {
        var setting = try Setting(try toy.choice())
        setting.configuration.steps = 12
        setting.configuration.batch = 5
        setting.configuration.optimizer.learningRate = 3e-3
        let whole = setting.study.model.copy()
        let result = try setting.unlearner(whole, reference: nil).run()
        let losses = result.trajectory.compactMap(\.forgetLoss)
        #expect(try losses.count == 12 && #require(losses.last) < 0.8 * losses[0], "\(losses)")

        let states = try temporaryFolder("states")
        _ = try setting.unlearner(setting.study.model.copy(), reference: nil, states: states).run {
            $0.point.step == 5 ? .stop : .goOn
        }
        let resumed = setting.study.model.copy()
        let again = try setting.unlearner(resumed, reference: nil, states: states).run(resume: true)
        #expect(again.resumedFrom == 5 && resumed.array == whole.array && again.log == result.log)

        // Another method is another run.
        setting.configuration.method = .tokenAscent
        let error = #expect(throws: InputError.self) {
            try setting.unlearner(setting.study.model.copy(), reference: nil, states: states).run(resume: true)
        }
        #expect(error?.what.contains("another configuration") == true)
    }

    @Test("A state of the same method with another option is refused")
    func otherOption() throws {
        var setting = try Setting(try ObjectiveChoice(ToyPreference.self, ["beta": 0.5]))
        let states = try temporaryFolder("states")
        _ = try setting.unlearner(setting.study.model.copy(), reference: nil, states: states).run()
        setting.configuration.method = try ObjectiveChoice(ToyPreference.self, ["beta": 0.25])
        #expect(throws: InputError.self) {
            try setting.unlearner(setting.study.model.copy(), reference: nil, states: states).run(resume: true)
        }
    }

    @Test("What an objective needs and does not get is an error with its name")
    func needs() throws {
        func message(_ method: ObjectiveChoice, _ change: (inout Setting) -> Void, retain: Bool = true) throws -> String
        {
            var setting = try Setting(method)
            change(&setting)
            let error = #expect(throws: InputError.self) {
                try Unlearner(
                    model: setting.study.model, forget: setting.study.forget,
                    retain: retain ? setting.study.neutral : nil, guardText: nil,
                    configuration: setting.configuration, stateFolder: nil)
            }
            return error?.description ?? ""
        }
        #expect(
            try message(try ObjectiveChoice(ToyGap.self)) { $0.study.forget.pairs = [] }.contains(
                "toy-gap has no pairs"))
        #expect(
            try message(try ObjectiveChoice(ToySteering.self), { _ in }, retain: false).contains(
                "toy-steering has no retain text"))
    }

    @Test(
        "The terms of every objective's update add up to it; only sums over tokens are told apart by token",
        arguments: Toy.allCases)
    func decomposition(toy: Toy) throws {
        var setting = try Setting(try toy.choice())
        setting.configuration.retainLoss = toy == .gap ? .kl : .none
        setting.configuration.clipNorm = 0.5
        setting.configuration.steps = 4
        let after = setting.study.model.copy()
        _ = try setting.unlearner(after, reference: nil).run()
        let decomposition = try UpdateDecomposition(
            before: setting.study.model, forget: setting.study.forget, retain: setting.study.neutral,
            configuration: setting.configuration, steps: 4)
        let terms = try decomposition.split()
        #expect(try #require(terms.relativeError(from: setting.study.model, to: after)) < 1e-3)
        #expect((terms.retain != nil) == (toy == .gap))

        guard toy == .preference else {
            #expect(decomposition.lacksTokenWeights?.contains("not available for the objective toy-") == true)
            let error = #expect(throws: InputError.self) { try decomposition.walk { _ in } }
            #expect(error?.what == decomposition.lacksTokenWeights)
            return
        }
        #expect(decomposition.lacksTokenWeights == nil)
        var sum = [Double](repeating: 0, count: after.layout.count)
        try decomposition.walk { step in
            let gradient = FloatBuffer(count: after.layout.count)
            _ = step.model.accumulateGradient(
                of: [.weightedLogLikelihood(step.predictions)], in: step.sequences, into: gradient)
            for i in sum.indices { sum[i] -= Double(step.coefficients.pointer[i]) * Double(gradient.pointer[i]) }
        }
        let moved = zip(after.array, setting.study.model.array).map { Double($0) - Double($1) }
        #expect(relativeError(sum, moved) < 1e-3)
    }

    // MARK: The registry

    private func message(_ body: () throws -> ObjectiveChoice) -> String {
        do { return try body().name } catch { return "\(error)" }
    }

    @Test("A method is found by its name, an unknown one refused with the nearest and the known")
    func methods() {
        let registry = ObjectiveRegistry.standard
        #expect(message { try registry.choice("token-ascent") } == "token-ascent")
        #expect(registry.names == UnlearningObjectives.all.map { $0.name })
        let error = message { try registry.choice("token-acsent") }
        #expect(error.contains("unknown method 'token-acsent', did you mean 'token-ascent'?"))
        for name in ["npo", "toy-gap"] {
            #expect(message { try registry.choice(name) }.contains("unknown method '\(name)'"))
        }
    }

    @Test("A caller's own objective is found beside the others; options have defaults and bounds")
    func extended() throws {
        let registry = ObjectiveRegistry.standard.adding(ToyPreference.self).adding(ToySteering.self)
        #expect(registry.names.suffix(2) == ["toy-preference", "toy-steering"])
        #expect(registry.optionNames.contains("beta") && registry.optionNames.contains("layer"))
        #expect(try registry.choice("toy-preference").options.number("beta") == 0.1)
        #expect(try registry.choice("toy-preference", ["beta": "0.7"]).options.number("beta") == 0.7)
        #expect(try registry.choice("toy-steering", ["layer": "3"]).options.whole("layer") == 3)
        #expect(try registry.choice("toy-steering", ["scale": 4]) == ObjectiveChoice(ToySteering.self, ["scale": 4.0]))
        for (options, words) in [
            (["beta": 0.0], "a number above 0"), (["beta": "many"], "a number above 0"), (["bta": 1], "'beta'"),
        ] as [([String: ObjectiveOption.Value], String)] {
            #expect(message { try registry.choice("toy-preference", options) }.contains(words))
        }
        #expect(message { try registry.choice("toy-steering", ["layer": 65]) }.contains("from 0 to 64"))
        #expect(
            message { try registry.choice("token-ascent", ["beta": 1]) }.contains("token-ascent has no option 'beta'"))
    }

    @Test("Token ascent reads no reference and no retain text of its own")
    func tokenAscentNeedsNothing() {
        let choice = ObjectiveChoice.tokenAscent
        #expect(choice.objective.needs.isEmpty && choice.options.values.isEmpty)
        #expect(choice.objective.formula.contains("log p(x_t | x_<t)"))
    }
}
