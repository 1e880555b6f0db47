import BuiltInStudy
import FileSupport
import Records
import Yams

/// The table of a study file: a row a key, in the order in which the resolved study is written.
///
/// Decoding, defaults, bounds, the resolved study, the comments of a new study, the reference in docs/study-file.md and
/// the JSON Schema all come from these rows. A new key is a row here, and the property of ``StudyFile`` that it fills.
struct StudyTable {
    /// Steps of an unlearning; as all ends below, one that no study reaches and that keeps a slip of the keyboard from
    /// asking for more memory than there is.
    static let steps = 10_000_000
    static let draws = 1_000_000
    static let batch = 65_536
    /// 2⁵³: every reader of JSON holds it as it is, and retrainings count on from it.
    static let seed = 1 << 53

    /// What a table of keys is for.
    enum Use {
        /// A run, which scores before and after.
        case run
        /// An unlearning alone: nothing need be scored.
        case unlearning
        /// Several runs of one study, each with other settings.
        case sweep
    }

    let registry: StudyRegistry
    var use = Use.run

    /// The whole study.
    var study: FieldType<StudyFile> {
        var type = keys
        guard case .array(let required)? = type.schema["required"] else { return type }
        // Stages have what is forgotten each.
        type.schema = type.schema.setting("required", to: .array(required.filter { $0 != "forget" }))
            .setting("anyOf", to: [["required": ["forget"]], ["required": ["stages"]]])
        return type
    }

    private var keys: FieldType<StudyFile> {
        .section(StudyFile()) {
            Field(
                "model", \.model, .model(builtIn: "planted/model"), required: true,
                "Hugging Face folder or GGUF file of the model, or the folder of a LoRA adapter, as `BASE+ADAPTER` where "
                    + "its base is elsewhere; `built-in` is the small one in `data/`")
            Field(
                "concepts", \.concepts, .path(builtIn: "concepts"),
                "folder of word lists, one a domain and some of control words")
            Field(
                "corpus", \.corpus, .list(.path()),
                "texts whose counts say how frequent a word is, to match controls; the retain, guard and perplexity "
                    + "texts when none is given")
            Field(
                "domains", \.domains, domains,
                "the domains and their roles; where left out: target gender, transfer race and religion, control age")
            Field("forget", \.forget, forgetSets, required: true, "what is forgotten")
            Field("retain", \.retain, .optional(retain, word: true), "neutral text that the model must keep")
            Field("objective", \.objective, objective, "how the forget set is forgotten")
            Field("optimizer", \.optimizer, optimizer, "how the parameters move")
            Field(
                "parameters", \.parameters, .list(.text),
                "which parameters may move: `all`, or some of `embeddings`, `positions`, `attention`, `mlp`, `norms`, "
                    + "`layers 0-5`")
            Field("guard", \.guardRule, .optional(guardRule, word: true), "when the unlearning stops early")
            Field("snapshots", \.snapshots, snapshots, "what is kept of the embeddings")
            Field("evaluate", \.evaluate, evaluate, required: use != .unlearning, "what is scored before and after")
            Field(
                "generate", \.generate, .optional(generate, word: true), "what the models are asked to go on with")
            Field("analyze", \.analyze, analyze, "how the numbers are judged")
            Field("why", \.why, why, "what is done to explain the changes")
            Field(
                "seeds", \.seeds, seeds,
                "the first is the run's, further ones are retrainings; a seed resamples forget rows, batch order and "
                    + "retain rows")
            Field("report", \.report, report, "what the report may show")
            Field(
                "sweep", \.sweep, .sweep,
                "settings that `driftscope sweep` tries: lists of values by key path, such as `optimizer.steps: [10, "
                    + "20]`, all combinations; `strength` is α of θ0 + αΔθ; `variant` has named sets of keys")
            stages
        } check: { [use] study, place in
            guard study.sweep.isEmpty || use == .sweep else {
                throw place.child("sweep", place.node.mapping?["sweep"] ?? place.node).fail(
                    "the study asks for a sweep", "driftscope sweep makes it; --set sweep={} leaves it out")
            }
        }
    }

    private var domains: FieldType<StudyFile.Domains> {
        // A study that names the domains names all of them.
        .section(StudyFile.Domains(targets: [], transfer: [], control: [])) {
            Field(
                "target", \.targets, targets, required: true,
                "the domain whose bias is forgotten, or several that are forgotten at once")
            Field("transfer", \.transfer, .list(.text), "domains to which the forgetting may transfer")
            Field("control", \.control, .list(.text), "domains that should stay as they are")
        } check: { domains, place in
            if let fault = domains.all.compactMap(NameCheck.fault).first {
                throw place.fail(
                    fault, "give the domain a short name of plain characters, and its labels under evaluate.labels")
            }
            guard Set(domains.all).count == domains.all.count else {
                throw place.fail("a domain stands in two roles", "give each domain one")
            }
        }
    }

