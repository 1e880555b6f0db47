import BuiltInStudy
import FileSupport
import Foundation
import Testing

extension ProgramTests {
    @Suite("Names with odd characters") struct OddNameTests {
        private let workshop: Workshop
        private let out: String

        init() throws {
            workshop = try Workshop()
            out = workshop.path + "/run"
        }

        /// The built-in study with another name for the domain age, and another column title in its pairs.
        private func study(domain: String, column: String) throws -> [String] {
            let concepts = workshop.path + "/concepts"
            try FileManager.default.copyItem(atPath: BuiltInStudy.path("planted/concepts"), toPath: concepts)
            let age = concepts + "/age.json"
            let quoted = JSON.string(domain).compact
            let lexicon = try Input.text(age)
            try #require(lexicon.contains("\"domain\": \"age\""))
            try AtomicFile.write(
                lexicon.replacing("\"domain\": \"age\"", with: "\"domain\": \(quoted)"), to: age)
            let pairs = try Input.text(BuiltInStudy.path("planted/pairs.csv"))
            let title = "\"" + column.replacing("\"", with: "\"\"") + "\""
            let table = try workshop.file("my pairs.csv", pairs.replacing(",attribute,", with: ",\(title),"))
            return [
                "concepts=\(concepts)", "evaluate.crows-pairs=[\(table)]", "domains.control=[\(quoted)]",
                "forget.0.exclude-domains=[race, religion, \(quoted)]", "forget.0.codes.age=\(quoted)",
                "evaluate.labels={age: \(quoted)}",
            ]
        }

        @Test("a column, a domain and a file: the run ends, and reads back under the same names")
        func encoded() throws {
            let settings = try study(domain: "a/b..%2F é", column: "he/she: 100%")
            let ending = try Program.run(SmallRun.arguments(out, settings))
            try #require(ending.code == 0, "\(ending.complaint)")
            for command in [["inspect", out, "--verify"], ["analyze", out, "--quiet"]] {
                let ending = try Program.run(command)
                #expect(ending.code == 0, "\(ending.complaint)")
                #expect(ending.output.contains("a/b..%2F é"), "\(ending.output)")
            }
            let report = try Input.text(out + "/report.json")
            #expect(report.contains("he/she: 100%") && report.contains("my pairs"))
        }

        @Test(
            "what cannot be a name is refused before anything is written",
            arguments: ["a\u{1}b", "a\nb", "a\u{1B}[31m", "", String(repeating: "long", count: 60)])
        func domains(name: String) throws {
            let settings = try study(domain: name, column: "attribute")
            try expectRefused(SmallRun.arguments(out, settings), ["name", "domains"], untouched: out)
        }

        @Test(
            "a title of a column that cannot be a name", arguments: ["a\u{7}b", String(repeating: "long", count: 60)])
        func columns(title: String) throws {
            let settings = try study(domain: "old", column: title)
            try expectRefused(
                SmallRun.arguments(out, settings), ["a column has a name", "my pairs.csv"], untouched: out)
        }

        @Test("a NUL in a text of the study, and a label that is no name")
        func study() throws {
            try expectRefused(
                SmallRun.arguments(out, [#"model="built-in\0x""#]), ["a text with a NUL", "model"], untouched: out)
            for arguments in [["--label", "a\tb"], ["--label", ""], ["--step=-1"], ["--step", String(Int.max)]] {
                try expectRefused(
                    ["snapshot", "--model", "built-in", "--into", out] + arguments, [], untouched: out)
            }
        }

        @Test("a word, a group and a forgotten text with NUL", arguments: ["words", "name", "text"])
        func texts(key: String) throws {
            let text: String
            if key == "text" {
                text = try workshop.file(
                    "forget.jsonl", #"{"id": "1", "text": "Many kings\u0000 look", "label": "hate", "target": "gen"}"#)
                try expectRefused(
                    SmallRun.arguments(out, ["forget.0.data=\(text)"]), ["NUL", "line 1"], untouched: out)
                return
            }
            let settings = try study(domain: "old", column: "attribute")
            let lexicon = workshop.path + "/concepts/age.json"
            let group =
                key == "name" ? #"{"name": "a\u0000b", "words": ["aged"]}"# : #"{"name": "g", "words": ["a\u0000b"]}"#
            try AtomicFile.write(
                #"{"format": "driftscope-lexicon", "version": 1, "domain": "old", "groups": [\#(group)]}"#, to: lexicon)
            try expectRefused(SmallRun.arguments(out, settings), ["a name with a control", "age.json"], untouched: out)
        }
    }
}
