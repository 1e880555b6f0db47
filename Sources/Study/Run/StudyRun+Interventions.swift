import Analyze
import Attribution
import Counterfactuals
import Embeddings
import Evaluate
import FileSupport
import LanguageModel
import LinearAlgebra
import Records
import RunStore

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
        let reader = try RunReader(folder.path)
        let done = Set(try reader.models().map(\.kind))
        let shifted = try reader.evaluations().filter { $0.label == Evaluation.commonRemoved }
        let hasShift = scorers.allSatisfy { scorer in shifted.contains { $0.benchmark == scorer.benchmark } }
        let wantsNulls = study.analyze.nullDraws > 0 && !done.contains(.random)
        let wantsDoses = !done.contains(.dose)
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
            let alphas = Array(Set(study.analyze.doses + [0, 1])).sorted()
            let rows = try UpdateScaling.run(
                update, alphas: alphas, scorers: scorers, perplexity: doseText, probe: probe
            ) { done in
                progress.update(done, of: alphas.count)
                try checkInterrupt()
            }
            try writer.append(rows, items: scoredItems)
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
            facts.null = RandomUpdateSummary(
                targetKL: result.targetKL, worstKLError: result.worstKLError, unmatched: result.unmatched,
                allExact: result.allExact, calibration: result.calibration)
            // Before the rows, whose presence means that all of this stage is done.
            try saveFacts()
            try writer.append(result.rows, items: scoredItems)
        }
        try audit.append("interventions", ["doses": .bool(wantsDoses), "nulls": .bool(wantsNulls)])
    }

    private func scoreWithoutCommonShift(_ after: TransformerModel) throws {
        progress.begin("scoring without the common shift")
        let reader = try RunReader(folder.path)
        guard let tokens = try reader.tokens() else {
            throw InputError("the run holds no tokens", at: reader.path, remedy: "begin anew with another --out")
        }
        let space = EmbeddingSpaces.input(
            before: try reader.embedding(try reader.snapshot(Evaluation.before)),
            after: try reader.embedding(try reader.snapshot(Evaluation.after)), tokens: tokens,
            concepts: inputs.concepts, domains: study.analysisDomains)
        let shift = CommonShift(space).vector.map(Float.init)
        let model = after.copy()
        let embedding = model.inputEmbedding
        let width = shift.count
        let values = model.values.pointer + embedding.offset
        for row in 0..<embedding.shape[0] {
            for i in 0..<width { values[row * width + i] -= shift[i] }
        }
        for scorer in scorers {
            let table = scorer.score(model)
            try writer.write(try Evaluation(table, label: Evaluation.commonRemoved, pairs: scorer.items))
        }
    }

    /// Which domains and items the scored models of this run are of.
    var scoredItems: ScoredItems {
        let counts = scorers.map { scorer in
            let domains = scorer.domains.map { domain in (domain, scorer.items.count { $0.domain == domain }) }
            return (scorer.benchmark, Dictionary(uniqueKeysWithValues: domains))
        }
        return ScoredItems(domains: study.domains.all, counts: Dictionary(uniqueKeysWithValues: counts))
    }
}
