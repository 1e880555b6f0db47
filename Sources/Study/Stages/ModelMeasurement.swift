import Embeddings
import Evaluate
import FileSupport
import LanguageModel
import Records

/// What is measured of the model before and, in the same way, of the model after: a snapshot of its embeddings, contextual
/// vectors, scores, perplexity.
struct ModelMeasurement {
    /// `before` or `after`.
    let label: String
    let step: Int

    /// Where its perplexity of a text is kept.
    private var value: WritableKeyPath<TextPerplexity, Perplexity?> { label == "before" ? \.before : \.after }

    static let writes = ["/snapshots", "/contextual", "/evaluation", "/provenance"]

    func isDone(_ plan: StudyPlan, _ contents: RunContents) -> Bool {
        contents.holdsSnapshot(step: step)
            && (!plan.study.snapshots.contextual || contents.holdsContextual(step: step))
            && plan.scorers.allSatisfy { contents.holdsScores(label, $0.benchmark) }
            && contents.facts.perplexity.count == plan.perplexityTexts.count
            && contents.facts.perplexity.allSatisfy { $0[keyPath: value] != nil }
    }

    static func cost(_ plan: StudyPlan) -> StageCost {
        let costs = plan.costs
        let words = plan.inputs.concepts.words.count
        let sentences = plan.study.snapshots.contextual ? words * TemplateSet.plain.sentences.count : 0
        let model = plan.inputs.before
        let embeddings = Double(model.inputEmbedding.count) * (model.hasTiedEmbeddings ? 4 : 8)
        let layers = Double(model.configuration.layerCount + 1)
        return StageCost(
            counts: [
                (1, "snapshot"), (sentences, "contextual sentence"),
                (plan.scorers.reduce(0) { $0 + $1.predictionCount }, "scored token"),
                (plan.perplexityTexts.reduce(0) { $0 + $1.predictions.count }, "perplexity token"),
            ],
            work: costs.scoring + plan.perplexityTexts.reduce(Work()) { $0 + costs.perplexity($1) }
                + costs.forward(sentences: sentences, length: 8),
            stored: embeddings + (sentences > 0 ? layers * Double(words * model.configuration.hiddenSize) * 8 : 0))
    }

    /// Writes what is not there yet.
    func run(_ run: RunContext, _ model: TransformerModel) throws {
        let (study, contents) = (run.study, run.contents)
        if !contents.holdsSnapshot(step: step) {
            run.progress.begin("snapshot \(label)")
            try run.writer.writeSnapshot(of: model, step: step, label: label)
            try run.audit.append(
                "snapshot", ["label": .string(label), "sha256": .string(SHA256Hex.of(model.values.bytes))])
        }
        try run.checkInterrupt()
        if study.snapshots.contextual, !contents.holdsContextual(step: step) {
            run.progress.begin("contextual vectors \(label)")
            let table = ContextualVectors.compute(
                model: model, tokenizer: run.inputs.tokenizer, words: run.inputs.concepts.words)
            try run.writer.writeContextual(table, step: step)
        }
        for scorer in run.plan.scorers where !contents.holdsScores(label, scorer.benchmark) {
            try run.checkInterrupt()
            run.progress.begin("scoring \(scorer.benchmark) \(label)")
            try score(model, scorer, run)
        }
        if contents.facts.perplexity.isEmpty {
            contents.facts.perplexity = run.inputs.perplexityTexts.map { TextPerplexity(text: $0.path) }
        }
        for (i, text) in run.plan.perplexityTexts.enumerated() where contents.facts.perplexity[i][keyPath: value] == nil
        {
            try run.checkInterrupt()
            run.progress.begin("perplexity \(label)")
            contents.facts.perplexity[i][keyPath: value] = text.measure(model)
            try run.saveFacts()
        }
    }

    private func score(_ model: TransformerModel, _ scorer: any BenchmarkScorer, _ run: RunContext) throws {
        let perToken = run.study.evaluate.perToken
        let table = scorer.score(model, perToken: perToken)
        run.keep(table, of: label)
        let tokenizer = run.inputs.tokenizer
        var evaluation = try Evaluation(table, of: scorer, label: label) { item in
            let (more, less) = item.contrast
            return run.inputs.exposure.ofPair(tokenizer.encode(more), tokenizer.encode(less))
        }
        evaluation.knownFaults = table.counts(of: run.inputs.knownFaults[scorer.benchmark] ?? [:])
        evaluation.order = run.plan.scorers.firstIndex { $0.benchmark == scorer.benchmark } ?? 0
        try run.writer.write(evaluation)
        try run.audit.append(
            "scored",
            [
                "label": .string(label), "benchmark": .string(scorer.benchmark),
                "bias": .object(scorer.domains.map { ($0, .number(table.bias($0))) }),
            ])
    }
}
