import FileSupport
import Foundation
import StudyFiles
import Testing
import StudyFiles

private let minimal = """
    model: built-in
    forget: {domain: gender, data: forget.csv, where: {label: hate, target: {member: wom}}}
    evaluate: {crows-pairs: pairs.csv}
    """

private func parse(_ text: String, _ overrides: [String] = []) throws -> StudyFile {
    try StudyFile.parse(text, file: "study.yaml", folder: "/studies", overrides: overrides)
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

    @Test(
        "refuses what it does not know, naming the nearest key",
        arguments: [
            ("optimizer: {learning-rat: 1}", "did you mean 'learning-rate'?"),
            ("optimiser: {}", "did you mean 'optimizer'?"),
            ("evaluate: {crows-pairs: p.csv, stereoset: s.json}", "StereoSet is not there yet"),
            ("why: {patchin: true}", "did you mean 'patching'?"),
            ("objective: {method: npo}", "'npo' is not there yet"),
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

    @Test("an override changes one value, before decoding")
    func overrides() throws {
        let study = try parse(minimal, ["optimizer.steps=7", "forget.harmful.column=spans", "seeds=[5]"])
        #expect(study.optimizer.steps == 7)
        #expect(study.forget[0].harmful == .column("spans"))
        #expect(study.seeds == [5])
        let guarded = minimal + "\nguard: {data: g.txt}"
        #expect(try parse(guarded).guardRule?.data == "/studies/g.txt")
        #expect(try parse(guarded, ["guard=none"]).guardRule == nil)
        #expect(throws: InputError.self) { try parse(minimal, ["optimizer.step=7"]) }
    }
}
