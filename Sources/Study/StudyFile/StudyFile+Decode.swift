import BuiltInStudy
import FileSupport
import Foundation
import Unlearn
import Yams

extension StudyFile {
    /// Reads a study file strictly.
    ///
    /// Relative paths are taken from the study file's folder, those of overrides from the current folder. `overrides` are
    /// `key.path=value` texts, applied before anything is decoded.
    ///
    /// - Throws: ``InputError`` with file, line and key.
    public static func read(_ path: String, overrides: [String] = []) throws -> StudyFile {
        let text = try Input.text(path)
        let folder = (URL(fileURLWithPath: path).standardizedFileURL.path as NSString).deletingLastPathComponent
        return try parse(text, file: path, folder: folder, overrides: overrides)
    }

    /// Decodes the text of a study file; `folder` is where its relative paths begin.
    public static func parse(
        _ text: String, file: String, folder: String, overrides: [String] = []
    ) throws -> StudyFile {
        var root: Node
        do {
            guard let node = try Yams.compose(yaml: text) else {
                throw InputError("an empty study file", at: file, remedy: "see examples/ for one")
            }
            root = node
        } catch let error as YamlError {
            throw InputError("not valid YAML: \(error)".oneLine, at: file, remedy: "mend the line named")
        }
        for text in overrides {
            guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
                throw InputError("'\(text)' is no override", at: "--set", remedy: "write --set optimizer.steps=40")
            }
            let keys = text[..<equals].split(separator: ".").map(String.init)
            do {
                let value = try Yams.compose(yaml: String(text[text.index(after: equals)...])) ?? Node("")
                root = try setting(root, keys[...], unmarked(value), place: text)
            } catch is YamlError {
                throw InputError("not valid YAML", at: "--set \(text)", remedy: "write --set optimizer.steps=40")
            }
        }
        let decoder = StudyDecoder(folder: folder)
        return try decoder.study(YAMLValue(node: root, path: "", file: file))
    }

    /// A value without its line: the study file's lines would be meant.
    private static func unmarked(_ node: Node) -> Node {
        switch node {
        case .scalar(let scalar): .scalar(Node.Scalar(scalar.string, scalar.tag, scalar.style))
        case .mapping(let mapping):
            .mapping(Node.Mapping(mapping.map { (unmarked($0.key), unmarked($0.value)) }, mapping.tag, mapping.style))
        case .sequence(let sequence):
            .sequence(Node.Sequence(sequence.map(unmarked), sequence.tag, sequence.style))
        case .alias: node
        }
    }

    private static func setting(_ node: Node, _ keys: ArraySlice<String>, _ value: Node, place: String) throws -> Node {
        guard let key = keys.first else { return value }
        if case .sequence(var sequence) = node, let index = Int(key) {
            guard sequence.indices.contains(index) else {
                throw InputError("no entry \(index)", at: "--set \(place)", remedy: "count from 0")
            }
            sequence[index] = try setting(sequence[index], keys.dropFirst(), value, place: place)
            return .sequence(sequence)
        }
        var mapping: Node.Mapping
        if case .mapping(let existing) = node { mapping = existing } else { mapping = Node.Mapping([]) }
        let name = Node(key)
        mapping[name] = try setting(mapping[name] ?? .mapping(Node.Mapping([])), keys.dropFirst(), value, place: place)
        return .mapping(mapping)
    }
}

/// Turns the YAML tree into a ``StudyFile``, one function a section, in the order of the file.
private struct StudyDecoder {
    let folder: String

