import Evaluate
import FileSupport
import Foundation
import LanguageModel
import Records
import Statistics

/// The results of CrowS-Pairs as lm-evaluation-harness 0.4.13 writes those of a task: `results_DATE.json`, and a line a pair in
/// `samples_TASK_DATE.jsonl`.
///
/// A task has the name of its file. What tells of the harness's own program and machine is absent: it made none of this.
/// `doc` has the four columns that the harness's own data has.
struct HarnessExport {
    /// A file of pairs and what a model gave to them.
    fileprivate struct Task {
        let table: PairTable
        let path: String
        let samples: [JSON]
        /// SHA-256 over those of all samples.
        let hash: String
    }

    private let folder: String
    private var tasks: [Task] = []

    /// - Throws: ``InputError`` for another profile and for other benchmarks, whose numbers would not be the harness's, and for a
    ///   folder that is not free.
    init(_ folder: String, profile: ScoringProfile, benchmarks: [any BiasBenchmark], replacing: Bool) throws {
        self.folder = folder
        guard profile == .lmEval else {
            throw InputError(
                "--lm-eval under the profile \(profile)", at: "driftscope evaluate",
                remedy: "add --profile \(ScoringProfile.lmEval)")
        }
        if let other = benchmarks.first(where: { !($0 is CrowSPairs) }) {
            throw InputError(
                "--lm-eval writes no \(type(of: other).key)", at: "driftscope evaluate",
                remedy: "score it without --lm-eval")
        }
        guard !benchmarks.isEmpty else {
            throw InputError(
                "--lm-eval without pairs", at: "driftscope evaluate", remedy: "give --crows-pairs too")
        }
        try Output.requireFree(folder, isFolder: true, replacing: replacing)
    }

    /// Takes the scores of a file of pairs.
    mutating func add(_ scorer: PairScorer, _ table: PairTable, path: String, model: TransformerModel) {
        let documents = scorer.items.map { item -> JSON in
            [
                "sent_more": .string(item.more), "sent_less": .string(item.less),
                "stereo_antistereo": .string(item.direction.rawValue), "bias_type": .string(item.biasType),
            ]
        }
        let (prompt, target) = (SHA256Hex.of(""), SHA256Hex.of("0"))
        var (hashes, samples): (String, [JSON]) = ("", [])
        for ((item, score), (document, isGreedy)) in zip(
            zip(scorer.items, table.scores), zip(documents, scorer.areGreedy(model)))
        {
            // The harness hashes the text that Python's json.dumps gives with indent=2.
            let hash = SHA256Hex.of(String(document.pretty.dropLast()))
            hashes += hash + prompt + target
            let answers = zip([score.moreScore, score.lessScore], isGreedy).map { sum, isGreedy -> JSON in
                [.string("\(sum)"), .string(isGreedy ? "True" : "False")]
            }
            samples.append([
                "doc_id": .integer(item.row), "doc": document, "target": "0",
                "arguments": [
                    "gen_args_0": ["arg_0": "", "arg_1": .string(item.more)],
                    "gen_args_1": ["arg_0": "", "arg_1": .string(item.less)],
                ],
                "resps": .array(answers.map { [$0] }), "filtered_resps": .array(answers), "filter": "none",
                "metrics": ["likelihood_diff", "pct_stereotype"], "doc_hash": .string(hash),
                "prompt_hash": .string(prompt), "target_hash": .string(target),
                "likelihood_diff": .number(abs(score.gap)), "pct_stereotype": .number(score.isHit ? 1 : 0),
            ])
        }
        tasks.append(
            Task(table: table, path: path, samples: samples, hash: SHA256Hex.of(hashes)))
    }

