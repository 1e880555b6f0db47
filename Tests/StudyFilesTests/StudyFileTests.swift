import BuiltInStudy
import FileSupport
import Foundation
import LanguageModel
import StudyFiles
import TestSupport
import Testing
import Unlearn

private let minimal = """
    model: built-in
    forget: {domain: gender, data: forget.csv, where: {label: hate, target: {member: wom}}}
    evaluate: {crows-pairs: pairs.csv}
    """

private func parse(_ text: String, _ overrides: [String] = []) throws -> StudyFile {
    try StudyFile.parse(text, file: "study.yaml", folder: "/studies", overrides: overrides)
}

/// Ascent whose loss has a factor of its own.
private struct WeightedAscent: UnlearningObjective {
    static let name = "weighted-ascent"
    static let summary = "ascent with a factor"
    static let options = [ObjectiveOption("beta", "the factor", initial: 0.1, .number(0...10))]
    let formula = "beta * mean log p"
    private let beta: Double

    init(_ options: ObjectiveOptions) { beta = options.number("beta") }

    func addLoss(of batch: ObjectiveBatch, to pass: GradientPass) -> Double {
        pass.addLogLikelihood(
            batch.sentences.map { pass.scored($0, .harmful).weighted(Float(beta)) })
    }
}

@Suite("Study file") struct StudyFileTests {
    @Test("takes paths from its own folder and fills in defaults")
    func defaults() throws {
        let study = try parse(minimal)
        #expect(study.forget[0].data == "/studies/forget.csv")
        #expect(study.evaluate.benchmarks.flatMap(\.files) == ["/studies/pairs.csv"])
        #expect(study.optimizer.steps == 200)
        #expect(study.forget[0].conditions.map(\.reading) == ["equals", "member"])
        #expect(study.guardRule == nil)
    }

    @Test("written with every default, reads back as itself")
    func roundTrip() throws {
        let text =
            minimal + """

                retain: {data: "retain: odd \\"name\\".txt", lines: 3-9, loss: nll, weight: 0.5, batch: 4}
                guard: {data: guard.txt, perplexity: +7.5%, kl: none, check-every: 3}
                optimizer: {name: sgd, learning-rate: 0.125, clip: none}
                parameters: [embeddings, layers 0-2]
                analyze: {scaling: [-1, 0.5, 1], damage: {perplexity: +12.5%, kl: none}}
                """
        let study = try parse(text)
        #expect(try parse(study.resolved()) == study)
        let lines = try parse(text, ["evaluate.perplexity-lines=2-5"])
        #expect(lines.evaluate.perplexityLines == 2...5)
        #expect(try parse(lines.resolved()) == lines)
    }

    private static let several = """
        model: built-in
        domains: {target: [gender, religion], transfer: [race], control: age}
        forget:
          - {domain: gender, data: forget.csv, pairs: own.csv}
          - {domain: religion, data: forget.csv, where: {target: {part: faith}}, harmful: {lexicon: words.json}}
          - {domain: religion, data: more.csv}
        evaluate: {crows-pairs: pairs.csv}
        """

    @Test("several domains are forgotten at once, each by one set or more; written, they read back as they are")
    func severalTargets() throws {
        let study = try parse(Self.several)
        #expect(study.domains.targets == ["gender", "religion"] && study.domains.transfer == ["race"])
        #expect(study.domains.all == ["gender", "religion", "race", "age"])
        #expect(study.domains.forgotten == "gender and religion")
        #expect(study.forget.map(\.domain) == ["gender", "religion", "religion"])
        #expect(study.forget.map(\.data).last == "/studies/more.csv" && study.forget[0].pairs == "/studies/own.csv")
        #expect(try parse(study.resolved()) == study)
        let set = try parse(Self.several, ["forget.1.text=body", "forget.2.data=/other.csv"])
        #expect(set.forget.map(\.text) == ["text", "body", "text"] && set.forget[2].data == "/other.csv")
    }

