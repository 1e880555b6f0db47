import FileSupport
import Foundation
import StudyFiles
import Testing

@Suite("Study files in stages")
struct StudyStagesTests {
    private static let study = """
        model: m
        domains: {target: gender, transfer: [race, religion], control: age}
        optimizer: {steps: 8, batch: 4}
        evaluate: {crows-pairs: p.csv}
        stages:
          - forget: {domain: gender, data: a.csv}
          - forget: {domain: race, data: sub/b.csv}
            optimizer: {steps: 3}
            guard: {data: g.txt}
          - forget: {domain: age, data: c.csv}

        """

    private func stages(_ text: String, overrides: [String] = []) throws -> StudyStages? {
        try StudyStages(text, file: "study.yaml", folder: "/x", overrides: overrides)
    }

    @Test("a stage's keys go over those of the study, section by section; its domain is the target")
    func merged() throws {
        let studies = try #require(try stages(Self.study, overrides: ["optimizer.batch=5"])).studies
        #expect(studies.map(\.forget[0].data) == ["/x/a.csv", "/x/sub/b.csv", "/x/c.csv"])
        #expect(studies.map(\.optimizer.steps) == [8, 3, 8] && studies.map(\.optimizer.batch) == [5, 5, 5])
        #expect(studies.map { $0.guardRule?.data } == [nil, "/x/g.txt", nil])
        #expect(
            studies.map(\.domains.all) == [
                ["gender", "race", "religion", "age"], ["race", "gender", "religion", "age"],
                ["age", "gender", "race", "religion"],
            ])
        #expect(studies.map(\.domains.control) == [["age"], ["age"], []])
    }

    @Test("a stage may forget several domains at once; what was a target before becomes a domain of transfer")
    func several() throws {
        let text = Self.study.replacing(
            "forget: {domain: race, data: sub/b.csv}",
            with: "forget: [{domain: race, data: sub/b.csv}, {domain: religion, data: d.csv}]")
        let studies = try #require(try stages(text)).studies
        #expect(studies.map(\.domains.targets) == [["gender"], ["race", "religion"], ["age"]])
        #expect(
            studies.map(\.domains.transfer) == [["race", "religion"], ["gender"], ["gender", "race", "religion"]])
        #expect(studies[1].forget.map(\.data) == ["/x/sub/b.csv", "/x/d.csv"] && studies[1].optimizer.steps == 3)
        let twice = text.replacing("domain: age, data", with: "domain: religion, data")
        let error = #expect(throws: InputError.self) { try stages(twice) }
        #expect(error?.what == "the domain 'religion' is forgotten twice", "\(error as Any)")
        #expect(error?.place.contains("stages[2]") == true)
    }

    @Test("without stages there are none, and other commands refuse a study that has them")
    func others() throws {
        let (plain, list) = try #require(Self.study.firstRange(of: "stages:")).split(Self.study)
        #expect(try stages(plain + "forget: {domain: gender, data: a.csv}\n") == nil)
        let error = #expect(throws: InputError.self) {
            try StudyFile.parse(
                plain + "forget: {domain: gender, data: a.csv}\n" + list, file: "study.yaml", folder: "/x")
        }
        #expect(error?.what == "the study forgets in stages" && error?.place == "study.yaml:7 (stages)")
    }

    @Test(
        "what cannot be a stage is refused with its place",
        arguments: [
            ("domain: race", "domain: gender", "the domain 'gender' is forgotten twice", "study.yaml:7 (stages[1])"),
            ("domain: race", "domain: faith", "the domain 'faith' is not among", "forget"),
            ("guard:", "evaluate:", "unknown key 'evaluate'", "study.yaml:9 (stages[1].evaluate)"),
            ("steps: 3", "steps: 0", "0 is too small", "study.yaml:8 (optimizer.steps)"),
            ("forget: {domain: age, data: c.csv}", "guard: none", "the key 'forget' is missing", "(stages[2])"),
        ])
    func refused(old: String, new: String, words: String, place: String) {
        let error = #expect(throws: InputError.self) { try stages(Self.study.replacing(old, with: new)) }
        #expect(error?.what.contains(words) == true && error?.place.contains(place) == true, "\(error as Any)")
    }

    @Test("one stage is a run")
    func single() {
        let text = Self.study.components(separatedBy: "  - forget: {domain: race")[0]
        let error = #expect(throws: InputError.self) { try stages(text) }
        #expect(error?.what == "1 stages" && error?.place == "study.yaml:6 (stages)")
    }
}

extension Range<String.Index> {
    /// What lies before the range, and the rest.
    fileprivate func split(_ text: String) -> (String, String) {
        (String(text[..<lowerBound]), String(text[lowerBound...]))
    }
}
