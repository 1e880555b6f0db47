import Analyze
import FileSupport
import LanguageModel
import Records
import Unlearn

/// One retraining that a study asks for: the run with one thing changed.
struct PlannedRetraining {
    var name: String
    var purpose: Retraining.Purpose
    var change: String
    var forgotten: String
    var forget: ForgetSet?
    var configuration: UnlearnConfiguration
    /// How far KL may be from the run's before the update is scaled to it; nil never scales.
    var klTolerance: Double?
    /// Whether the learning rate is to be found for plain gradient descent.
    var findsRate = false
    /// Why it is not made.
    var reason: String?

    var isMade: Bool { reason == nil && forget != nil }

    /// All that a study asks for, in order.
    ///
    /// - Throws: ``InputError`` when a neutral text cannot be read any more.
    static func all(of plan: StudyPlan) throws -> [PlannedRetraining] {
        let (study, inputs) = (plan.study, plan.inputs)
        let (why, target) = (study.why, study.domains.forgotten)
        let base = inputs.configuration
        func configuration(seed: Int) -> UnlearnConfiguration {
            var out = base
            out.seed = UInt64(seed)
            return out
        }
        var all = study.seeds.dropFirst().map { seed in
            PlannedRetraining(
                name: "seed-\(seed)", purpose: .seed, change: "seed \(seed)", forgotten: target,
                forget: inputs.forget, configuration: configuration(seed: seed))
        }
        if why.ablations {
            all += try inputs.forgetSetAblations().map {
                PlannedRetraining(
                    name: $0.name, purpose: .ladder, change: $0.change, forgotten: target, forget: $0.forget,
                    configuration: base, reason: $0.reason)
            }
        }
        if why.retrainings {
            all += [descent(base, plan), withoutRetain(base, plan)]
            if study.domains.targets.count > 1 { all += study.domains.targets.map { without($0, base, plan) } }
        }
        if why.neutralWords > 0 { all += try neutral(plan, configuration) }
        for (index, set) in inputs.matrix.enumerated() {
            let domain = why.matrix[index].domain
            let earlier = why.matrix[..<index].count { $0.domain == domain }
            let name = "forget-\(domain)" + (earlier == 0 ? "" : "-\(earlier + 1)")
            all += study.seeds.map { seed in
                PlannedRetraining(
                    name: "\(name)-seed-\(seed)", purpose: .matrix, change: "\(domain) is forgotten, seed \(seed)",
                    forgotten: domain, forget: set, configuration: configuration(seed: seed))
            }
        }
        if base.method.objective.needs.contains(.pairs) {
            for index in all.indices where [.ladder, .neutralWords].contains(all[index].purpose) {
                all[index].reason = "the method \(base.method.name) reads pairs, which this leaves as they are"
            }
        }
        return all
    }

    /// Plain gradient descent, scaled to the run's KL.
    private static func descent(_ base: UnlearnConfiguration, _ plan: StudyPlan) -> PlannedRetraining {
        var configuration = base
        configuration.optimizer.name = .sgd
        return PlannedRetraining(
            name: "sgd", purpose: .optimizer, change: "plain SGD, scaled to the run's KL",
            forgotten: plan.study.domains.forgotten, forget: plan.inputs.forget, configuration: configuration,
            klTolerance: 0.02, findsRate: true,
            reason: base.lora != nil
                ? "its rate is found for steps in the parameters, and the study trains low-rank factors"
                : base.optimizer.name == .sgd ? "the study uses plain SGD itself" : nil)
    }

    /// No retain term, scaled to the run's KL where it differs by more than a tenth.
    private static func withoutRetain(_ base: UnlearnConfiguration, _ plan: StudyPlan) -> PlannedRetraining {
        var configuration = base
        configuration.retainLoss = .none
        configuration.retainWeight = 0
        return PlannedRetraining(
            name: "no-retain", purpose: .noRetain, change: "no retain term, scaled to the run's KL where it differs",
            forgotten: plan.study.domains.forgotten, forget: plan.inputs.forget, configuration: configuration,
            klTolerance: 0.1,
            reason: base.retainLoss == .none || base.retainWeight == 0 ? "the study has no retain term" : nil)
    }

    /// One of several targets left out: what is its part in what moved?
    private static func without(_ target: String, _ base: UnlearnConfiguration, _ plan: StudyPlan) -> PlannedRetraining
    {
        let left = plan.inputs.forgetSet(without: target)
        return PlannedRetraining(
            name: "without-\(target)", purpose: .withoutTarget, change: "\(target) is not forgotten",
            forgotten: left.targets.inWords(), forget: left.set, configuration: base)
    }

    /// Neutral words in the place of harmful ones, scaled to the run's KL.
    private static func neutral(
        _ plan: StudyPlan, _ configuration: (Int) -> UnlearnConfiguration
    ) throws -> [PlannedRetraining] {
        let source = try plan.inputs.neutralForgetSet()
        return (1...plan.study.why.neutralWords).map { number in
            let seed = plan.study.seeds[0] + number - 1
            let set = source?.draw(seed: UInt64(seed))
            return PlannedRetraining(
                name: "neutral-words-\(number)", purpose: .neutralWords,
                change: "neutral words of the harmful words' frequency, scaled to the run's KL",
                forgotten: "neutral words", forget: set, configuration: configuration(seed),
                klTolerance: RetrainingRecord.klTolerance,
                reason: set == nil
                    ? "no neutral sentence is left beside retain, guard and perplexity text: name a corpus" : nil)
        }
    }
}
