import Analyze
import Records

/// stages.json: the verdicts of every stage, and what they came to as a whole.
package struct StagesContents {
    let schema = "driftscope-stages"
    let schemaVersion = "1.0"
    let version: String
    let created: String
    let command: String
    let model: String
    let benchmark: String
    /// The margin within which a change counts for none, in nats a token.
    let margin: Double
    /// From the first model to the last, by domain.
    let whole: [TransferRow]
    let perplexity: [PerplexityRow]
    let stages: [StageContents]

    /// - Parameters:
    ///   - whole: changes of bias from the first model to the last.
    ///   - texts: perplexity before the first stage and after the last.
    package init(
        version: String, created: String, command: String, model: String, margin: Double, whole: [TransferRow],
        texts: [TextPerplexity], stages: [StageContents]
    ) {
        (self.version, self.created, self.command) = (version, created, ReaderText.command(command))
        (self.model, self.margin, self.whole, self.stages) = (ReaderText.model(model), margin, whole, stages)
        benchmark = whole.first?.benchmark ?? ""
        perplexity = texts.compactMap { PerplexityRow($0) }
    }
}

/// What one stage came to on the leading benchmark.
package struct StageContents {
    /// What it forgot; of several domains, their names as a sentence has them.
    let domain: String
    let forgotten: [String]
    /// Its run folder, below that of the whole.
    let folder: String
    let ended: String
    let keptStep: Int?
    let verdict: [Verdict]
    let transfer: [TransferRow]
    let perplexity: [PerplexityRow]

    package init(forgotten: [String], folder: String, analysis: AnalysisResult, metadata: RunMetadata) {
        (domain, self.forgotten, self.folder) = (forgotten.inWords(), forgotten, folder)
        (ended, keptStep) = (metadata.outcome?.reason.description ?? "unknown", metadata.outcome?.keptStep)
        verdict = analysis.leadingVerdicts
        transfer = analysis.leadingTransfer
        perplexity = metadata.perplexity.compactMap { PerplexityRow($0) }
    }
}

extension RenderedReport {
    /// The report of a study in stages, all its numbers from stages.json.
    package init(_ contents: StagesContents) {
        let encoder = ReportEncoder()
        let tree = encoder.encode(contents)
        self.init(StagesPage(report: Node(contents, path: "", encoder: encoder)).page(), tree: tree)
    }
}
