import BuiltInStudy
import FileSupport

extension StudyFile {
    /// The study with every default written out, as YAML that ``read(_:overrides:)`` accepts.
    ///
    /// - Parameter hashes: name, size and SHA-256 of each input, appended as comments.
    public func resolved(hashes: [(name: String, bytes: Int, sha256: String)] = []) -> String {
        var out = YAMLText()
        out.line("model", Self.portable(model, "planted/model"))
        out.line("concepts", Self.portable(concepts, "concepts"))
        out.list("corpus", corpus)
        out.section("domains") {
            $0.line("target", domains.target)
            $0.list("transfer", domains.transfer)
            $0.list("control", domains.control)
        }
        for set in forget { out.section("forget") { Self.write(set, to: &$0) } }
        if let retain {
            out.section("retain") {
                $0.line("data", retain.data)
                if let lines = retain.lines { $0.line("lines", "\(lines.lowerBound)-\(lines.upperBound)") }
                $0.line("loss", retain.loss)
                $0.line("weight", retain.weight)
                if let batch = retain.batch { $0.line("batch", batch) }
                $0.line("max-tokens", retain.maximumTokens)
            }
        }
        out.section("objective") {
            $0.line("method", objective.method)
            for (name, value) in objective.options.sorted(by: { $0.key < $1.key }) { $0.line(name, value) }
            $0.line("weight", objective.weight)
        }
        out.section("optimizer") {
            $0.line("name", optimizer.name)
            $0.line("learning-rate", optimizer.learningRate)
            $0.line("weight-decay", optimizer.weightDecay)
            $0.line("beta1", optimizer.beta1)
            $0.line("beta2", optimizer.beta2)
            $0.line("batch", optimizer.batch)
            $0.line("steps", optimizer.steps)
            $0.line("warmup", optimizer.warmup)
            $0.line("schedule", optimizer.schedule)
            if let clip = optimizer.clip { $0.line("clip", clip) } else { $0.word("clip", "none") }
            $0.line("checkpoint-activations", optimizer.checkpointsActivations)
        }
        out.list("parameters", parameters)
        if let rule = guardRule {
            out.section("guard") {
                $0.line("data", rule.data)
                if let lines = rule.lines { $0.line("lines", "\(lines.lowerBound)-\(lines.upperBound)") }
                Self.write(rule.limits, to: &$0)
                $0.line("check-every", rule.checkEvery)
            }
        }
        out.section("snapshots") {
            $0.list("full", snapshots.full)
            $0.line("rows-every", snapshots.rowsEvery)
            $0.line("contextual", snapshots.contextual)
        }
        out.section("evaluate") {
            $0.line("profile", evaluate.profile)
            $0.list("crows-pairs", evaluate.crowsPairs)
            if let pairs = evaluate.pairs { $0.line("pairs", pairs) }
            $0.list("perplexity", evaluate.perplexity)
            if let lines = evaluate.perplexityLines {
                $0.line("perplexity-lines", "\(lines.lowerBound)-\(lines.upperBound)")
            }
            $0.line("perplexity-mode", evaluate.perplexityMode)
            if !evaluate.labels.isEmpty {
                $0.section("labels") { for (label, domain) in evaluate.labels.sorted(by: <) { $0.line(label, domain) } }
            }
            $0.line("every", evaluate.every)
            $0.line("per-token", evaluate.perToken)
        }
        out.section("analyze") {
            $0.line("controls", analyze.controls)
            $0.line("bootstrap", analyze.bootstrap)
            $0.line("null-draws", analyze.nullDraws)
            $0.line("null-scoring", analyze.nullScoring)
            $0.line("margin", analyze.margin)
            $0.section("damage") { Self.write(analyze.damage, to: &$0) }
            $0.word("doses", "[" + analyze.doses.map { "\($0)" }.joined(separator: ", ") + "]")
        }
        out.section("why") {
            $0.line("forecast", why.forecast)
            $0.line("alignment", why.alignment)
            $0.line("patching", why.patching)
            $0.line("by-layer", why.byLayer)
            $0.line("mediation", why.mediation)
            $0.line("replay", why.replay)
            $0.line("ladder", why.ladder)
            $0.line("reruns", why.reruns)
            $0.line("neutral-words", why.neutralWords)
            $0.line("controls", why.controls)
            $0.entries("matrix", why.matrix) { Self.write($0, to: &$1) }
        }
        out.word("seeds", "[" + seeds.map(String.init).joined(separator: ", ") + "]")
        out.section("report") { $0.line("text", report.text) }
        for hash in hashes { out.text += "# \(hash.sha256)  \(hash.bytes)  \(hash.name.oneLine)\n" }
        return out.text
    }

