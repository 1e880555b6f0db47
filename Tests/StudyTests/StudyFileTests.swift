import FileSupport
import Foundation
import Study
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

/// A method that is registered by this test alone.
private struct Other: UnlearningObjective {
    static let name = "other"
    static let summary = "does nothing"
    static let options = [ObjectiveOption("beta", "a number", initial: 0.1, .above(0))]
    let formula = "0"

    init(_ options: ObjectiveOptions) {}

    func addLoss(of batch: ObjectiveBatch, to pass: GradientPass) -> Double { 0 }
}

@Suite("Study file") struct StudyFileTests {
    @Test("takes paths from its own folder and fills in defaults")
    func defaults() throws {
        let study = try parse(minimal)
        #expect(study.forget[0].data == "/studies/forget.csv")
        #expect(study.evaluate.crowsPairs == ["/studies/pairs.csv"])
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
                analyze: {doses: [-1, 0.5, 1], damage: {perplexity: +12.5%, kl: none}}
                """
        let study = try parse(text)
        #expect(try parse(study.resolved()) == study)
        let lines = try parse(text, ["evaluate.perplexity-lines=2-5"])
        #expect(lines.evaluate.perplexityLines == 2...5)
        #expect(try parse(lines.resolved()) == lines)
    }

    @Test(
        "refuses what it does not know, naming the nearest key",
        arguments: [
            ("optimizer: {learning-rat: 1}", "did you mean 'learning-rate'?"),
            ("optimiser: {}", "did you mean 'optimizer'?"),
            ("evaluate: {crows-pairs: p.csv, stereoset: s.json}", "StereoSet is not there yet"),
            ("why: {patchin: true}", "did you mean 'patching'?"),
            ("objective: {method: token-acsent}", "did you mean 'token-ascent'?"),
            ("objective: {method: npo}", "unknown method 'npo'"),
            ("objective: {beta: 1}", "unknown key 'beta'"),
            ("optimizer: {steps: 0}", "write at least 1"),
            ("optimizer: {steps: many}", "no whole number"),
            ("guard: {data: g.txt, perplexity: 10}", "write one like +10%"),
            ("domains: {target: gender, transfer: [gender]}", "two roles"),
            ("seeds: [1, 1]", "one twice"),
        ])
    func refusals(line: String, message: String) throws {
        let key = line.split(separator: ":")[0]
        let kept = minimal.split(separator: "\n").filter { !$0.hasPrefix(key + ":") }.joined(separator: "\n")
        let error = #expect(throws: InputError.self) { try parse(kept + "\n" + line) }
        #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
        #expect(error?.place.contains("study.yaml:") == true)
    }

    @Test(
        "a relative rise is a percentage above 0",
        arguments: [
            ("+10%", 0.1), ("+5%", 0.05), ("+7.5%", 0.075), ("-5%", nil), ("0%", nil), ("ten", nil), ("5%", nil),
            ("%", nil),
        ])
    func rises(text: String, rise: Double?) throws {
        func read() throws -> Double? {
            try parse(minimal + "\nguard: {data: g.txt, perplexity: \"\(text)\"}").guardRule?.limits.perplexityRise
        }
        guard let rise else {
            #expect(throws: InputError.self) { try read() }
            return
        }
        let found = try #require(try read())
        #expect(abs(found - rise) < 1e-12)
    }

    @Test("the method that is named is the one that unlearns; one that is not registered is refused")
    func method() throws {
        var study = try parse(minimal)
        #expect(try study.unlearnConfiguration().method == .tokenAscent)
        study.objective.method = "other"
        let error = #expect(throws: InputError.self) { try study.unlearnConfiguration() }
        #expect(error?.what == "unknown method 'other'")
        let registry = ObjectiveRegistry.standard.adding(Other.self)
        #expect(try study.unlearnConfiguration(registry).method.options.number("beta") == 0.1)
        study.objective.options = ["beta": "0.25"]
        let choice = try study.unlearnConfiguration(registry).method
        #expect(choice.name == "other" && choice.options.number("beta") == 0.25)
        #expect(study.resolved().contains("beta"))
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
        #expect(study.evaluate.crowsPairs == [here + "/a.csv", "/b.csv"])
        #expect(study.evaluate.perplexity == [URL(fileURLWithPath: here + "/../t.txt").standardizedFileURL.path])
        #expect(study.forget[0].data == "/studies/forget.csv")
        #expect(study.retain?.data == "/studies/r.txt")
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
}
