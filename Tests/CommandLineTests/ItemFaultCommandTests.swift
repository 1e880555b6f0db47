import BuiltInStudy
import FileSupport
import Foundation
import TestSupport
import Testing

extension ProgramTests {
    @Suite("Known faults in evaluate and in a study") struct ItemFaultCommandTests {
        private let place: Workshop
        private let faults: String
        private let pairs = BuiltInStudy.path("planted/pairs.csv")

        /// Faults of the first pair about gender, and of the second and third.
        init() throws {
            place = try Workshop()
            let table = try CSVTable.read(pairs)
            let columns = try ["sent_more", "sent_less"].map { try table.column($0) }
            let ids = table.records.prefix(3).map { record in
                SHA256Hex.of(columns.map { record.fields[$0] }.joined(separator: "\n")).prefix(16)
            }
            faults = try place.file(
                "faults.csv",
                "benchmark,item,fault\ncrows-pairs,\(ids[0]),odd\ncrows-pairs,\(ids[1]),vague\ncrows-pairs,\(ids[2]),vague\n"
            )
        }

        @Test(
            "evaluate says which items with a known fault it scored, and which it left out; unknown names are refused")
        func evaluate() throws {
            let arguments = ["evaluate", "--model", "built-in", "--crows-pairs", pairs, "--faults", faults, "--quiet"]
            func found(_ more: [String]) throws -> (text: String, json: JSON) {
                let (text, json) = (try Program.run(arguments + more), try Program.run(arguments + more + ["--json"]))
                #expect(text.code == 0 && json.code == 0, "\(text.complaint)")
                let benchmarks = try JSON.parse(Array(json.output.utf8), place: "evaluate")["benchmarks"]
                guard case .array(let parts) = benchmarks else { throw CocoaError(.fileReadCorruptFile) }
                return (text.output, try #require(parts.first))
            }
            let scored = try found([])
            #expect(scored.text.contains("note: scored items with a known fault: odd 1, vague 2\n"))
            #expect(scored.json["knownFaults"] == ["odd": 1, "vague": 2] && scored.json["skipped"] == 0)
            let left = try found(["--leave-out-faults", "vague"])
            #expect(left.text.contains("skipped 2: known fault vague\n"))
            #expect(left.text.contains("note: scored items with a known fault: odd 1\n"))
            #expect(left.json["knownFaults"] == ["odd": 1] && left.json["skippedByReason"] == ["known fault vague": 2])
            let count = scored.json["domains"]?["gender"]?["count"]
            guard case .integer(let whole) = count else { throw CocoaError(.fileReadCorruptFile) }
            #expect(left.json["domains"]?["gender"]?["count"] == .integer(whole - 2))
            #expect(try found(["--leave-out-faults", "all"]).json["skipped"] == 3)

            let all = place.path
            try expectRefused(
                arguments + ["--leave-out-faults", "vage"],
                ["--leave-out-faults", "did you mean 'vague'", "odd, vague, all"],
                untouched: all)
            // The list in data/ has no fault of these pairs.
            let own = try Program.run(["evaluate", "--model", "built-in", "--crows-pairs", pairs, "--quiet"])
            #expect(own.code == 0 && !own.output.contains("known fault"))
        }

        @Test("a study leaves items out by the name of their fault; the report counts them, and those that it scored")
        func study() throws {
            let run = place.path + "/run"
            let settings = [
                "optimizer.steps=2", "guard.check-every=2", "analyze.null-draws=2", "analyze.controls=100",
                "analyze.bootstrap=100", "analyze.scaling=[1]", "snapshots.contextual=false", "corpus=[]", "why=none",
                "evaluate.faults=\(faults)", "evaluate.leave-out-faults=[vague]",
            ]
            let arguments =
                ["demo", "--quiet", "--threads", "2", "--out", run] + settings.flatMap { ["--set", $0] }
            let ending = try Program.run(arguments)
            #expect(ending.code == 0 && ending.complaint.isEmpty, "\(ending.complaint)")
            let text = try Input.text(run + "/report.md")
            #expect(text.contains("Items that were not scored") && text.contains("known fault vague"))
            #expect(text.contains("Items that were scored and have a known fault"))
            let report = try JSON.parse(try Input.bytes(run + "/report.json"), place: run)
            #expect(report["left_out"] == ["known_fault_vague": 2] && report["known_faults"] == ["odd": 1])
            #expect(text.contains("item faults: "), "the list is one of the input files")
            // From run.h5 alone, without the list.
            try FileManager.default.removeItem(atPath: faults)
            let again = try Program.run(["analyze", run, "--quiet"])
            #expect(again.code == 0, "\(again.complaint)")
            let later = try JSON.parse(try Input.bytes(run + "/report.json"), place: run)
            #expect(later["left_out"] == report["left_out"] && later["known_faults"] == report["known_faults"])

            try expectRefused(
                [
                    "demo", "--quiet", "--out", place.path + "/other", "--set",
                    "evaluate.leave-out-faults=[blank-frist]",
                ],
                ["evaluate.leave-out-faults", "did you mean 'blank-first'"], untouched: place.path)
        }
    }
}