    private static func write(_ limits: QualityLimits, to out: inout YAMLText) {
        out.word("perplexity", limits.perplexityRise.map { "+\(percent($0))%" } ?? "none")
        if let kl = limits.kl { out.line("kl", kl) } else { out.word("kl", "none") }
    }

    /// One forget set.
    /// The word `built-in` for what comes with driftscope, wherever that is installed.
    private static func portable(_ path: String, _ name: String) -> String {
        path == BuiltInStudy.path(name) ? "built-in" : path
    }

    private static func write(_ set: Forget, to out: inout YAMLText) {
        out.line("domain", set.domain)
        out.line("data", set.data)
        out.line("text", set.text)
        if let id = set.id { out.line("id", id) }
        if !set.conditions.isEmpty {
            out.section("where") {
                for column in Set(set.conditions.map(\.column)).sorted() {
                    $0.section(column) {
                        for c in set.conditions where c.column == column { $0.line(c.reading, c.value) }
                    }
                }
            }
        }
        out.list("exclude-domains", set.excludeDomains)
        if !set.codes.isEmpty {
            out.section("codes") { for (code, domain) in set.codes.sorted(by: <) { $0.line(code, domain) } }
        }
        out.section("harmful") {
            $0.line(set.harmful.selection, portable(set.harmful.value, "lexicons/harmful.json"))
        }
    }

    private static func percent(_ share: Double) -> String {
        let value = (share * 1e10).rounded() / 1e8
        return value == value.rounded() ? String(Int(value)) : "\(value)"
    }
}

/// Block-style YAML, two spaces a level, every text quoted so that it reads back as itself.
private struct YAMLText {
    var text = ""
    var indent = ""

    mutating func word(_ key: String, _ value: String) { text += "\(indent)\(name(key)): \(value)\n" }
    mutating func line(_ key: String, _ value: String) { word(key, quoted(value)) }
    mutating func line(_ key: String, _ value: Double) { word(key, "\(value)") }
    mutating func line(_ key: String, _ value: Int) { word(key, "\(value)") }
    mutating func line(_ key: String, _ value: Bool) { word(key, "\(value)") }
    mutating func list(_ key: String, _ values: [String]) {
        word(key, "[" + values.map(quoted).joined(separator: ", ") + "]")
    }

    mutating func section(_ key: String, _ body: (inout YAMLText) -> Void) {
        text += "\(indent)\(name(key)):\n"
        var inner = YAMLText(text: "", indent: indent + "  ")
        body(&inner)
        text += inner.text
    }

    /// A list of mappings; nothing for none.
    mutating func entries<Item>(_ key: String, _ items: [Item], _ body: (Item, inout YAMLText) -> Void) {
        guard !items.isEmpty else { return }
        text += "\(indent)\(name(key)):\n"
        for item in items {
            var inner = YAMLText(text: "", indent: indent + "    ")
            body(item, &inner)
            text += indent + "  - " + inner.text.dropFirst(indent.count + 4)
        }
    }

    private func name(_ key: String) -> String {
        let plain = key.utf8.allSatisfy { ($0 >= 97 && $0 <= 122) || ($0 >= 48 && $0 <= 57) || $0 == 45 || $0 == 95 }
        return plain && !key.isEmpty ? key : quoted(key)
    }

    private func quoted(_ value: String) -> String {
        var out = "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\t": out += "\\t"
            case "\r": out += "\\r"
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out + "\""
    }
}
