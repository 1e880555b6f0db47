import ArgumentParser
import Evaluate
import Records
import Study

struct Evaluate: ParsableCommand {
    static let configuration = CommandConfiguration(
        "Score a model: benchmarks of bias and of grammar, tests of association, last words and perplexity.",
        examples: "driftscope evaluate --model models/gpt2 --crows-pairs crows_pairs_anonymized.csv --text wiki.txt")

    @Option(
        name: .long,
        help: "A Hugging Face folder, a GGUF file or a LoRA adapter's folder; built-in is the small model in data/.")
    var model: String

    @Option(
        name: .long,
        help: "A benchmark and its file, as KEY=FILE; repeatable. Keys: \(keys.joined(separator: ", ")).")
    var benchmark: [BenchmarkFile] = []

    @Option(
        name: .customLong("crows-pairs"),
        help: "Pairs in CrowS-Pairs columns (CSV): short for --benchmark crows-pairs=FILE. Repeatable.")
    var crowsPairs: [String] = []

    @Option(
        name: .long,
        help: "StereoSet (JSON), each split of it: short for --benchmark stereoset=FILE. Repeatable.")
    var stereoset: [String] = []

    @Option(
        name: .customLong("leave-out-faults"),
        help: "A known fault; items that have it are not scored. Repeatable; all for every fault of the list.")
    var leaveOutFaults: [String] = []

    @Option(name: .long, help: "The list of known faults of items (CSV); built-in is that of data/.")
    var faults = "built-in"

    @Option(
        name: .long,
        help: "Sets of targets and attributes, words (WEAT) or sentences (SEAT), as JSON. Repeatable.")
    var weat: [String] = []

    @Option(name: .long, help: "Text for perplexity, of BERT and RoBERTa pseudo-perplexity. Repeatable.")
    var text: [String] = []

    @Option(name: .long, help: "Most tokens of a window of perplexity; the model's context length when not given.")
    var window: Int?

    @Option(
        name: .long,
        help: "Tokens by which windows advance, those before them being context; end to end when not given.")
    var stride: Int?

    @Option(
        name: .customLong("last-word"),
        help: "Passages, one a line, of which the last word is asked for, as LAMBADA does. Repeatable.")
    var lastWord: [String] = []

    @Flag(name: .customLong("without-begin"), help: "No begin token before windows of --text and passages.")
    var withoutBegin = false

    @Option(
        name: .long,
        help: "Conventions of scoring; pseudo-log-likelihood and those of StereoSet alone are for BERT and RoBERTa.")
    var profile = ScoringProfile.driftscope

    @Flag(name: .long, help: "Perplexity of each line by itself instead of running text.")
    var lines = false

    @Option(
        name: .customLong("per-item"),
        help: "Write a row per item to this CSV, with the columns of the benchmark's own.")
    var perItem: String?

    @Option(name: .customLong("per-token"), help: "Write the log-probability of every token to this JSON-lines file.")
    var perToken: String?

    @Option(
        name: .customLong("lm-eval"),
        help: "Write CrowS-Pairs' results and samples to this folder as lm-evaluation-harness does, under its profile.")
    var lmEval: String?

    @Option(
        name: .customLong("every-eval-ever"),
        help: "Write all measures with their intervals to this JSON file, as Every Eval Ever (schema 0.3.0) has them.")
    var everyEval: String?

    @Option(name: .long, help: "Who evaluates, for --every-eval-ever.")
    var organization: String?

    private static var keys: [String] { BenchmarkRegistry.all.kinds.map { $0.key } }

    @OptionGroup var output: OutputOptions

    @OptionGroup var common: CommonOptions

    func run() throws {
        let progress = try common.start()
        let result = try ModelEvaluation.run(
            model: model,
            benchmarks: crowsPairs.map { (CrowSPairs.key, $0) } + stereoset.map { (StereoSet.key, $0) }
                + benchmark.map { ($0.key, $0.file) },
            leaveOutFaults: leaveOutFaults, faults: faults, associations: weat, texts: text, lastWords: lastWord,
            profile: profile, byLine: lines,
            windows: TextWindows(window: window, stride: stride, usesBegin: !withoutBegin), perItem: perItem,
            perToken: perToken, harness: lmEval, everyEval: everyEval, organization: organization,
            replacing: output.force, progress: progress)
        progress.finishLine()
        try result.print(asJSON: common.json)
    }
}

/// A benchmark's key and a file of it, as `KEY=FILE`.
struct BenchmarkFile: ExpressibleByArgument {
    let key: String
    let file: String

    init?(argument: String) {
        let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return nil }
        (key, file) = (parts[0], parts[1])
    }
}

extension ScoringProfile: NamedArgument {
    static var choices: [ScoringProfile] { BenchmarkRegistry.all.profiles }
}
