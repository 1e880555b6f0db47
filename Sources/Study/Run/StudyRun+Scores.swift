import Embeddings
import Evaluate
import FileSupport
import LanguageModel
import LinearAlgebra
import StudyFiles

extension StudyRun {
    /// Snapshot, contextual vectors, scores and perplexity of the model before.
    func before() throws {
        let model = inputs.checkpoint.model
        try measure(model, label: "before", step: 0)
    }

    /// The same of the model after.
    func after(_ model: TransformerModel) throws {
        try measure(model, label: "after", step: max(1, facts.outcome?.keptStep ?? study.optimizer.steps))
    }

    /// Writes what is not there yet of one model state.
    private func measure(_ model: TransformerModel, label: String, step: Int) throws {
        let reader = try RunReader(folder.path)
        if try !reader.snapshots().contains(where: { $0.label == label }) {
            progress.begin("snapshot \(label)")
            try writer.writeSnapshot(of: model, step: step, label: label)
            try audit.append(
                "snapshot", ["label": .string(label), "sha256": .string(SHA256Hex.of(model.values.bytes))])
        }
        try checkInterrupt()
        if study.snapshots.contextual, try reader.contextual(step: step) == nil {
            progress.begin("contextual vectors \(label)")
            let table = ContextualVectors.compute(
                model: model, tokenizer: inputs.checkpoint.tokenizer, words: inputs.concepts.words)
            try writer.writeContextual(table, step: step)
        }
        let done = try reader.evaluations()
        for scorer in scorers where !done.contains(where: { $0.label == label && $0.benchmark == scorer.benchmark }) {
            try checkInterrupt()
            progress.begin("scoring \(scorer.benchmark) \(label)")
            let table = scorer.score(model, perToken: study.evaluate.perToken)
            try writer.writeEvaluation(
                try ScoreTables.evaluation(
                    table, items: scorer.items, exposure: scorer.items.map(exposure), perToken: study.evaluate.perToken),
                label: label, benchmark: scorer.benchmark)
            try audit.append(
                "scored",
                [
                    "label": .string(label), "benchmark": .string(scorer.benchmark),
                    "bias": .object(scorer.domains.map { ($0, .number(table.bias($0))) }),
                ])
        }
        if facts.perplexity.isEmpty {
            facts.perplexity = inputs.perplexityTexts.map { StoredFacts.TextPerplexity(text: $0.path) }
        }
        for (i, text) in perplexityTexts.enumerated() {
            if (label == "before" ? facts.perplexity[i].before : facts.perplexity[i].after) != nil { continue }
            try checkInterrupt()
            progress.begin("perplexity \(label)")
            let value = text.measure(model)
            if label == "before" { facts.perplexity[i].before = value } else { facts.perplexity[i].after = value }
            try saveFacts()
        }
    }

    /// Whether the words in which a pair differs (its identity) and those it shares (its attribute) were exposed: the
    /// first when one stands in the forget text, the second when one was forgotten.
    private func exposure(_ item: PairItem) -> (identity: Bool, attribute: Bool) {
        let tokenizer = inputs.checkpoint.tokenizer
        let more = tokenizer.encode(item.more)
        let less = tokenizer.encode(item.less)
        let common = Set(more).intersection(less)
        let differing = (more + less).filter { !common.contains($0) }
        return (
            differing.contains { inputs.exposure.forgetCount[Int($0)] > 0 },
            common.contains { inputs.exposure.forgetMaskedCount[Int($0)] > 0 }
        )
    }
}
