import Evaluate
import FileSupport
import Foundation
import Records
import Report
import Study
import TestSupport
import Testing

/// Against the files that lm-evaluation-harness itself writes; `make_export_reference.py` beside them tells how.
@Suite("CrowS-Pairs' results as lm-evaluation-harness writes them") struct HarnessExportTests {
    private let fixture: String
    private let out: String

    init() throws {
        let found = Bundle.module.url(forResource: "crows-parity", withExtension: nil, subdirectory: "Fixtures")
        fixture = try #require(found).path
        out = try temporaryFolder("harness") + "/results"
    }

    private func evaluate(
        _ benchmarks: [(key: String, file: String)], profile: ScoringProfile = .lmEval, replacing: Bool = false
    ) throws {
        _ = try ModelEvaluation.run(
            model: fixture + "/model", benchmarks: benchmarks, texts: [], profile: profile, byLine: false,
            perItem: nil, perToken: nil, harness: out, replacing: replacing, progress: .silent)
    }

    /// The numbers of a value that is one, or that a text holds, in order of their places; and all else beside them.
    private func parts(_ value: JSON) -> (rest: JSON, numbers: [Double]) {
        switch value {
        case .number, .integer: return (.null, [value.asNumber ?? .nan])
        case .string(let text) where Double(text) != nil: return ("number", [Double(text) ?? .nan])
        case .array(let elements):
            let found = elements.map(parts)
            return (.array(found.map(\.rest)), found.flatMap(\.numbers))
        case .object(let members):
            let found = members.map { ($0.0, parts($0.1)) }
            return (.object(found.map { ($0.0, $0.1.rest) }), found.flatMap(\.1.numbers))
        default: return (value, [])
        }
    }

    private func compareValues(_ found: JSON, _ expected: JSON, _ name: String) {
        let (found, expected) = (parts(found), parts(expected))
        #expect(found.rest == expected.rest, "\(name): \(found.rest.compact) \(expected.rest.compact)")
        let close = compare(found.numbers, expected.numbers, absolute: 1e-4, relative: 1e-6, name: name)
        #expect(close.isClose, "\(close)")
    }

    @Test("every field of a sample, and every number of the results, hashes included")
    func parity() throws {
        try evaluate([(CrowSPairs.key, fixture + "/harness-pairs.csv")])
        let names = try FileManager.default.contentsOfDirectory(atPath: out).sorted()
        #expect(names.count == 2 && names[0].hasPrefix("results_2") && names[1].hasPrefix("samples_harness_pairs_2"))
        #expect(names[0].dropFirst(8).dropLast(5) == names[1].dropFirst(22).dropLast(6))
        let found = try JSONLines.read(out + "/" + names[1]).map(\.value.value)
        let expected = try JSONLines.read(fixture + "/harness-samples.jsonl").map(\.value.value)
        #expect(found.count == 8 && expected.count == 8)
        for (row, (found, expected)) in zip(found, expected).enumerated() {
            compareValues(found, expected, "sample \(row)")
        }
        let results = try JSON.read(out + "/" + names[0])
        let wanted = try JSONCursor.read(fixture + "/harness-results.json").members()
        #expect(wanted.count == 13)
        for (key, value) in wanted where !key.hasPrefix("model_name") && key != "lm_eval_version" {
            compareValues(try #require(results[key]), value.value, key)
        }
        #expect(results["lm_eval_version"] == nil && results["driftscope_version"] != nil)
        // The harness's own rule: what no file name takes, a run of it at a time.
        let sanitized = results["model_name_sanitized"]
        #expect(sanitized == .string((fixture + "/model").replacing("/", with: "__")))
    }

    @Test(
        "another profile, other benchmarks, none at all and a folder that is not empty are refused, before anything is written"
    )
    func refused() throws {
        let pairs = (key: CrowSPairs.key, file: fixture + "/pairs.csv")
        for (benchmarks, profile, message) in [
            ([pairs], .driftscope, "--lm-eval under the profile driftscope"),
            ([pairs, (BLiMP.key, fixture + "/../ability/blimp.jsonl")], .lmEval, "--lm-eval writes no blimp"),
        ] as [([(key: String, file: String)], ScoringProfile, String)] {
            let error = #expect(throws: InputError.self) { try evaluate(benchmarks, profile: profile) }
            #expect(error?.description.contains(message) == true, "\(String(describing: error))")
        }
        let error = #expect(throws: InputError.self) {
            try ModelEvaluation.run(
                model: fixture + "/model", benchmarks: [], texts: [fixture + "/pairs.csv"], profile: .lmEval,
                byLine: false, perItem: nil, perToken: nil, harness: out, progress: .silent)
        }
        #expect(error?.description.contains("--lm-eval without pairs") == true)
        #expect(!FileManager.default.fileExists(atPath: out))
        try evaluate([pairs])
        let second = #expect(throws: InputError.self) { try evaluate([pairs]) }
        #expect(second?.description.contains("the folder is not empty") == true)
    }
}
