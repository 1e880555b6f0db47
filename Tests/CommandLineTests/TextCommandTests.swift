import FileSupport
import Foundation
import TestSupport
import Testing

extension ProgramTests {
    @Suite("driftscope evaluate with texts") struct TextCommandTests {
        private let workshop: Workshop
        private let passages: String

        init() throws {
            workshop = try Workshop()
            passages = try workshop.file("passages.txt", "The queen met the king.\nThe maid is shy.\nmaid\n")
        }

        @Test("last words and perplexity with their conventions, in text, JSON and rows")
        func results() throws {
            let (items, lines) = (workshop.path + "/items.csv", ["--last-word", passages, "--text", passages])
            let arguments = ["evaluate", "--model", "built-in", "--quiet"] + lines
            let text = try Program.run(arguments + ["--window", "8", "--stride", "2", "--per-item", items])
            #expect(text.code == 0 && text.output.contains("(window 8, stride 2, begin token yes, "))
            #expect(text.output.contains("skipped 1: a passage of one word"))
            let rows = try CSVTable.read(items)
            #expect(rows.header == ["benchmark", "row", "domain", "gap", "tokens", "right", "tie"])
            #expect(rows.records.map { $0.fields[1] } == ["0", "1"])
            let logs = rows.records.compactMap { Double($0.fields[3]) }
            var values: [Double] = []
            for extra in [["--window", "8", "--stride", "2"], [], ["--without-begin"]] {
                let ending = try Program.run(arguments + extra + ["--json"])
                let result = JSONCursor(
                    try JSON.parse(Array(ending.output.utf8), place: "output"), place: "output")
                let found = try #require(try result.member("perplexity").elements().first)
                #expect(found.value["beginToken"] == .bool(extra != ["--without-begin"]))
                values.append(try found.member("value").double())
                let all = try #require(try result.member("lastWords").elements().first).member("all")
                #expect(all.value["count"] == .integer(2))
                guard extra != ["--without-begin"] else { continue }
                let wanted = exp(-(logs[0] + logs[1]) / 2)
                #expect(abs(try all.member("perplexity").double() / wanted - 1) < 1e-9)
            }
            #expect(Set(values).count == 3)
        }

        @Test("what has no text to work on, and windows that do not fit, are refused in one line")
        func refusals() throws {
            for (arguments, message) in [
                (["--last-word", passages, "--window", "8"], "--window without a text - driftscope evaluate"),
                (["--last-word", passages, "--stride", "8"], "--stride without a text"),
                (["--benchmark", "blimp=" + passages, "--without-begin"], "--without-begin without a text"),
                (["--text", passages, "--window", "8", "--stride", "8"], "a stride of 8 for a window that holds 7"),
                (["--text", passages, "--window", "0"], "a window of 0 tokens"),
                (["--text", passages, "--stride=-1"], "a stride of -1"),
                (["--benchmark", "blimp=" + passages], "passages.txt line 1"),
            ] {
                let ending = try Program.run(["evaluate", "--model", "built-in", "--quiet"] + arguments)
                #expect(ending.code == 2 && ending.complaints.count == 1, "\(ending.complaint)")
                #expect(ending.complaint.contains(message), "\(ending.complaint)")
            }
        }
    }
}