    func study(_ root: YAMLValue) throws -> StudyFile {
        let keys = [
            "model", "domains", "forget", "retain", "objective", "optimizer", "parameters", "guard", "snapshots",
            "evaluate", "concepts", "corpus", "analyze", "why", "seeds", "report",
        ]
        let m = try root.members(known: keys, later: ["stages": "staged forgetting", "lora": "LoRA"])
        let forget = try m.required("forget").list().map(self.forget)
        guard forget.count == 1 else {
            throw try m.required("forget").fail(
                "\(forget.count) forget sets: staged and joint forgetting are not there yet", "give one")
        }
        var study = StudyFile(
            model: try path(m.required("model"), builtIn: "planted/model"), forget: forget,
            evaluate: try evaluate(try m.required("evaluate")),
            concepts: try m["concepts"].map { try path($0, builtIn: "concepts") } ?? BuiltInStudy.path("concepts"))
        study.corpus = try m["corpus"]?.list().map { try path($0) } ?? []
        if let value = m["domains"] { study.domains = try domains(value) }
        study.retain = try m["retain"].map(retain)
        if let value = m["objective"] {
            let registry = ObjectiveRegistry.standard
            let o = try value.members(known: ["method", "weight"] + registry.optionNames)
            study.objective.method = try o["method"]?.string() ?? study.objective.method
            study.objective.weight = try o["weight"]?.positive() ?? 1
            for name in registry.optionNames { study.objective.options[name] = try o[name]?.string() }
            _ = try registry.choice(
                study.objective.method, study.objective.options.mapValues { .text($0) },
                at: (o["method"] ?? value).place)
        }
        if let value = m["optimizer"] { study.optimizer = try optimizer(value) }
        if let value = m["parameters"] { study.parameters = try value.strings() }
        study.guardRule = try m["guard"].flatMap { $0.isNone ? nil : try guardRule($0) }
        if let value = m["snapshots"] { study.snapshots = try snapshots(value) }
        if let value = m["analyze"] { study.analyze = try analyze(value) }
        if let value = m["why"] { study.why = try why(value) }
        if let value = m["seeds"] {
            study.seeds = try value.list().map { try $0.integer(atLeast: 0) }
            guard !study.seeds.isEmpty, Set(study.seeds).count == study.seeds.count else {
                throw value.fail("no seed, or one twice", "give different whole numbers")
            }
        }
        if let value = m["report"] {
            let r = try value.members(known: ["text"])
            study.report.text = try r["text"]?.choice(["redacted", "shown"]) ?? "redacted"
        }
        let named = [study.forget[0].domain] + study.forget[0].excludeDomains
        for name in named where !study.domains.all.contains(name) {
            throw try m.required("forget").fail(
                "the domain '\(name)' is not among the study's domains", "add it to domains, or mend the name")
        }
        for set in study.why.matrix {
            for name in [set.domain] + set.excludeDomains where !study.domains.all.contains(name) {
                throw try m.required("why").fail(
                    "the domain '\(name)' is not among the study's domains", "add it to domains, or mend the name")
            }
        }
        guard study.forget[0].domain == study.domains.target else {
            throw try m.required("forget").fail(
                "the forget set is about '\(study.forget[0].domain)', the target is '\(study.domains.target)'",
                "make them the same")
        }
        return study
    }

    private func domains(_ value: YAMLValue) throws -> StudyFile.Domains {
        let m = try value.members(known: ["target", "transfer", "control"])
        let out = StudyFile.Domains(
            target: try m.required("target").string(), transfer: try m["transfer"]?.strings() ?? [],
            control: try m["control"]?.strings() ?? [])
        guard Set(out.all).count == out.all.count else {
            throw value.fail("a domain stands in two roles", "give each domain one")
        }
        return out
    }

    private func forget(_ value: YAMLValue) throws -> StudyFile.Forget {
        let m = try value.members(
            known: ["domain", "data", "text", "id", "where", "exclude-domains", "codes", "harmful"])
        var out = StudyFile.Forget(
            domain: try m.required("domain").string(), data: try path(m.required("data")),
            harmful: .lexicon(BuiltInStudy.path("lexicons/harmful.json")))
        if let text = m["text"] { out.text = try text.string() }
        out.id = try m["id"]?.string()
        if let conditions = m["where"] {
            guard case .mapping(let mapping) = conditions.node else {
                throw conditions.fail("a mapping is wanted here", "write column: value")
            }
            for (key, node) in mapping {
                let column = key.string ?? ""
                let child = YAMLValue(node: node, path: conditions.path + "." + column, file: value.file)
                if case .mapping = node {
                    let reading = try child.members(known: ["equals", "member", "part"])
                    for (name, wanted) in reading.values.sorted(by: { $0.key < $1.key }) {
                        out.conditions.append(.init(column: column, reading: name, value: try wanted.string()))
                    }
                } else {
                    out.conditions.append(.init(column: column, reading: "equals", value: try child.string()))
                }
            }
        }
        out.excludeDomains = try m["exclude-domains"]?.strings() ?? []
        out.codes = try m["codes"]?.dictionary() ?? [:]
        if let harmful = m["harmful"] {
            let names = HarmfulWordSelections.names
            let h = try harmful.members(
                known: names, later: ["attribution": "choosing words by attribution"])
            guard h.values.count == 1, let (name, value) = h.values.first else {
                throw harmful.fail(
                    "\(h.values.count) sources of harmful words", "give one of \(names.joined(separator: ", "))")
            }
            out.harmful.selection = name
            let builtIn = name == "lexicon" ? "lexicons/harmful.json" : nil
            out.harmful.value = try out.harmful.isFile ? path(value, builtIn: builtIn) : value.string()
        }
        return out
    }

