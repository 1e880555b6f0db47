import Evaluate
import FileSupport
import LanguageModel
import Records
import StudyFiles
import Unlearn

/// What the guard measures beside perplexity and divergence: what its budgets name.
struct GuardScores {
    private let run: RunContext
    private let commands: [ModelCommand]

    init(_ run: RunContext) {
        self.run = run
        let limits = run.study.guardRule?.custom ?? [:]
        commands = run.study.commands(in: run.folder).filter { limits[$0.settings.name] != nil }
    }

    /// The numbers of a model, by the names of ``GuardBudget/scores``.
    func measure(_ model: TransformerModel) throws -> [String: Double] {
        var out: [String: Double] = [:]
        if run.study.guardRule?.lms != nil, let scorer = run.plan.scorer(of: StereoSet.key) {
            out[ScoreLimit.lms] = scorer.score(model, perToken: false).measures(nil).first { $0.name == "lms" }?.value
        }
        if run.study.guardRule?.hateCheck != nil, let scorer = run.plan.scorer(of: HateCheck.key) {
            out[ScoreLimit.hateCheck] =
                scorer.score(model, perToken: false).measures(nil)
                .first { $0.name == "bias" }?.value
        }
        for (name, score) in try run.scores(of: model, by: commands, label: "guard") {
            out[ScoreLimit.custom(name)] = score.value
        }
        return out
    }
}

extension StudyPlan {
    /// The first benchmark of a key.
    func scorer(of key: String) -> (any BenchmarkScorer)? {
        zip(inputs.selected, scorers).first { type(of: $0.0).key == key }?.1
    }
}

extension StudyFile.GuardRule {
    /// The budgets on scores, in a fixed order; nil of none.
    func scoreLimits(_ commands: [StudyFile.CustomCommand]) -> [ScoreLimit]? {
        let own = custom.sorted { $0.key < $1.key }.map { name, change in
            ScoreLimit(
                name: ScoreLimit.custom(name), change: change,
                worse: commands.contains { $0.name == name && $0.lowerIsBetter } ? .rise : .fall)
        }
        let all =
            [
                lms.map { ScoreLimit(name: ScoreLimit.lms, change: $0, worse: .fall) },
                hateCheck.map { ScoreLimit(name: ScoreLimit.hateCheck, change: $0, worse: .either) },
            ].compactMap { $0 } + own
        return all.isEmpty ? nil : all
    }
}