    /// One name, written as such, or a list of them.
    private var targets: FieldType<[String]> {
        let name = FieldType<String>.text
        var type = FieldType.list(name)
        type.read = { [read = type.read] value, folder in
            let names = try read(value, folder)
            guard !names.isEmpty else { throw value.fail("no target", "name the domain that is to be forgotten") }
            return names
        }
        type.write = { [write = type.write] in $0.count == 1 ? name.write($0[0]) : write($0) }
        return type
    }

    private var snapshots: FieldType<StudyFile.Snapshots> {
        .section(StudyFile.Snapshots()) {
            Field("full", \.full, .list(.choice(["before", "after"])), "whole embedding matrices; drift needs both")
            Field(
                "rows-every", \.rowsEvery, .whole(0...Self.steps),
                "steps between two looks at the rows of concept words; 0 for never")
            Field("contextual", \.contextual, .flag, "contextual vectors of concept words at every layer")
        } check: { snapshots, place in
            guard Set(snapshots.full) == ["before", "after"] else {
                throw place.fail("drift needs both snapshots", "write full: [before, after]")
            }
        }
    }

    private var evaluate: FieldType<StudyFile.EvaluateSettings> {
        let keys = registry.benchmarks.kinds.map { $0.key }
        // Ours first. A run's report is in nats a token, and what moves a bias is asked of scores that are not rounded.
        let means = registry.benchmarks.profiles.filter {
            $0 == .pseudoLogLikelihood || !$0.isMasked && $0 != .lmEval
        }.map(\.name)
        let profiles = ([StudyFile.EvaluateSettings().profile] + means).uniqued()
        var type = FieldType.section(StudyFile.EvaluateSettings()) {
            Field(
                "profile", \.profile, .choice(profiles),
                "conventions of the scores; `\(ScoringProfile.pseudoLogLikelihood)` for BERT and RoBERTa, the others for "
                    + "models that predict the next token")
            benchmarks
            Field(
                "pairs", \.pairs, .optional(.whole(1...Self.steps)), unset: "all",
                "the most pairs of a domain that are scored, chosen by seed")
            Field(
                "leave-out-faults", \.leaveOutFaults, .list(.text),
                "known faults of items, by name: items that have one are not scored; `all` for every fault of the list")
            Field(
                "faults", \.faults, .path(builtIn: "item-faults.csv"),
                "the list of known faults: CSV with the columns `benchmark`, `item` and `fault`")
            Field("weat", \.weat, .list(.path()), "tests of association, WEAT or SEAT, as JSON files of sent-bias are")
            Field(
                "custom", \.custom, custom,
                "commands that score a model; run only with `--allow-commands`, without a shell")
            Field("perplexity", \.perplexity, .list(.path()), "texts for the reported perplexity")
            Field(
                "perplexity-lines", \.perplexityLines, .optional(.lines), unset: "all",
                "the lines of every perplexity text; they are scored again at every update scaling α")
            Field(
                "perplexity-mode", \.perplexityMode, .choice(["stream", "lines"]),
                "running text, or each line by itself")
            Field(
                "labels", \.labels, .dictionary("label: domain", writesNone: true),
                "which label of a benchmark is which domain, where the names differ")
            Field(
                "every", \.every, .whole(0...Self.steps),
                "steps between two looks at the bias of each domain; 0 for only before and after")
            Field("per-token", \.perToken, .flag, "keep the log-probability of every token")
        } check: { evaluate, place in
            if let name = Dictionary(grouping: evaluate.custom, by: \.name).first(where: { $1.count > 1 })?.key {
                throw place.fail("two commands have the name '\(name)'", "rename one")
            }
            // An unlearning need score nothing; the study that it writes has the other keys of `evaluate`.
            guard !evaluate.benchmarks.isEmpty || use == .unlearning else {
                throw keys.count == 1
                    ? place.fail("the key '\(keys[0])' is missing", "add it")
                    : place.fail("no benchmark", "add one of \(keys.joined(separator: ", "))")
            }
        }
        type.schema = type.schema.setting("anyOf", to: .array(keys.map { ["required": .array([.string($0)])] }))
        return type
    }

