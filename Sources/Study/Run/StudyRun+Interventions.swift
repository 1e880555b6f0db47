import Analyze
import Attribution
import Counterfactuals
import Embeddings
import Evaluate
import FileSupport
import LanguageModel
import LinearAlgebra
import StudyFiles

extension StudyRun {
    /// Tokens of neutral text on which KL is measured for doses and random updates: 2,048 for small models, fewer the
    /// more parameters a model has, 512 at least (for GPT-2 124M). Every draw is matched on the same tokens as the run.
    var probeRows: Int {
        min(2048, max(512, Int(64e9) / max(1, inputs.checkpoint.model.layout.count)))
    }

    /// Neutral text on which models are compared; the same for every stage of a run.
    var probe: DivergenceProbe {
        DivergenceProbe(probeText, maximumRows: probeRows, seed: UInt64(study.seeds[0]))
    }

    /// Random updates that are scored both ways when the others are scored to first order; each takes a whole scoring of
    /// all pairs: 20, and 12 where one such scoring takes more than about 1e12 multiplications (GPT-2 124M with 300 pairs).
    private var calibrationDraws: Int {
        let predictions = scorers.reduce(0) { $0 + $1.predictionCount }
        return Double(predictions) * Double(inputs.checkpoint.model.layout.count) > 1e12 ? 12 : 20
    }

    /// Scores θ0 + αΔθ, the matched random updates, and the model after without its common shift.
    func interventions(after: TransformerModel) throws {
        let done = try RunReader(folder.path).interventions()?.rows.string("kind") ?? []
        let shifted = try RunReader(folder.path).evaluations().filter { $0.label == Self.commonRemovedLabel }
        let hasShift = scorers.allSatisfy { scorer in shifted.contains { $0.benchmark == scorer.benchmark } }
        let wantsNulls = study.analyze.nullDraws > 0 && !done.contains(InterventionRow.Kind.random.rawValue)
        let wantsDoses = !done.contains(InterventionRow.Kind.dose.rawValue)
        guard wantsDoses || wantsNulls || !hasShift else { return }
        try checkInterrupt()
        let before = try modelBefore()
        let update = ParameterUpdate(from: before, to: after)
        let probe = probe
        for i in facts.perplexity.indices {
            let sample = DivergenceProbe(perplexityTexts[i], maximumRows: probeRows, seed: UInt64(study.seeds[0]))
            facts.perplexity[i].kl = sample.divergence(from: before, to: after)
        }
        try saveFacts()
        if !hasShift { try scoreWithoutCommonShift(after) }
        if wantsDoses {
            progress.begin("dose–response")
            let alphas = Array(Set(study.analyze.scaling + [0, 1])).sorted()
            let rows = try UpdateScaling.run(
                update, alphas: alphas, scorers: scorers, perplexity: doseText, probe: probe
            ) { done in
                progress.update(done, of: alphas.count)
                try checkInterrupt()
            }
            try writer.appendInterventions(table(rows))
        }
        if wantsNulls {
            progress.begin("matched random updates")
            var options = RandomUpdates.Options()
            options.draws = study.analyze.nullDraws
            options.seed = UInt64(study.seeds[0])
            options.calibrationDraws = calibrationDraws
            options.scoring =
                switch study.analyze.nullScoring {
                case "exact": .exact
                case "first-order": .firstOrder
                default: .automatic
                }
            let result = try RandomUpdates(update, scorers: scorers, probe: probe, options: options).run { done in
                progress.update(done, of: options.draws)
                try checkInterrupt()
            }
            facts.null = StoredFacts.Null(
                targetKL: result.targetKL, worstKLError: result.worstKLError, unmatched: result.unmatched,
                allExact: result.allExact, calibration: result.calibration)
            // Before the rows, whose presence means that all of this stage is done.
            try saveFacts()
            try writer.appendInterventions(table(result.rows))
        }
        try audit.append("interventions", ["doses": .bool(wantsDoses), "nulls": .bool(wantsNulls)])
    }

    /// The label of scores of the model after whose embedding rows were moved back by the common shift.
    static let commonRemovedLabel = "after-common-removed"

    private func scoreWithoutCommonShift(_ after: TransformerModel) throws {
        progress.begin("scoring without the common shift")
        let reader = try RunReader(folder.path)
        let shift = CommonShift(try RunAnalysis.inputSpace(reader, study: study)).vector.map(Float.init)
        let model = after.copy()
        let embedding = model.inputEmbedding
        let width = shift.count
        let values = model.values.pointer + embedding.offset
        for row in 0..<embedding.shape[0] {
            for i in 0..<width { values[row * width + i] -= shift[i] }
        }
        for scorer in scorers {
            let table = scorer.score(model)
            try writer.writeEvaluation(
                try ScoreTables.evaluation(
                    table, items: scorer.items, exposure: scorer.items.map { _ in (false, false) }, perToken: false),
                label: Self.commonRemovedLabel, benchmark: scorer.benchmark)
        }
    }

    /// Rows of changed models as the store keeps them.
    func table(_ rows: [InterventionRow]) -> InterventionTable {
        let widths = scorers.flatMap { scorer in
            scorer.domains.map { domain in
                (benchmark: scorer.benchmark, domain: domain, items: scorer.items.count { $0.domain == domain })
            }
        }
        return ScoreTables.interventions(rows, widths: widths, domains: study.domains.all)
    }
}
