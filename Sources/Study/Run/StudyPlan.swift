import Attribution
import Counterfactuals
import Evaluate
import FileSupport
import LanguageModel
import LinearAlgebra
import RunStore
import StudyFiles
import Unlearn

/// A study with all of its inputs read, checked and laid out: what stages work on, and what their cost is told from.
///
/// Nothing is written to make one; what it refuses, a run refuses.
final class StudyPlan {
    let study: StudyFile
    let inputs: StudyInputs
    let scorers: [any BenchmarkScorer]
    let budget: ComputeBudget
    let perplexityTexts: [PerplexityText]
    /// The text whose perplexity is measured at every α: the first perplexity text, or its beginning when it is long.
    let scalingText: PerplexityText?
    /// Whether that is all of the first perplexity text.
    let scalesWholeText: Bool
    private let probeText: PerplexityText
    /// The tokens whose embedding rows are recorded while the run goes on.
    let watchedTokens: [Int32]

    /// Reads and checks all inputs.
    ///
    /// - Throws: ``InputError`` for anything wrong in the study or its inputs.
    init(_ study: StudyFile, registry: StudyRegistry, progress: ProgressLine) throws {
        self.study = study
        let inputs = try StudyInputs.read(study, registry: registry, progress: progress)
        self.inputs = inputs
        scorers = try inputs.scorers()
        budget = ComputeBudget(
            parameters: inputs.before.layout.count, predictions: scorers.reduce(0) { $0 + $1.predictionCount })
        let byLine = study.evaluate.perplexityMode == "lines"
        func layOut(_ text: String, _ place: String) throws -> PerplexityText {
            try PerplexityText(
                text, tokenizer: inputs.tokenizer, profile: inputs.profile, contextLength: inputs.contextLength,
                byLine: byLine, place: place)
        }
        perplexityTexts = try inputs.perplexityTexts.map { try layOut($0.text, $0.path) }
        if let text = inputs.perplexityTexts.first, text.text.utf8.count > ComputeBudget.scalingTextBytes {
            scalingText = try layOut(Self.beginning(of: text.text), text.path)
            scalesWholeText = false
        } else {
            scalingText = perplexityTexts.first
            scalesWholeText = true
        }
        probeText = try Self.probeText(inputs, perplexityTexts)
        resolved = try study.resolved(
            hashes: inputs.files.map(\.hash),
            registry: registry)
        watchedTokens = Array(Set(inputs.concepts.words.flatMap(\.singleTokens))).sorted()
    }

    var seed: UInt64 { UInt64(study.seeds[0]) }

    /// The benchmark that attribution explains: the first of the study, which leads the report.
    var leadingScorer: any BenchmarkScorer { scorers[0] }

    /// Domains of the study with the objective of their bias on the leading benchmark, those without pairs left out.
    var objectives: [(domain: String, objective: BiasObjective)] {
        let scorer = leadingScorer
        return study.domains.all.map { ($0, scorer.biasObjective($0)) }.filter { !$0.1.predictions.isEmpty }
    }

    /// The study with every default, and the hashes of its inputs, as the run folder keeps it.
    let resolved: String

    // MARK: Neutral text

    /// Neutral text for gradients: the first perplexity text, else the guard's, else the retain text.
    var neutralText: PerplexityText { probeText }

    /// Neutral text on which models are compared; the same for every stage of a run.
    var probe: DivergenceProbe { probe(probeText) }

    /// A sample of a text on which models are compared.
    func probe(_ text: PerplexityText) -> DivergenceProbe {
        let share = text.isMasked ? ComputeBudget.hiddenShare : 1
        return DivergenceProbe(text, maximumRows: budget.probeRows / share, seed: seed)
    }

    /// Neutral sentences: of perplexity and guard text, and of the retain text.
    var neutralSentences: (untouched: [String], retained: [String]) {
        (
            NeutralText.sentences(of: inputs.perplexityTexts.map(\.text)) + (inputs.guardText?.texts ?? []),
            inputs.retain?.texts ?? []
        )
    }

    /// Words and sentences from which contrasts between groups are read.
    var contrastText: ContrastText {
        ContrastText(
            inputs.concepts.words, domains: study.domains.all, limits: budget.contrasts, seed: seed,
            tokenizer: inputs.tokenizer)
    }

    // MARK: What is made once

    /// Scorers of the labels that only the forecast looks at, by benchmark.
    private(set) lazy var furtherLabels = StudyForecast(inputs, scorers: scorers).others

    private(set) lazy var patchedComponents: [PatchedComponent] = PatchedComponent.all(
        of: inputs.before, byLayer: study.why.byLayer)

    private(set) lazy var costs = CostModel(self)

    /// The retrainings that the study asks for, in order.
    private(set) lazy var retrainings: Result<[PlannedRetraining], any Error> = Result {
        try PlannedRetraining.all(of: self)
    }

    /// The first lines of a text, up to the longest that is measured at every α.
    private static func beginning(of text: String) -> String {
        var beginning = ""
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            guard beginning.utf8.count + line.utf8.count < ComputeBudget.scalingTextBytes || beginning.isEmpty else {
                break
            }
            beginning += line + "\n"
        }
        return beginning
    }

    private static func probeText(_ inputs: StudyInputs, _ texts: [PerplexityText]) throws -> PerplexityText {
        if let first = texts.first { return first }
        guard let sentences = inputs.guardText ?? inputs.retain else {
            throw InputError(
                "no neutral text to compare models on", at: "evaluate.perplexity",
                remedy: "name a text there, or give a guard or retain text")
        }
        return try PerplexityText(
            sentences.texts.joined(separator: "\n"), tokenizer: inputs.tokenizer,
            profile: inputs.before.isMasked ? inputs.profile : .driftscope, contextLength: inputs.contextLength,
            byLine: true, place: sentences.path)
    }
}