    private func retain(_ value: YAMLValue) throws -> StudyFile.Retain {
        let m = try value.members(known: ["data", "lines", "loss", "weight", "batch", "max-tokens"])
        return StudyFile.Retain(
            data: try path(m.required("data")), lines: try m["lines"].map(lines),
            loss: try m["loss"]?.choice(["kl", "nll"]) ?? "kl",
            weight: try m["weight"]?.notNegative() ?? 1, batch: try m["batch"]?.integer(atLeast: 1),
            maximumTokens: try m["max-tokens"]?.integer(atLeast: 2) ?? 128)
    }

    private func optimizer(_ value: YAMLValue) throws -> StudyFile.OptimizerSettings {
        let m = try value.members(known: [
            "name", "learning-rate", "weight-decay", "beta1", "beta2", "batch", "steps", "warmup", "schedule", "clip",
            "checkpoint-activations",
        ])
        var out = StudyFile.OptimizerSettings()
        if let v = m["name"] { out.name = try v.choice(["adamw", "sgd"]) }
        if let v = m["learning-rate"] { out.learningRate = try v.positive() }
        if let v = m["weight-decay"] { out.weightDecay = try v.notNegative() }
        if let v = m["beta1"] { out.beta1 = try v.notNegative() }
        if let v = m["beta2"] { out.beta2 = try v.notNegative() }
        if let v = m["batch"] { out.batch = try v.integer(atLeast: 1) }
        if let v = m["steps"] { out.steps = try v.integer(atLeast: 1) }
        if let v = m["warmup"] { out.warmup = try v.integer(atLeast: 0) }
        if let v = m["schedule"] { out.schedule = try v.choice(["constant", "linear", "cosine"]) }
        if let v = m["checkpoint-activations"] { out.checkpointsActivations = try v.boolean() }
        if let v = m["clip"] { out.clip = v.isNone ? nil : try v.positive() }
        return out
    }

    private func guardRule(_ value: YAMLValue) throws -> StudyFile.GuardRule {
        let m = try value.members(known: ["data", "lines", "perplexity", "kl", "check-every"])
        var out = StudyFile.GuardRule(
            data: try path(m.required("data")), lines: try m["lines"].map(lines))
        out.limits = try limits(m)
        if let v = m["check-every"] { out.checkEvery = try v.integer(atLeast: 1) }
        return out
    }

    private func limits(_ m: YAMLMembers) throws -> StudyFile.QualityLimits {
        var out = StudyFile.QualityLimits()
        if let v = m["perplexity"] { out.perplexityRise = v.isNone ? nil : try percentage(v) }
        if let v = m["kl"] { out.kl = v.isNone ? nil : try v.positive() }
        return out
    }

    private func lines(_ value: YAMLValue) throws -> ClosedRange<Int> {
        let bounds = try value.string().split(separator: "-").map { Int($0) }
        guard bounds.count == 2, let first = bounds[0], let last = bounds[1], first >= 1, last >= first else {
            throw value.fail("'\(try value.string())' is no range of lines", "write one like 1-2000")
        }
        return first...last
    }

    private func percentage(_ value: YAMLValue) throws -> Double {
        let text = try value.string()
        guard text.hasPrefix("+"), text.hasSuffix("%"), let percent = Double(text.dropFirst().dropLast()), percent > 0
        else { throw value.fail("'\(text)' is no relative budget", "write one like +10%") }
        return percent / 100
    }

    private func snapshots(_ value: YAMLValue) throws -> StudyFile.Snapshots {
        let m = try value.members(known: ["full", "rows-every", "contextual"])
        var out = StudyFile.Snapshots()
        if let v = m["full"] { out.full = try v.list().map { try $0.choice(["before", "after"]) } }
        if let v = m["rows-every"] { out.rowsEvery = try v.integer(atLeast: 0) }
        if let v = m["contextual"] { out.contextual = try v.boolean() }
        guard Set(out.full) == ["before", "after"] else {
            throw value.fail("drift needs both snapshots", "write full: [before, after]")
        }
        return out
    }

