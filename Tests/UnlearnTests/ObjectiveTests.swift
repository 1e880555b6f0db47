import FileSupport
import Foundation
import LanguageModel
import LinearAlgebra
import TestSupport
import Testing
import Unlearn

@Suite("Objectives")
struct ObjectiveTests {
    /// Every registered method, and one that is not.
    enum Method: String, CaseIterable {
        case tokenAscent = "token-ascent"
        case sentenceAscent = "sentence-ascent"
        case npo, simnpo, dpo, wga, satimp, rmu, cda, biasunlearn, pcgu
        case gap = "toy-gap"

        func choice() throws -> ObjectiveChoice {
            let registry = ObjectiveRegistry.standard
            return switch self {
            case .tokenAscent: try registry.choice(rawValue, ["context": "replaced"])
            // With its defaults SimNPO leaves alone what a random model finds unlikely anyway, and so does SatImp.
            case .npo, .simnpo, .dpo: try registry.choice(rawValue, ["beta": 1])
            case .wga: try registry.choice(rawValue, ["beta": 0.3])
            case .satimp: try registry.choice(rawValue, ["beta1": 0.3])
            case .rmu: try registry.choice(rawValue, ["layer": 1, "coefficient": 2])
            // A run that crosses to the other side has another loss from then on.
            case .biasunlearn:
                try registry.choice(rawValue, ["beta": 1, "mix": 0, "anti-weight": 0.1, "polarity": "ignore"])
            case .pcgu: try registry.choice(rawValue, ["share": 0.3])
            case .sentenceAscent, .cda: try registry.choice(rawValue)
            case .gap: try ObjectiveChoice(ToyGap.self)
            }
        }

        /// Whether the loss has factors that its gradient takes as constants.
        var hasConstantFactors: Bool { self == .wga || self == .satimp }
        /// Whether its gradient is the derivative of its loss.
        var isDerivative: Bool { !hasConstantFactors && self != .pcgu }
        /// Whether it is a sum over tokens of the forget sentences.
        var isSumOverTokens: Bool { ![.dpo, .rmu, .cda, .biasunlearn, .pcgu, .gap].contains(self) }
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

        /// The loss of the first step's batch.
        func loss(_ model: TransformerModel) throws -> Double {
            let result = try unlearner(model.copy(), reference: reference).run()
            return try #require(result.trajectory[1].forgetLoss)
        }
    }

    @Test(
        "The gradient of a loss is that of its finite differences",
        arguments: Method.allCases.filter(\.isDerivative))
    func finiteDifferences(method: Method) throws {
        var setting = try Setting(try method.choice())
        setting.configuration.steps = 1
        setting.configuration.forgetWeight = 3
        setting.configuration.optimizer = OptimizerConfiguration(name: .sgd, learningRate: 1)
        let (model, after) = (setting.study.model, setting.study.model.copy())
        _ = try setting.unlearner(after, reference: setting.reference).run()

        var stream = RandomStream(seed: 8)
        let moved = model.copy()
        var (found, expected): ([Double], [Double]) = ([], [])
        for tensor in model.layout.tensors {
            var direction = [Float](repeating: 0, count: model.layout.count)
            for i in tensor.range { direction[i] = Float(stream.normal()) }
            func value(_ step: Float) throws -> Double {
                for i in direction.indices { moved.values.pointer[i] = model.values.pointer[i] + step * direction[i] }
                return try setting.loss(moved)
            }
            expected.append(try (value(2e-3) - value(-2e-3)) / 4e-3)
            found.append(
                tensor.range.reduce(0) {
                    let step = Double(model.values.pointer[$1]) - Double(after.values.pointer[$1])
                    return $0 + step / 3 * Double(direction[$1])
                })
        }
        #expect(expected.contains { abs($0) > 1e-3 })
        #expect(relativeError(found, expected) < 2e-2)
    }

    @Test(
        "Objectives of every kind do what they say, and go on after a stop to the same bits",
        arguments: Method.allCases)
    func trained(method: Method) throws {
        var setting = try Setting(try method.choice())
        setting.configuration.steps = 12
        setting.configuration.batch = 5
        setting.configuration.optimizer.learningRate = 3e-3
        // What θ0 gives to a sentence is asked for first at another step once the run is resumed.
        setting.configuration.resampleRows = true
        let whole = setting.study.model.copy()
        let result = try setting.unlearner(whole, reference: nil).run()
        let losses = result.trajectory.compactMap(\.forgetLoss)
        let last = try #require(losses.last)
        #expect(
            losses.count == 12 && (method.hasConstantFactors || last < losses[0] - 0.2 * abs(losses[0])), "\(losses)")
        if method.isSumOverTokens {
            let (before, after) = (
                setting.study.meanLogProbability(setting.study.model, harmful: true),
                setting.study.meanLogProbability(whole, harmful: true)
            )
            #expect(after < before - 0.1, "\(before) to \(after)")
        }

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

    @Test("What the model as it was gives to a sentence is measured once")
    func referenceMeasuredOnce() throws {
        var setting = try Setting(try ObjectiveChoice(ToyMemory.self))
        setting.configuration.steps = 1
        let result = try setting.unlearner(setting.study.model.copy(), reference: setting.reference).run()
        #expect(result.trajectory[1].forgetLoss == 0)
    }