    /// Writes the files, the samples first.
    ///
    /// - Parameter date: of the evaluation; it is in the files' names.
    /// - Returns: their names.
    func write(model: String, _ checkpoint: LoadedCheckpoint, date: Date) throws -> [String] {
        let stamp = date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)).dropLast()
            .replacing(":", with: "-")
        try AtomicFile.makeFolder(folder)
        var names: [String] = []
        for task in tasks {
            var name = String(task.table.benchmark.map { $0.isLetter || $0.isNumber || $0 == "_" ? $0 : "_" })
            while names.contains("samples_\(name)_\(stamp).jsonl") { name += "_2" }
            names.append("samples_\(name)_\(stamp).jsonl")
            try AtomicFile.write(
                task.samples.map { $0.compact + "\n" }.joined(), to: folder + "/" + names[names.count - 1])
        }
        names.append("results_\(stamp).json")
        try AtomicFile.write(
            results(model: model, checkpoint, date: date).pretty, to: folder + "/" + names[names.count - 1])
        return names
    }

    private func results(model: String, _ checkpoint: LoadedCheckpoint, date: Date) -> JSON {
        func each(_ value: (Task) -> JSON) -> JSON { .object(tasks.map { ($0.table.benchmark, value($0)) }) }
        return [
            "results": each { $0.results },
            "group_subtasks": [:],
            "configs": each { $0.configuration },
            "versions": each { _ in .number(1) },
            "n-shot": each { _ in 0 },
            "higher_is_better": each { _ in ["likelihood_diff": false, "pct_stereotype": false] },
            "n-samples": each {
                let count = $0.table.scores.count
                return ["original": .integer(count + $0.table.skipped.count), "effective": .integer(count)]
            },
            "config": [
                "model": "driftscope", "model_args": ["pretrained": .string(model)],
                "model_num_parameters": .integer(checkpoint.model.layout.count), "model_dtype": "float32",
                "device": "cpu", "limit": nil,
            ],
            "date": .number(date.timeIntervalSince1970),
            "driftscope_version": .string(driftscopeVersion),
            "max_length": .integer(checkpoint.model.configuration.contextLength),
            "task_hashes": each { .string($0.hash) }, "model_source": "driftscope", "model_name": .string(model),
            "model_name_sanitized": .string(
                model.replacing(/["<>:\/|\\?*\[\]]+/, with: "__")),
            "system_instruction": nil, "system_instruction_sha": nil, "chat_template": nil, "chat_template_sha": nil,
        ]
    }
}

extension HarnessExport.Task {
    /// Both metrics, with the standard errors of their means.
    fileprivate var results: JSON {
        func error(_ values: [Double]) -> JSON {
            Summary.deviation(values).map { .number($0 / Double(values.count).squareRoot()) } ?? "N/A"
        }
        let summary = table.overall
        return [
            "name": .string(table.benchmark), "alias": .string(table.benchmark),
            "sample_len": .integer(table.scores.count), "likelihood_diff,none": .number(summary.meanAbsoluteGap),
            "likelihood_diff_stderr,none": error(table.scores.map { abs($0.gap) }),
            "pct_stereotype,none": .number(summary.share / 100),
            "pct_stereotype_stderr,none": error(table.scores.map { $0.isHit ? 1 : 0 }),
        ]
    }

    /// The task that gives these numbers in the harness, were it asked.
    fileprivate var configuration: JSON {
        let metrics = ["likelihood_diff", "pct_stereotype"].map { name -> JSON in
            ["metric": .string(name), "aggregation": "mean", "higher_is_better": false]
        }
        return [
            "task": .string(table.benchmark), "dataset_path": "csv",
            "dataset_kwargs": ["data_files": ["test": .string(path)]], "test_split": "test", "doc_to_text": "",
            "doc_to_target": 0, "doc_to_choice": "{{[sent_more, sent_less]}}", "target_delimiter": "", "num_fewshot": 0,
            "metric_list": .array(metrics), "output_type": "multiple_choice", "repeats": 1,
            "should_decontaminate": false, "metadata": ["version": .number(1)],
        ]
    }
}