    private func evaluate(_ value: YAMLValue) throws -> StudyFile.EvaluateSettings {
        let m = try value.members(
            known: [
                "profile", "crows-pairs", "pairs", "perplexity", "perplexity-lines", "perplexity-mode", "labels",
                "every", "per-token",
            ],
            later: ["stereoset": "StereoSet", "custom": "custom benchmarks", "seat": "SEAT"])
        var out = StudyFile.EvaluateSettings(crowsPairs: try m.required("crows-pairs").list().map { try path($0) })
        if let v = m["profile"] {
            out.profile = try v.choice(["driftscope", "bias-bench"], later: ["stereoset-2020", "crows-2020"])
        }
        out.pairs = try m["pairs"]?.integer(atLeast: 1)
        out.perplexity = try m["perplexity"]?.list().map { try path($0) } ?? []
        out.perplexityLines = try m["perplexity-lines"].map(lines)
        if let v = m["perplexity-mode"] { out.perplexityMode = try v.choice(["stream", "lines"]) }
        if let v = m["labels"] { out.labels = try v.dictionary() }
        if let v = m["every"] { out.every = try v.integer(atLeast: 0) }
        if let v = m["per-token"] { out.perToken = try v.boolean() }
        return out
    }

    private func analyze(_ value: YAMLValue) throws -> StudyFile.AnalyzeSettings {
        let m = try value.members(
            known: ["controls", "bootstrap", "null-draws", "null-scoring", "margin", "damage", "doses"])
        var out = StudyFile.AnalyzeSettings()
        if let v = m["controls"] { out.controls = try v.integer(atLeast: 0) }
        if let v = m["bootstrap"] { out.bootstrap = try v.integer(atLeast: 100) }
        if let v = m["null-draws"] { out.nullDraws = try v.integer(atLeast: 0) }
        if let v = m["null-scoring"] { out.nullScoring = try v.choice(["auto", "exact", "first-order"]) }
        if let v = m["margin"] { out.margin = try v.positive() }
        if let v = m["damage"] { out.damage = try limits(v.members(known: ["perplexity", "kl"])) }
        if let v = m["doses"] { out.doses = try v.list().map { try $0.number() } }
        return out
    }

    private func why(_ value: YAMLValue) throws -> StudyFile.WhySettings {
        if value.isNone { return .none }
        let m = try value.members(known: [
            "forecast", "alignment", "patching", "by-layer", "mediation", "replay", "ladder", "reruns", "neutral-words",
            "controls", "matrix",
        ])
        var out = StudyFile.WhySettings()
        if let v = m["forecast"] { out.forecast = try v.boolean() }
        if let v = m["alignment"] { out.alignment = try v.boolean() }
        if let v = m["patching"] { out.patching = try v.boolean() }
        if let v = m["by-layer"] { out.byLayer = try v.boolean() }
        if let v = m["mediation"] { out.mediation = try v.boolean() }
        if let v = m["replay"] { out.replay = try v.boolean() }
        if let v = m["ladder"] { out.ladder = try v.boolean() }
        if let v = m["reruns"] { out.reruns = try v.boolean() }
        if let v = m["neutral-words"] { out.neutralWords = try v.integer(atLeast: 0) }
        if let v = m["controls"] { out.controls = try v.integer(atLeast: 1) }
        if let v = m["matrix"] { out.matrix = try v.list().map(forget) }
        return out
    }

    /// The file or folder that a value names.
    ///
    /// A value that an override gave has no line; it was typed where the command runs, so its path begins there.
    private func path(_ value: YAMLValue, builtIn: String? = nil) throws -> String {
        let text = try value.string()
        if text == "built-in", let builtIn { return BuiltInStudy.path(builtIn) }
        if text.hasPrefix("/") { return text }
        if text.hasPrefix("~/") { return NSHomeDirectory() + text.dropFirst() }
        if text.hasPrefix("$DRIFTSCOPE_DATA/"), let root = ProcessInfo.processInfo.environment["DRIFTSCOPE_DATA"] {
            return root + text.dropFirst("$DRIFTSCOPE_DATA".count)
        }
        let base = value.node.mark == nil ? FileManager.default.currentDirectoryPath : folder
        return URL(fileURLWithPath: base + "/" + text).standardizedFileURL.path
    }
}
