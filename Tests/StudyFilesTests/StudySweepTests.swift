import BuiltInStudy
import FileSupport
import Foundation
import StudyFiles
import Testing

@Suite("Study files with a sweep")
struct StudySweepTests {
    private static let study = """
        model: m
        forget: {domain: gender, data: f.csv}
        evaluate: {crows-pairs: p.csv, perplexity: t.txt}
        sweep:
          objective.method: [npo, token-ascent]
          forget.data: [a.csv, sub/b.csv]
          strength: [1, 0.5]

        """

    private func sweep(_ text: String, varying: [String] = []) throws -> StudySweep {
        try StudySweep(text, file: "study.yaml", folder: "/x", varying: varying)
    }

    @Test("points are all combinations, the last axis fastest; strengths are no runs, paths begin at the study file")
    func product() throws {
        let sweep = try sweep(Self.study)
        #expect(
            sweep.points.map { $0.settings.map(\.value) } == [
                ["npo", "a.csv"], ["npo", "sub/b.csv"], ["token-ascent", "a.csv"], ["token-ascent", "sub/b.csv"],
            ])
        #expect(sweep.points.map(\.study.forget[0].data) == ["/x/a.csv", "/x/sub/b.csv", "/x/a.csv", "/x/sub/b.csv"])
        #expect(sweep.points.map(\.study.objective.method) == ["npo", "npo", "token-ascent", "token-ascent"])
        #expect(sweep.points.allSatisfy { $0.study.sweep.isEmpty && $0.study.analyze.scaling == [1, 0.5] })
        #expect(sweep.strengths == [0.5, 1])
        #expect(try self.sweep(try sweep.resolved()).points.map(\.settings.count) == [2, 2, 2, 2])
    }

    @Test("--vary adds an axis, or takes the place of one that the file has")
    func varying() throws {
        let sweep = try sweep(Self.study, varying: ["forget.data=/y/c.csv", "optimizer.steps=3,5", "strength=2"])
        #expect(
            sweep.points.map { $0.settings.map(\.value) } == [
                ["npo", "/y/c.csv", "3"], ["npo", "/y/c.csv", "5"], ["token-ascent", "/y/c.csv", "3"],
                ["token-ascent", "/y/c.csv", "5"],
            ])
        #expect(sweep.points.map(\.study.optimizer.steps) == [3, 5, 3, 5] && sweep.strengths == [2])
    }

    private static let variants = """
        model: m
        forget: {domain: gender, data: f.csv}
        evaluate: {crows-pairs: p.csv, perplexity: t.txt}
        retain: {data: r.txt}
        sweep:
          variant:
            gradient difference: {objective.method: token-ascent, retain.loss: nll}
            "RMU: 3": {objective: {method: rmu, layer: 3}, retain.weight: 0}
          optimizer.steps: [4, 8]

        """

    @Test("a variant is several keys under one name, and is written back as it was read")
    func variants() throws {
        let first = try sweep(Self.variants)
        for sweep in [first, try sweep(try first.resolved())] {
            #expect(
                sweep.points.map { $0.settings.map { "\($0.key)=\($0.value)" } } == [
                    ["variant=gradient difference", "optimizer.steps=4"],
                    ["variant=gradient difference", "optimizer.steps=8"],
                    ["variant=RMU: 3", "optimizer.steps=4"], ["variant=RMU: 3", "optimizer.steps=8"],
                ])
            let studies = sweep.points.map(\.study)
            #expect(studies.map(\.objective.method) == ["token-ascent", "token-ascent", "rmu", "rmu"])
            #expect(studies.map(\.retain?.loss) == ["nll", "nll", "kl", "kl"])
            #expect(studies.map(\.retain?.weight) == [1, 1, 0, 0] && studies.map(\.optimizer.steps) == [4, 8, 4, 8])
        }
        for (old, new, words) in [
            ("retain.weight: 0", "retain.wait: 0", "unknown key 'wait'"), ("layer: 3", "layers: 3", "'layers'"),
            ("{objective.method: token-ascent, retain.loss: nll}", "{}", "a variant that changes nothing"),
            ("{objective.method: token-ascent, retain.loss: nll}", "npo", "a mapping is wanted here"),
        ] {
            let error = #expect(throws: InputError.self) { try sweep(Self.variants.replacing(old, with: new)) }
            #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
        }
    }

    @Test(
        "what cannot be a sweep is refused with line and key",
        arguments: [
            (["optimizer.stepz=3"], "unknown key 'stepz'"), (["optimizer.steps=0,3"], "0 is too small"),
            (["optimizer.steps=3,3"], "stands twice"), (["optimizer.steps"], "'optimizer.steps' is no override"),
            (["optimizer.steps=[3,]4]"], "not valid YAML"), (["strength=x"], "'x' is no number"),
            (["why={a: 1}"], "one value is wanted here"), (["sweep=1,2"], "a mapping is wanted"),
            (["seeds=" + (1...26).map(String.init).joined(separator: ",")], "a sweep of more than 100 runs"),
        ])
    func refused(varying: [String], words: String) {
        let error = #expect(throws: InputError.self) { try sweep(Self.study, varying: varying) }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }

    @Test("the line of a value that is wrong is named; a study without an axis or a text for quality is none")
    func places() {
        let wrong = Self.study.replacing("token-ascent]", with: "token-ascend]")
        let error = #expect(throws: InputError.self) { try sweep(wrong) }
        #expect(error?.place == "study.yaml:5 (objective.method)")
        for (text, words) in [
            (Self.study.components(separatedBy: "sweep")[0], "the study varies nothing"),
            (Self.study.replacing(", perplexity: t.txt", with: ""), "no text to measure quality on"),
        ] {
            let error = #expect(throws: InputError.self) { try sweep(text) }
            #expect(error?.what == words)
        }
    }

    @Test("a run of a study with a sweep is refused, and runs once the sweep is left out")
    func asRun() throws {
        let error = #expect(throws: InputError.self) {
            try StudyFile.parse(Self.study, file: "study.yaml", folder: "/x")
        }
        #expect(error?.what == "the study asks for a sweep" && error?.place == "study.yaml:5 (sweep)")
        let study = try StudyFile.parse(Self.study, file: "study.yaml", folder: "/x", overrides: ["sweep={}"])
        #expect(study.sweep.isEmpty)
        #expect(try !study.resolved().contains("sweep"))
    }
}
