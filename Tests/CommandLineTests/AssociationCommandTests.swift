import FileSupport
import Testing

extension ProgramTests {
    @Suite("Tests of association from the command line") struct AssociationCommandTests {
        private let workshop: Workshop

        init() throws { workshop = try Workshop() }

        private func file(_ name: String, _ texts: [[String]]) throws -> String {
            let sets = zip(["targ1", "targ2", "attr1", "attr2"], texts).map { key, examples -> (String, JSON) in
                let category = "\(key) of \(name)"
                return (key, ["category": .string(category), "examples": .array(examples.map { .string($0) })])
            }
            return try workshop.file(name + ".jsonl", JSON.object(sets).pretty)
        }

        @Test("every space has its effect size, p and partitions; every target its row; what has no vector is named")
        func output() throws {
            let words = try file("words", [["king", "boy"], ["queen", "girl", "zzyzx"], ["brash"], ["shy", "calm"]])
            let sentences = try file("said", [["A king.", "A boy."], ["A girl.", "A queen."], ["brash"], ["shy"]])
            let items = workshop.path + "/items.csv"
            let arguments = ["evaluate", "--model", "built-in", "--weat", words, "--weat", sentences, "--quiet"]
            let ending = try Program.run(arguments + ["--per-item", items])
            #expect(ending.code == 0, "\(ending.complaint)")
            let lines = ending.output.split(separator: "\n")
            #expect(
                lines.first == "words: targ1 of words against targ2 of words, attr1 of words against attr2 of words")
            #expect(lines.contains { $0.hasPrefix("contextual, layer 2  ") && $0.hasSuffix("10 (all)") })
            #expect(lines.contains { $0.hasPrefix("left out of input embeddings: ") && $0.contains("zzyzx") })
            #expect(lines.contains { $0.hasPrefix("mean |d| of sentence vectors over 2 tests: ") })
            let table = try CSVTable.read(items)
            let space = try table.column("space")
            #expect(table.records.count { $0.fields[space] == "sentence vectors" } == 9)
            #expect(table.records.allSatisfy { Double($0.fields[3]) != nil })

            let machine = try Program.run(arguments + ["--json"])
            let root = JSONCursor(try JSON.parse(Array(machine.output.utf8), place: "output"), place: "output")
            let tests = try root.member("associations").member("tests").elements()
            let last = try #require(tests.last)
            #expect(try last.member("space").string() == "sentence vectors" && last.member("partitions").int() == 6)
            guard case .number(let effect) = try last.member("effectSize").value else {
                Issue.record("no effect size: \(machine.output)")
                return
            }
            #expect(abs(effect) < 2 && effect != 0)
        }

        @Test("a file that is none is refused in one line")
        func refused() throws {
            let file = try workshop.file("bad.jsonl", #"{"targ1": {"category": "X", "examples": ["a"]}}"#)
            let ending = try Program.run(["evaluate", "--model", "built-in", "--weat", file, "--quiet"])
            #expect(ending.code == 2 && ending.complaints.count == 1)
            #expect(ending.complaint.contains("bad.jsonl") && ending.complaint.contains("targ1.examples: 1 texts"))
        }
    }
}
