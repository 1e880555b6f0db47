import BuiltInStudy
import FileSupport
import Foundation
import Testing

extension ProgramTests {
    @Suite("What is written, and what is said of the input") struct OutputTests {
        private let workshop: Workshop

        init() throws { workshop = try Workshop() }

        private func run(_ arguments: [String]) throws -> String {
            let ending = try Program.run(arguments + ["--quiet"])
            #expect(ending.code == 0, "\(ending.complaint)")
            return ending.output
        }

        private func pairs(_ rows: String) throws -> String {
            try workshop.file("pairs.csv", ",sent_more,sent_less,stereo_antistereo,bias_type\n" + rows)
        }

        @Test("no command overwrites a file without --force")
        func force() throws {
            let pairs = try pairs("0,The king is here.,The queen is here.,stereo,gender\n")
            let store = workshop.path + "/store"
            _ = try run(["snapshot", "--model", "built-in", "--into", store])
            let mine = try workshop.file("mine", "mine")
            _ = try workshop.file("vectors.npy.tokens.json", "mine")
            let evaluate = ["evaluate", "--model", "built-in", "--crows-pairs", pairs]
            let export = ["export", store, "--snapshot", "before", "--format"]
            let scaffold = ["init", "--model", "built-in", "--data", BuiltInStudy.path("planted"), "--out", mine]
            let commands = [
                evaluate + ["--per-item", mine], evaluate + ["--per-token", mine], scaffold,
                export + ["word2vec", "--out", mine], ["pack", store, "--out", mine],
            ]
            for command in commands {
                try expectRefused(
                    command + ["--quiet"], ["there is a file already", mine, "--force"], untouched: workshop.path)
            }
            try expectRefused(
                export + ["npy", "--out", workshop.path + "/vectors.npy"], ["vectors.npy.tokens.json", "--force"],
                untouched: workshop.path)
            for command in [
                export + ["tensorboard"], ["grammar"], ["train", "--text", BuiltInStudy.path("planted/guard.txt")],
            ] {
                try expectRefused(
                    command + ["--out", store], ["the folder is not empty", store, "--force"], untouched: store)
                try expectRefused(
                    command + ["--out", mine, "--force"], ["a file where a folder is to be written"], untouched: mine)
            }
            try expectRefused(
                evaluate + ["--per-item", workshop.path + "/x", "--per-token", workshop.path + "/x"],
                ["two outputs are one file"],
                untouched: workshop.path)
            for command in commands {
                _ = try workshop.file("mine", "mine")
                _ = try run(command + ["--force"])
                #expect(try Input.bytes(mine) != Array("mine".utf8), "\(command)")
            }
        }

        @Test("a snapshot's run becomes one file that verifies, and its words are told when they repeat")
        func pack() throws {
            let store = workshop.path + "/store"
            _ = try run(["snapshot", "--model", "built-in", "--into", store])
            #expect(try run(["pack", store]).hasPrefix("wrote \(store)/run.h5, all numbers in one file"))
            #expect(try FileManager.default.contentsOfDirectory(atPath: store) == ["run.h5"])
            let moved = workshop.path + "/moved.h5"
            try FileManager.default.moveItem(atPath: store + "/run.h5", toPath: moved)
            #expect(try run(["inspect", moved, "--verify"]).contains("all hold"))
            try expectRefused(["pack", moved], ["one file already", moved], untouched: moved)
            let words = try workshop.file("words.txt", "\u{FEFF}kings\nsons\nkings\n")
            let line = try run([
                "export", moved, "--snapshot", "before", "--format", "glove", "--words", words, "--out",
                workshop.path + "/w.txt",
            ])
            #expect(line.contains("wrote 2 vectors") && line.hasSuffix("left out: 1\n"), "\(line)")
        }