    @Test("A state of the same method with another option is refused")
    func otherOption() throws {
        var setting = try Setting(try ObjectiveRegistry.standard.choice("npo", ["beta": 0.5]))
        let states = try temporaryFolder("states")
        _ = try setting.unlearner(setting.study.model.copy(), reference: nil, states: states).run()
        setting.configuration.method = try ObjectiveRegistry.standard.choice("npo", ["beta": 0.25])
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
            try message(try Method.cda.choice()) { $0.study.forget.pairs = [] }.contains(
                "or words to swap under forget.swap"))
        #expect(
            try message(try Method.dpo.choice()) { $0.study.forget.pairsAreCounterfactual = true }.contains(
                "dpo must know which sentence of a pair is the more stereotypical"))
        let steering = try Method.rmu.choice()
        #expect(try message(steering, { _ in }, retain: false).contains("rmu has no retain text"))
        let deep = try ObjectiveRegistry.standard.choice("rmu", ["layer": 3])
        #expect(
            try message(deep) { _ in }
                == "rmu steers the states after block 3, and the model has 2 blocks - objective.layer - give 1 to 2")
    }

    @Test(
        "The terms of every objective's update add up to it; only sums over tokens are told apart by token",
        arguments: Method.allCases)
    func decomposition(method: Method) throws {
        var setting = try Setting(try method.choice())
        let retains = method == .gap
        setting.configuration.retainLoss = retains ? .kl : .none
        setting.configuration.clipNorm = 0.5
        setting.configuration.steps = 4
        let after = setting.study.model.copy()
        _ = try setting.unlearner(after, reference: nil).run()
        let decomposition = try UpdateDecomposition(
            before: setting.study.model, forget: setting.study.forget, retain: setting.study.neutral,
            configuration: setting.configuration, steps: 4)
        let terms = try decomposition.split()
        #expect(try #require(terms.relativeError(from: setting.study.model, to: after)) < 1e-3)
        #expect((terms.retain != nil) == retains)

        guard method.isSumOverTokens else {
            #expect(
                decomposition.lacksTokenWeights?.contains("not available for the objective \(method.rawValue)") == true)
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
        for name in ["nop", "toy-gap"] {
            #expect(message { try registry.choice(name) }.contains("unknown method '\(name)'"))
        }
    }

    @Test("A caller's own objective is found beside the others; options have defaults and bounds")
    func extended() throws {
        let registry = ObjectiveRegistry.standard.adding(ToyGap.self)
        #expect(registry.names.last == "toy-gap")
        #expect(registry.optionNames.contains("beta") && registry.optionNames.contains("layer"))
        #expect(try registry.choice("npo").options.number("beta") == 0.1)
        #expect(try registry.choice("npo", ["beta": "0.7"]).options.number("beta") == 0.7)
        #expect(try registry.choice("rmu", ["layer": "3"]).options.whole("layer") == 3)
        #expect(try registry.choice("rmu", ["coefficient": 4]) == registry.choice("rmu", ["coefficient": 4.0]))
        #expect(
            message { try registry.choice("token-ascent", ["beta": 1]) }.contains("token-ascent has no option 'beta'"))
        #expect(message { try registry.choice("npo", ["bta": 1]) }.contains("did you mean 'beta'?"))
    }

    @Test("Every option refuses what is out of its bounds, and takes what is just within")
    func bounds() throws {
        let registry = ObjectiveRegistry.standard
        for method in registry.objectives {
            for option in method.options {
                let (within, outside): ([ObjectiveOption.Value], [ObjectiveOption.Value]) =
                    switch option.bounds {
                    case .number(let range):
                        (
                            [.number(range.lowerBound), .number(range.upperBound)],
                            [.number(range.lowerBound.nextDown), .number(range.upperBound.nextUp), "many"]
                        )
                    case .above(let bound):
                        ([.number(bound.nextUp)], [.number(bound), .number(.infinity), "nan", "many"])
                    case .whole(let range):
                        (
                            [.whole(range.lowerBound), .whole(range.upperBound)],
                            [.whole(range.lowerBound - 1), .whole(range.upperBound + 1), "1.5"]
                        )
                    case .choice(let words): (words.map { .text($0) }, ["none of these", 1])
                    }
                for value in within {
                    #expect(
                        try registry.choice(method.name, [option.name: value]).options.values.count
                            == method.options.count)
                }
                for value in outside {
                    let text = message { try registry.choice(method.name, [option.name: value]) }
                    #expect(text.contains("the option '\(option.name)' is"), "\(method.name), \(value): \(text)")
                }
            }
        }
    }

    @Test("Token ascent reads no reference and no retain text of its own")
    func tokenAscentNeedsNothing() {
        let choice = ObjectiveChoice.tokenAscent
        #expect(choice.objective.needs.isEmpty && choice.options.values == ["context": "as-is"])
        #expect(choice.objective.formula.contains("log p(x_t | x_<t)"))
    }
}
