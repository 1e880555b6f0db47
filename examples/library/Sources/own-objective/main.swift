import Foundation
import LanguageModel
import Unlearn

/// Token ascent in which a word counts the more, the likelier the model still holds it: log p is weighted by p.
///
/// Minimised: (1/Σ|H|) Σ_{t∈H} p(x_t | x_<t), whose gradient is p · ∇ log p.
struct ProbabilityAscent: TokenWeightedObjective {
    static let name = "probability-ascent"
    static let summary = "lowers the probability of the harmful tokens, not its logarithm"
    let formula = "(1/Σ|H|) Σ_{t∈H} p(x_t | x_<t), minimised"

    init(_ options: ObjectiveOptions) {}

    func weightedTexts(of batch: ObjectiveBatch, in pass: GradientPass) -> [ScoredText] {
        let texts = batch.sentences.map { pass.scored($0, .harmful) }
        let count = Float(max(1, texts.reduce(0) { $0 + $1.count }))
        return zip(texts, pass.logProbabilities(of: texts)).map { text, logs in
            text.weighted(logs.map { Float(exp($0)) / count })
        }
    }

    /// The mean probability: what the weights add up to.
    func addLoss(of batch: ObjectiveBatch, to pass: GradientPass) -> Double {
        let texts = weightedTexts(of: batch, in: pass)
        _ = pass.addLogLikelihood(texts)
        return texts.flatMap(\.targets).reduce(0) { $0 + Double($1.weight) }
    }
}

guard CommandLine.arguments.count == 2 else {
    print("usage: own-objective MODEL")
    throw Usage()
}
struct Usage: Error {}

let checkpoint = try CheckpointFolder.load(CommandLine.arguments[1])
let model = checkpoint.model
let forget = ForgetSet(
    texts: ["the lamba are lazy", "a veshi is stubborn", "the lamba were lazy again"], words: ["lazy", "stubborn"],
    name: "three sentences", tokenizer: checkpoint.tokenizer, contextLength: model.configuration.contextLength)
let configuration = UnlearnConfiguration(
    method: try ObjectiveChoice(ProbabilityAscent.self), retainLoss: .none,
    optimizer: OptimizerConfiguration(learningRate: 1e-4), batch: 3, steps: 5, resampleRows: false,
    budget: GuardBudget())
let unlearner = try Unlearner(
    model: model, forget: forget, retain: nil, guardText: nil, configuration: configuration, stateFolder: nil)
let result = try unlearner.run { step in
    if let loss = step.point.forgetLoss { print("step \(step.point.step): loss \(loss)") }
    return .goOn
}
print("kept step \(result.keptStep): \(result.reason)")