        @Test("no cell of the items is a formula, and numbers stay numbers")
        func formulas() throws {
            let pairs = try workshop.file(
                "=x.csv",
                ",sent_more,sent_less,stereo_antistereo,bias_type\n0,The king is here.,The queen is here.,stereo,@SUM(1)\n"
                    + "1,The queen is here.,The king is here.,stereo,-7\n")
            let items = workshop.path + "/items.csv"
            _ = try run(["evaluate", "--model", "built-in", "--crows-pairs", pairs, "--per-item", items])
            let table = try CSVTable.read(items)
            let gap = try table.column("gap")
            #expect(table.records.map { $0.fields[0] } == ["'=x", "'=x"])
            #expect(table.records.map { $0.fields[2] } == ["'@SUM(1)", "-7"])
            let gaps = table.records.compactMap { Double($0.fields[gap]) }
            #expect(gaps.count == 2 && gaps.contains { $0 < 0 })
        }

        @Test("a measure that is no number is null in JSON, with the word beside it")
        func notFinite() throws {
            let pairs = try pairs("0,The king is here.,The queen is here.,stereo,gender\n")
            let output = try run(["evaluate", "--model", "built-in", "--crows-pairs", pairs, "--json"])
            let root = try JSON.parse(Array(output.utf8), place: "output")
            guard case .array(let benchmarks)? = root["benchmarks"], let all = benchmarks.first?["all"] else {
                Issue.record("\(output)")
                return
            }
            #expect(all["antiStereotypeScore"] == .null && all["antiStereotypeScore_not_finite"] == "NaN")
            #expect(all["stereotypeScore"] != .null && all["stereotypeScore_not_finite"] == nil)
        }

        @Test("what was joined and repeated is said by evaluate, inspect and run")
        func notes() throws {
            let row = "The king is here.,The queen is here.,"
            let pairs = try pairs("0,\(row)0,Gender\n1,\(row)1,GENDER \n2,The man sat.,The boy sat.,0,gender\n")
            let notes = [
                "bias_type: `Gender`, `GENDER `, `gender` are one label",
                "stereo_antistereo: 0 is read as stereo, 1 as antistereo",
                "pairs that repeat an earlier one, each counted: 1",
            ]
            let evaluated = try run(["evaluate", "--model", "built-in", "--crows-pairs", pairs])
            let inspected = try run(["inspect", pairs])
            let forecast = try Program.run([
                "forecast", "--study", "built-in", "--set", "evaluate.crows-pairs=\(pairs)", "--set",
                "optimizer.steps=2",
            ])
            #expect(forecast.code == 0, "\(forecast.complaint)")
            for note in notes {
                #expect(evaluated.contains("note: \(note)\n"), "\(evaluated)")
                #expect(inspected.contains("note") && inspected.contains(note), "\(inspected)")
                #expect(forecast.complaints.count { $0 == "note: pairs: \(note)" } == 1, "\(forecast.complaint)")
            }
        }

        @Test(
            "a text in UTF-16 is named as such, wherever it is an input",
            arguments: [
                "forget.0.data", "retain.data", "guard.data", "evaluate.perplexity", "evaluate.crows-pairs", "corpus",
                "forget.0.harmful.lexicon",
            ])
        func wideText(key: String) throws {
            let text = "id,text,label,type,target,sent_more,sent_less,stereo_antistereo,bias_type\n"
            let bytes = try #require(text.data(using: .utf16LittleEndian))
            let out = workshop.path + "/run"
            for mark: [UInt8] in [[], [0xFF, 0xFE]] {
                let path = try workshop.file("wide.csv", bytes: mark + [UInt8](bytes))
                try expectRefused(
                    ["demo", "--quiet", "--out", out, "--set", "\(key)=\(path)"], ["a text in UTF-16", path],
                    untouched: out)
            }
        }

        @Test("a table with semicolons and a study in UTF-16 are named as such")
        func otherTables() throws {
            let table = try Input.text(BuiltInStudy.path("planted/forget.csv")).replacing(",", with: ";")
            let path = try workshop.file("semicolons.csv", table)
            let out = workshop.path + "/run"
            try expectRefused(
                ["demo", "--quiet", "--out", out, "--set", "forget.0.data=\(path)"],
                ["columns separated by semicolons", path, "save it with commas"], untouched: out)
            let study = try #require(try Input.text(BuiltInStudy.path("planted/study.yaml")).data(using: .utf16))
            let file = try workshop.file("study.yaml", bytes: [UInt8](study))
            try expectRefused(["run", file, "--out", out], ["a text in UTF-16", file], untouched: out)
        }
    }
}