    @Test("one domain is written as one name and one set, whether it was given so or in a list")
    func oneTarget() throws {
        let text = try parse(minimal).resolved()
        #expect(
            text.contains("\n  target: \"gender\"\n") && text.contains("\nforget:\n  domain: \"gender\"\n"), "\(text)")
        let listed = try parse(minimal, ["domains={target: [gender], transfer: [race, religion], control: [age]}"])
        #expect(try listed.resolved() == text)
    }

    @Test(
        "what several sets cannot be is refused",
        arguments: [
            ("domain: gender", "domain: race", "a forget set is about 'race', the targets are 'gender' and 'religion'"),
            ("[gender, religion]", "[gender, religion, height]", "no forget set is about the target 'height'"),
            ("[gender, religion]", "gender", "the domain 'religion' is not among the study's domains"),
            ("transfer: [race]", "transfer: [race, religion]", "a domain stands in two roles"),
            ("[gender, religion]", "[gender, gender]", "'gender' stands twice"),
            ("[gender, religion]", "[]", "no target"),
            (
                "{domain: religion, data: more.csv}", "{domain: gender, data: forget.csv, pairs: own.csv}",
                "stands twice"
            ),
            ("{domain: religion, data: more.csv}", "{data: more.csv}", "the key 'domain' is missing"),
        ])
    func severalRefused(old: String, new: String, words: String) {
        let error = #expect(throws: InputError.self) { try parse(Self.several.replacing(old, with: new)) }
        #expect(error?.what.contains(words) == true && error?.place.hasPrefix("study.yaml") == true, "\(error as Any)")
    }

    @Test("a study without a forget set is refused")
    func noSet() {
        let error = #expect(throws: InputError.self) { try parse(minimal, ["forget=[]"]) }
        #expect(error?.what == "no forget set")
    }

    @Test(
        "refuses what it does not know, naming the nearest key",
        arguments: [
            ("optimizer: {learning-rat: 1}", "did you mean 'learning-rate'?"),
            ("optimiser: {}", "did you mean 'optimizer'?"),
            ("evaluate: {crows-pairs: p.csv, stereo-sets: s.json}", "unknown key 'stereo-sets'"),
            ("evaluate: {crows-pairs: p.csv, blimp: b.jsonl}", "unknown key 'blimp'"),
            ("why: {patchin: true}", "did you mean 'patching'?"),
            ("objective: {method: nop}", "unknown value 'nop'"),
            ("optimizer: {steps: 0}", "write at least 1"),
            ("optimizer: {steps: 10000001}", "write at most 10,000,000"),
            ("optimizer: {batch: 65537}", "write at most 65,536"),
            ("analyze: {scaling: [\(String(repeating: "1, ", count: 1_000))1]}", "write at most 1,000"),
            ("evaluate: {pairs: 3}", "add one of crows-pairs, "),
            ("why: {ladder: true, ablations: true}", "the key 'ablations' stands twice"),
            ("optimizer: {steps: many}", "no whole number"),
            ("guard: {data: g.txt, perplexity: 10}", "write one like +10%"),
            ("guard: {data: g.txt, lms: 2}", "guard.lms without evaluate.stereoset"),
            ("guard: {data: g.txt, hatecheck: 2}", "guard.hatecheck without evaluate.hatecheck"),
            ("guard: {data: g.txt, custom: {toxicity: 1}}", "a budget for 'toxicity'"),
            ("guard: {data: g.txt, custom: {toxicity: 0}}", "is not above 0"),
            ("domains: {target: gender, transfer: [gender]}", "two roles"),
            ("seeds: [1, 1]", "(seeds[1]) - keep one"), ("analyze: {scaling: [0.5, 5e-1]}", "'0.5' stands twice"),
            ("corpus: [a.txt, ./a.txt]", "a.txt' stands twice"), ("seeds: []", "no seed"),
            ("optimizer: {steps: 012}", "begins with a zero"),
        ])
    func refusals(line: String, message: String) throws {
        let key = line.split(separator: ":")[0]
        let kept = minimal.split(separator: "\n").filter { !$0.hasPrefix(key + ":") }.joined(separator: "\n")
        let error = #expect(throws: InputError.self) { try parse(kept + "\n" + line) }
        #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
        #expect(error?.place.contains("study.yaml:") == true)
    }

    @Test("an override's paths begin where the command runs, those of the file at the file")
    func overriddenPaths() throws {
        let here = FileManager.default.currentDirectoryPath
        let study = try parse(
            minimal + "\nretain: {data: r.txt}",
            [
                "model=models/gpt2", "evaluate.crows-pairs=[a.csv, /b.csv]", "retain.lines=1-2",
                "evaluate.perplexity=../t.txt",
            ])
        #expect(study.model == here + "/models/gpt2")
        #expect(study.evaluate.benchmarks.flatMap(\.files) == [here + "/a.csv", "/b.csv"])
        #expect(study.evaluate.perplexity == [URL(fileURLWithPath: here + "/../t.txt").standardizedFileURL.path])
        #expect(study.forget[0].data == "/studies/forget.csv")
        #expect(study.retain?.data == "/studies/r.txt")
    }

    @Test("both sides of a base model and its adapter are paths; a plus sign alone is part of one")
    func adapterPaths() throws {
        let adapter = try temporaryFolder("adapter")
        defer { try? FileManager.default.removeItem(atPath: adapter) }
        let here = FileManager.default.currentDirectoryPath
        let plain = try parse(minimal, ["model=models/gpt2+x"]).model
        #expect(plain == here + "/models/gpt2+x")
        try AtomicFile.write("{}", to: adapter + "/adapter_config.json")
        #expect(try parse(minimal, ["model=models/a+b+" + adapter]).model == here + "/models/a+b+" + adapter)
        let builtIn = try parse(minimal, ["model=built-in+" + adapter]).model
        #expect(builtIn == BuiltInStudy.path("planted/model") + "+" + adapter)
    }

    @Test("an override changes one value, before decoding")
    func overrides() throws {
        let study = try parse(minimal, ["optimizer.steps=7", "forget.harmful.column=spans", "seeds=[5]"])
        #expect(study.optimizer.steps == 7)
        #expect(study.forget[0].harmful.selection == "column" && study.forget[0].harmful.value == "spans")
        #expect(study.seeds == [5])
        let guarded = minimal + "\nguard: {data: g.txt}"
        #expect(try parse(guarded).guardRule?.data == "/studies/g.txt")
        #expect(try parse(guarded, ["guard=none"]).guardRule == nil)
        #expect(throws: InputError.self) { try parse(minimal, ["optimizer.step=7"]) }
    }

    @Test("earlier spellings of keys are read, and the new ones written")
    func formerNames() throws {
        let old = try parse(
            minimal + "\nwhy: {ladder: false, reruns: false, replay: false}\nanalyze: {doses: [1]}")
        let new = try parse(
            minimal + "\nwhy: {ablations: false, retrainings: false, decomposition: false}\nanalyze: {scaling: [1]}")
        #expect(old == new && !old.why.ablations && !old.why.retrainings && !old.why.decomposition)
        #expect(old.analyze.scaling == [1])
        let text = try old.resolved()
        #expect(text.contains("  ablations: false\n") && !text.contains("ladder"))
        // An override in either spelling stands for both.
        let file = minimal + "\nwhy: {ladder: true}"
        #expect(try !parse(file, ["why.ablations=false"]).why.ablations)
        #expect(try !parse(file, ["why.ladder=false"]).why.ablations)
        #expect(try !parse(minimal + "\nwhy: {ablations: true}", ["why.ladder=false"]).why.ablations)
        #expect(try !parse(minimal, ["why={ladder: false}"]).why.ablations)
    }

    @Test("no label of a benchmark, a text with a control character and one that looks like a number read back")
    func oddValues() throws {
        let study = try parse(
            minimal,
            ["evaluate.labels={}", "forget.id=\"3e-5\"", #"forget.text="a\u0001 \\ 😀: #""#, "concepts=/no"])
        #expect(study.evaluate.labels.isEmpty && study.forget[0].text == "a\u{1} \\ 😀: #")
        #expect(try parse(study.resolved()) == study)
    }

    @Test(
        "what is written means the same to readers of YAML 1.1: every number, and every key and text that looks like one"
    )
    func yaml11() throws {
        let odd = ["no", "on", "Y", "012", "1:30", "~", "2024-01-01", "1e5", "null", "0x1F", ".5", "a: b", "=", "<<"]
        let labels = odd.map { "\"\($0)\": \"\($0)\"" }.joined(separator: ", ")
        let study = try parse(
            minimal,
            [
                "optimizer.learning-rate=1e-5", "analyze.scaling=[1e16, 2.5e-7, 3, 5e-324]",
                "evaluate.labels={\(labels), plain: text}",
            ])
        let text = try study.resolved()
        #expect(text.contains("  learning-rate: 1.0e-05\n"))
        #expect(text.contains("  scaling: [1.0e+16, 2.5e-07, 3.0, 5.0e-324]\n"))
        for value in odd { #expect(text.contains("    \"\(value)\": \"\(value)\"\n"), "\(value)") }
        #expect(text.contains("    plain: \"text\"\n"))
        #expect(try parse(text) == study)
        // No value without quotes is a text to one reader and something else to another.
        for line in text.split(separator: "\n") where !line.hasPrefix("    \"") {
            guard let value = line.split(separator: ": ", maxSplits: 1).dropFirst().first, value.first != "\"" else {
                continue
            }
            for word in value.trimmingCharacters(in: ["[", "]"]).split(separator: ", ") where word.first != "\"" {
                let isNumber = try Regex("[-+]?[0-9]+|[-+]?[0-9]+\\.[0-9]+(e[-+][0-9]+)?").wholeMatch(in: word) != nil
                let isWord = ["true", "false", "none", "{}"].contains(word)
                let isRise = try Regex("\\+[0-9.]+%").wholeMatch(in: word) != nil
                #expect(isNumber || isWord || isRise, "\(line)")
            }
        }
    }

    @Test("a program's own objectives and benchmarks are read, checked and written")
    func registry() throws {
        var registry = StudyRegistry.standard
        registry.objectives = registry.objectives.adding(WeightedAscent.self)
        registry.benchmarks = registry.benchmarks.adding(Toy.self)
        func parse(_ text: String, _ overrides: [String] = []) throws -> StudyFile {
            try StudyFile.parse(text, file: "s", folder: "/", overrides: overrides, registry: registry)
        }
        let study = try parse(
            minimal,
            ["objective={method: weighted-ascent, beta: 0.5}", "evaluate={toy: /s.toy, crows-pairs: [/a, /b]}"])
        #expect(study.objective.options == ["beta": .number(0.5)])
        #expect(study.evaluate.benchmarks.map(\.name) == ["toy", "crows-pairs"])
        #expect(study.evaluate.benchmarks.map(\.files) == [["/s.toy"], ["/a", "/b"]])
        #expect(try parse(study.resolved()) == study)
        #expect(try parse(minimal, ["objective.method=weighted-ascent"]).objective.options == ["beta": .number(0.1)])
        for (override, message) in [
            ("objective.beta=1", "token-ascent has no option 'beta'"),
            ("objective={method: weighted-ascent, beta: 11}", "give a number from 0.0 to 10.0"),
            ("evaluate={pairs: 3}", "add one of crows-pairs, "),
        ] {
            let error = #expect(throws: InputError.self) { try parse(minimal, [override]) }
            #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
        }
        let row = StudyFile.reference(registry: registry).split(separator: "\n").first {
            $0.contains("`objective.beta`")
        }
        #expect(row?.contains("of `weighted-ascent`: number, 0 to 10 | of `") == true, "\(row ?? "")")
    }
}
