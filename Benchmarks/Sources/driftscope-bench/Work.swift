import Evaluate
import FileSupport
import Foundation
import LanguageModel
import LinearAlgebra
import Unlearn

/// The sentences and pairs that both sides work on, as token ids.
func prepare() throws {
    let checkpoint = try CheckpointFolder.load(try option("model"))
    let forget = try forgetSet(checkpoint)
    let sentences = forget.sentences.prefix(16).map { sentence -> JSON in
        [
            "tokens": .array(sentence.tokens.map { .integer(Int($0)) }),
            "harmful": .array(sentence.harmfulPositions.map { .integer($0) }),
        ]
    }
    let work: JSON = ["learningRate": .number(learningRate), "sentences": .array(sentences)]
    try AtomicFile.write(work.compact, to: try option("out") + "/step-ids.json")

    let pairs = try chosenPairs()
    let begin = checkpoint.tokenizer.beginToken.map { [$0] } ?? []
    let texts = pairs.items.flatMap { [$0.more, $0.less] }
    let ids: JSON = [
        "sentences": .array(
            texts.map { .array((begin + checkpoint.tokenizer.encode($0)).map { .integer(Int($0)) }) })
    ]
    try AtomicFile.write(ids.compact, to: try option("out") + "/crows-ids.json")
    print(#"{"sentences": \#(sentences.count), "pairs": \#(texts.count / 2)}"#)
}

let learningRate = 1e-5

/// The first pairs of a CrowS-Pairs file, of some bias types where `--types` names them.
func chosenPairs() throws -> PairSet {
    var all = try CrowSPairs.read(try option("crows"), labels: [:]).pairs
    let types = options["types"].map { Set($0.split(separator: ",").map(String.init)) }
    let chosen = all.items.filter { types?.contains($0.biasType) ?? true }
    all.items = Array(chosen.prefix(Int(options["pairs"] ?? "") ?? 200))
    return all
}

func forgetSet(_ checkpoint: LoadedCheckpoint) throws -> ForgetSet {
    try ForgetSetReader(
        path: try option("dghs"), idColumn: "acl.id",
        filter: ForgetFilter([
            .init(column: "label", values: ["hate"]), .init(column: "target", reading: .member, values: ["wom"]),
        ]),
        harmful: .lexicon(try WordLexicon.read(try option("lexicon")))
    ).read(tokenizer: checkpoint.tokenizer, contextLength: checkpoint.model.configuration.contextLength)
}

/// Ids of a work file.
func sentences(_ name: String) throws -> [JSONCursor] {
    try JSONCursor.read(try option("ids")).member(name).elements()
}

func integers(_ cursor: JSONCursor) throws -> [Int] { try cursor.elements().map { try $0.int() } }

/// One token-ascent AdamW step: the loss, its gradient, the update.
func step() throws {
    let model = try CheckpointFolder.load(try option("model")).model
    let work = try sentences("sentences")
    var sequences: [[Int32]] = []
    var targets: [(sequence: Int, position: Int)] = []
    for (i, sentence) in work.enumerated() {
        let tokens = try integers(try sentence.member("tokens")).map(Int32.init)
        let harmful = try integers(try sentence.member("harmful"))
        sequences.append(tokens)
        targets += harmful.map { (i, $0) }
    }
    let tokenCount = sequences.reduce(0) { $0 + $1.count }
    // Nothing after the last harmful token can change the loss of a causal model, so it is not run.
    let ends = sequences.indices.map { i in targets.filter { $0.sequence == i }.map(\.position).max() ?? 1 }
    let packed = PackedSequences(zip(sequences, ends).map { Array($0.0.prefix($0.1)) })
    let predictions = targets.map { target in
        Prediction(
            row: packed.range(target.sequence).lowerBound + target.position - 1,
            token: sequences[target.sequence][target.position], weight: 1 / Float(targets.count))
    }
    let optimizer = Optimizer(
        OptimizerConfiguration(learningRate: learningRate, weightDecay: 0), layout: model.layout)
    let gradient = FloatBuffer(count: model.layout.count)
    var losses: [Double] = []
    var times: [Double] = []
    var parts: [String: Double] = [:]
    let count = Int(options["steps"] ?? "") ?? 5
    for step in 0...count {
        let start = Date()
        var last = start
        /// Seconds since the last mark, in the profile of the last step.
        func mark(_ name: String) {
            let now = Date()
            if step == count { parts[name] = now.timeIntervalSince(last) }
            last = now
        }
        gradient.buffer.update(repeating: 0)
        mark("clear")
        func pass() -> [Double] {
            model.accumulateGradient(of: [.weightedLogLikelihood(predictions)], in: packed, into: gradient)
        }
        if step == count {
            let (values, seconds) = model.timingOperations(pass)
            losses += values
            parts.merge(seconds) { $1 }
        } else {
            losses += pass()
        }
        mark("all operations")
        _ = optimizer.step(values: model.values, gradient: gradient, learningRate: learningRate)
        mark("AdamW")
        // The first step is the warm-up.
        if step > 0 { times.append(Date().timeIntervalSince(start)) }
    }
    times.sort()
    let result: JSON = [
        "threads": .integer(Threads.count), "kernels": .string(BLAS.kernels), "tokens": .integer(tokenCount),
        "tokensRun": .integer(packed.tokenCount),
        "losses": .array(losses.map { .number($0) }), "medianSeconds": .number(times[times.count / 2]),
        "p95Seconds": .number(times[min(times.count - 1, times.count * 95 / 100)]),
        "peakMemoryMiB": .number(peakMemory()), "profile": profile(parts),
    ]
    print(result.compact)
}

/// Peak memory of unlearning with the KL retain term and the guard on: of all tensors, of `--parameters` or of low-rank
/// factors of rank `--lora` of all linear layers, with `--checkpoint-activations true` where asked for.
func memory() throws {
    let checkpoint = try CheckpointFolder.load(try option("model"))
    checkpoint.model.checkpointsActivations = options["checkpoint-activations"] == "true"
    let forget = try forgetSet(checkpoint)
    let path = try option("text")
    let begin = checkpoint.tokenizer.beginToken.map { [$0] } ?? []
    let lines = try Input.text(path).split(whereSeparator: \.isNewline)
    let pieces = lines.map { Array((begin + checkpoint.tokenizer.encode(String($0))).prefix(128)) }
        .filter { $0.count > 1 }
    let sha256 = try SHA256Hex.ofFile(path).sha256
    let half = pieces.count / 2
    func part(_ pieces: some Collection<[Int32]>) -> TextPieces {
        TextPieces(path: path, sha256: sha256, pieces: Array(pieces))
    }
    let folder = try option("out") + "/memory-state"
    let unlearner = try Unlearner(
        model: checkpoint.model, forget: forget, retain: part(pieces.prefix(half)),
        guardText: part(pieces.suffix(64)),
        configuration: UnlearnConfiguration(
            optimizer: OptimizerConfiguration(learningRate: learningRate, weightDecay: 0), steps: 3,
            parameters: options["parameters"].map { $0.split(separator: ",").map(String.init) } ?? ["all"],
            lora: options["lora"].flatMap(Int.init).map {
                LowRankConfiguration(rank: $0, alpha: Double($0), modules: [LowRankConfiguration.allLinear])
            },
            budget: GuardBudget(perplexityRise: 10, klDivergence: 100), checkEvery: 2),
        stateFolder: folder)
    let result = try unlearner.run()
    try? FileManager.default.removeItem(atPath: folder)
    let line: JSON = [
        "steps": .integer(result.trajectory.count - 1), "reason": .string(result.reason.description),
        "peakMemoryMiB": .number(peakMemory()),
    ]
    print(line.compact)
}

/// Time of StereoSet's intrasentence sentences beside as many of CrowS-Pairs, three an item and two a pair.
func stereoset() throws {
    let checkpoint = try CheckpointFolder.load(try option("model"))
    let model = checkpoint.model
    guard var items = try StereoSet.read([try option("stereoset")], labels: [:]).first(where: { $0.split == .intrasentence })
    else { throw InputError("no intrasentence items", at: try option("stereoset"), remedy: "name StereoSet's dev.json") }
    var pairs = try CrowSPairs.read(try option("crows"), labels: [:])
    let count = Int(options["sentences"] ?? "") ?? 600
    items.items = Array(items.items.prefix(count / 3))
    pairs.pairs.items = Array(pairs.items.prefix(count / 2))
    func seconds(_ benchmark: some BiasBenchmark) throws -> Double {
        let scorer = try benchmark.scorer(
            tokenizer: checkpoint.tokenizer, profile: .driftscope, contextLength: model.configuration.contextLength)
        // The second of two is timed.
        _ = scorer.score(model, perToken: false)
        let start = Date()
        _ = scorer.score(model, perToken: false)
        return Date().timeIntervalSince(start)
    }
    func tokens(_ texts: [String]) -> Int { texts.reduce(0) { $0 + checkpoint.tokenizer.encode($1).count } }
    let result: JSON = [
        "threads": .integer(Threads.count),
        "stereoset": [
            "sentences": .integer(3 * items.items.count), "seconds": .number(try seconds(items)),
            "tokens": .integer(tokens(items.items.flatMap { [$0.sentences.stereotype, $0.sentences.antiStereotype, $0.sentences.unrelated] })),
        ],
        "crows": [
            "sentences": .integer(2 * pairs.items.count), "seconds": .number(try seconds(pairs)),
            "tokens": .integer(tokens(pairs.items.flatMap { [$0.more, $0.less] })),
        ],
    ]
    print(result.compact)
}

/// Mean log-probability of each sentence after the begin token, as `driftscope evaluate` takes it.
func crows() throws {
    let checkpoint = try CheckpointFolder.load(try option("model"))
    let model = checkpoint.model
    func scorer(_ pairs: PairSet) throws -> PairScorer {
        try PairScorer(
            pairs: pairs, tokenizer: checkpoint.tokenizer, profile: .driftscope,
            contextLength: model.configuration.contextLength)
    }
    let pairs = try chosenPairs()
    _ = try scorer(PairSet(name: "warm-up", items: Array(pairs.items.prefix(2)))).score(model)
    let start = Date()
    let (table, parts) = try model.timingOperations { try scorer(pairs).score(model) }
    let seconds = Date().timeIntervalSince(start)
    let means = table.scores.flatMap { [$0.moreScore, $0.lessScore] }
    let result: JSON = [
        "threads": .integer(Threads.count), "sentences": .integer(means.count), "seconds": .number(seconds),
        "means": .array(means.map { .number($0) }), "profile": profile(parts),
    ]
    print(result.compact)
}

/// Seconds by name, longest first.
func profile(_ seconds: [String: Double]) -> JSON {
    .object(seconds.sorted { $0.value > $1.value }.map { ($0.key, .number($0.value)) })
}

/// Largest resident size of this process so far, MiB.
func peakMemory() -> Double {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return Double(usage.ru_maxrss) / 1024
}