    private var custom: FieldType<[StudyFile.CustomCommand]> {
        let one = FieldType.section(StudyFile.CustomCommand()) {
            Field("name", \.name, .text, required: true, "its name in the report")
            Field("command", \.command, .command, required: true, "the program and its arguments")
            Field("lower-is-better", \.lowerIsBetter, .flag, "whether a lower score is the better one")
            Field("timeout-seconds", \.seconds, .whole(1...604_800), "when it is ended")
        } check: { command, place in
            guard command.name.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9._-]{0,99}/) != nil else {
                throw place.fail(
                    "'\(command.name)' is no name of a command", "use letters, digits, points, hyphens and underscores")
            }
        }
        var type = FieldType.list(one, atMost: 100)
        type.write = { $0.isEmpty ? nil : Node($0.compactMap(one.write), Tag(.seq), .block) }
        type.takes =
            "a list of {`name`, `command`: [PROGRAM, ARGUMENT, …], `lower-is-better`: `false`, `timeout-seconds`: `600`}"
        return type
    }

    private var analyze: FieldType<StudyFile.AnalyzeSettings> {
        .section(StudyFile.AnalyzeSettings()) {
            Field("controls", \.controls, .whole(0...Self.draws), "draws of matched control words")
            Field("bootstrap", \.bootstrap, .whole(100...Self.draws), "bootstrap draws of every interval")
            Field("null-draws", \.nullDraws, .whole(0...Self.draws), "matched random updates")
            Field(
                "null-scoring", \.nullScoring, .choice(["auto", "exact", "first-order"]),
                "how the random updates are scored")
            Field("margin", \.margin, .positive, "equivalence margin for τ, nats a token, fixed before the run")
            Field("damage", \.damage, damage, "damage on the perplexity texts, where the guard sets no such limit")
            Field(
                "scaling", \.scaling, .list(.number, atMost: 1_000), former: ["doses"],
                "update scalings α at which θ0 + αΔθ is scored")
        }
    }

    private var damage: FieldType<StudyFile.QualityLimits> {
        .section(StudyFile.QualityLimits()) {
            Field("perplexity", \.perplexityRise, .orNone(.rise), "rise of perplexity that counts as damage")
            Field("kl", \.kl, .orNone(.positive), "mean KL divergence that counts as damage, nats a token")
        }
    }

    private var why: FieldType<StudyFile.WhySettings> {
        var matrix = FieldType.list(forget, atMost: 1_000)
        matrix.write = { [forget] sets in sets.isEmpty ? nil : Node(sets.compactMap(forget.write), Tag(.seq), .block) }
        matrix.takes = "a list of forget sets, each with the keys of `forget`"
        return .section(StudyFile.WhySettings(), none: StudyFile.WhySettings.none) {
            Field("forecast", \.forecast, .flag, "which domains will move, asked before anything is changed")
            Field(
                "alignment", \.alignment, .flag,
                "⟨∇B, Δθ⟩ by component of the model, with its path integral; neutral minimal pairs")
            Field("patching", \.patching, .flag, "each component patched in alone and left out alone")
            Field("by-layer", \.byLayer, .flag, "the same by block")
            Field(
                "mediation", \.mediation, .flag,
                "the directions that target and domain share, removed from the update and kept alone")
            Field(
                "decomposition", \.decomposition, .flag, former: ["replay"],
                "the update decomposed: what moved the embedding rows, which sentences and words moved each bias")
            Field("ablations", \.ablations, .flag, former: ["ladder"], "retrainings with ever cleaner forget sets")
            Field(
                "retrainings", \.retrainings, .flag, former: ["reruns"],
                "retrainings without the retain term and with plain gradient descent")
            Field("neutral-words", \.neutralWords, .whole(0...1_000), "retrainings that forget neutral words")
            Field("controls", \.controls, .whole(1...Self.draws), "random controls for each patch and each subspace")
            Field("matrix", \.matrix, matrix, "further forget sets: the transfer matrix's other rows")
        }
    }

    private var seeds: FieldType<[Int]> {
        var type = FieldType.list(FieldType.whole(0...Self.seed), atMost: 1_000)
        type.read = { [read = type.read] value, folder in
            let seeds = try read(value, folder)
            guard !seeds.isEmpty else { throw value.fail("no seed", "give a whole number") }
            return seeds
        }
        return type
    }

    private var generate: FieldType<StudyFile.GenerateSettings> {
        .section(StudyFile.GenerateSettings()) {
            Field("prompts", \.prompts, .path(), required: true, "beginnings of sentences, a line each")
            Field("samples", \.samples, .whole(1...1000), "continuations of each")
            Field("max-tokens", \.maximumTokens, .whole(1...4096), "the most tokens of a continuation")
            Field(
                "temperature", \.temperature, .number(0...100),
                "what logits are divided by; 0 takes the most probable token each time")
            Field(
                "top-p", \.topP, .number(0.001...1),
                "only the most probable tokens with this probability together are drawn from")
            Field(
                "lexicon", \.lexicon, .path(builtIn: "lexicons/harmful.json"),
                "the word list whose words are counted, and redacted")
        }
    }

    private var report: FieldType<StudyFile.ReportSettings> {
        .section(StudyFile.ReportSettings()) {
            Field("text", \.text, .choice(["redacted", "shown"]), "`shown` prints forget rows and pairs as they are")
        }
    }
}
