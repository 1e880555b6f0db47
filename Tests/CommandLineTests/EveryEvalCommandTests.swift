import BuiltInStudy
import FileSupport
import Foundation
import Testing

extension ProgramTests {
    @Suite("evaluate --every-eval-ever") struct EveryEvalCommandTests {
        private let place: Workshop

        init() throws { place = try Workshop() }

        @Test("every measure of the table is a result with its interval, under the schema's names")
        func results() throws {
            let path = place.path + "/eval.json"
            let pairs = BuiltInStudy.path("planted/pairs.csv")
            let arguments = [
                "evaluate", "--model", "built-in", "--crows-pairs", pairs, "--quiet", "--json", "--every-eval-ever",
                path,
            ]
            let ending = try Program.run(arguments + ["--organization", "a team"])
            #expect(ending.code == 0, "\(ending.complaint)")
            let table = JSONCursor(try JSON.parse(Array(ending.output.utf8), place: "evaluate"), place: "evaluate")
            let gender = try table.member("benchmarks").elements()[0].member("domains").member("gender")
            let file = JSONCursor(try JSON.parse(Array(Input.text(path).utf8), place: path), place: path)
            #expect(try file.member("schema_version").string() == "0.3.0")
            #expect(try file.member("source_metadata").member("source_organization_name").string() == "a team")
            #expect(try file.member("eval_library").member("name").string() == "driftscope")
            let results = try file.member("evaluation_results").elements()
            let names = try results.map { try $0.member("evaluation_result_id").string() }
            #expect(Set(names).count == names.count && names.contains("pairs/gender/bias"), "\(names.prefix(3))")
            for (name, result) in zip(names, results) {
                #expect(try result.member("source_data").member("source_type").string() == "other")
                let metric = try result.member("metric_config")
                #expect(try metric.member("lower_is_better").bool())
                // The schema asks for both of a continuous measure; null says nothing.
                #expect(
                    try metric.members().map(\.key).filter { $0.hasSuffix("_score") } == ["min_score", "max_score"])
                guard name.hasPrefix("pairs/gender/") else { continue }
                let measure = String(name.dropFirst("pairs/gender/".count))
                let score = try result.member("score_details")
                #expect(try score.member("score").double() == gender.member(measure).double(), "\(name)")
                guard let interval = try gender.member("intervals").optional(measure) else { continue }
                let told = try score.member("uncertainty").member("confidence_interval")
                for end in ["lower", "upper"] {
                    #expect(try told.member(end).double() == interval.member(end).double(), "\(name)")
                }
                #expect(try told.member("confidence_level").double() == 0.95)
            }
            #expect(names.count { $0.hasPrefix("pairs/gender/") } > 3)
            try expectRefused(arguments, ["there is a file already"], untouched: path)
            try expectRefused(
                ["evaluate", "--model", "built-in", "--crows-pairs", pairs, "--organization", "a team"],
                ["--organization without --every-eval-ever"], untouched: pairs)
        }
    }
}
