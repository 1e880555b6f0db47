import BuiltInStudy
import FileSupport
import Foundation
import Testing

extension ProgramTests {
    @Suite("Ends of the pipe") struct PipeTests {
        private let workshop: Workshop
        private let guardText = BuiltInStudy.path("planted/guard.txt")

        init() throws { workshop = try Workshop() }

        // MARK: What is printed

        @Test("closed standard error loses what is said there, and nothing else")
        func closedError() throws {
            let out = workshop.path + "/texts"
            let done = try Program.run(["grammar", "--out", out], script: #"exec "$0" "$@" 2>&-"#)
            #expect(done.code == 0 && done.output.hasPrefix("wrote text.txt"))
            let refused = try Program.run(["inspect", "/no/such"], script: #"exec "$0" "$@" 2>&-"#)
            #expect(refused.code == 2 && refused.output.isEmpty)
            let progress = try Program.run(
                ["evaluate", "--model", "built-in", "--text", guardText], script: #"exec "$0" "$@" 2>&-"#)
            #expect(progress.code == 0 && progress.output.contains("perplexity of guard.txt"))
        }

        @Test(
            "output that cannot be written is code 3 and one line",
            arguments: [["schema"], ["glossary"], ["--help"], ["inspect", "--machine", "--json"]])
        func fullDevice(arguments: [String]) throws {
            // Closed, there is no such stream; /dev/full is always full.
            let places = FileManager.default.fileExists(atPath: "/dev/full") ? [">/dev/full", ">&-"] : [">&-"]
            for place in places {
                let ending = try Program.run(arguments, script: "exec \"$0\" \"$@\" \(place)")
                #expect(ending.code == 3, "\(place)")
                #expect(ending.complaints.count == 1, "\(ending.complaint)")
                #expect(ending.complaint.hasPrefix("driftscope: standard output could not be written: "))
            }
        }

        @Test("with standard output closed, no file gets what is printed")
        func closedOutput() throws {
            let out = workshop.path + "/texts"
            let ending = try Program.run(["grammar", "--out", out], script: #"exec "$0" "$@" <&- >&-"#)
            #expect(ending.code == 3)
            let text = try Input.text(out + "/text.txt")
            #expect(text == (try Input.text(BuiltInStudy.path("planted/text.txt"))))
        }

        @Test("a reader that goes away ends the output quietly, and the code is that of the work")
        func closedPipe() throws {
            // Larger than any pipe holds; the reader takes one line.
            let script = #"{ "$0" "$@"; echo "code $?" >&2; } | head -n 1"#
            for arguments in [["schema"], ["schema", "--json"]] {
                let ending = try Program.run(arguments, script: script)
                #expect(ending.output == "{\n" && ending.complaint == "code 0\n", "\(ending.complaint)")
            }
            let gone = #"{ sleep 0.3; "$0" "$@"; echo "code $?" >&2; } | true"#
            #expect(try Program.run(["glossary"], script: gone).complaint == "code 0\n")
            let refused = try Program.run(["inspect", "/no/such"], script: gone)
            #expect(refused.complaints.last == "code 2")
        }

        @Test("no control character of an argument or a file reaches the terminal")
        func controlCharacters() throws {
            let label = "\u{1B}]0;title\u{7}\u{9B}2J\u{202E}x"
            let pairs = try workshop.file(
                "pairs.csv",
                ",sent_more,sent_less,stereo_antistereo,bias_type\n0,The king is.,The queen is.,stereo,\(label)\n")
            let evaluate = ["evaluate", "--quiet", "--model", "built-in", "--crows-pairs", pairs]
            for (arguments, code) in [
                (evaluate, 0), (evaluate + ["--json"], 0), (["inspect", pairs], 0), (["inspect", pairs, "--json"], 0),
                (["inspect", "/no/\(label)"], 2), (["run", "built-in", "--set", "\(label)=1"], 2),
                (["evaluate", "--model", label, "--text", label], 2), ([label], 2),
            ] as [([String], Int32)] {
                let ending = try Program.run(arguments)
                #expect(ending.code == code, "\(arguments) \(ending.complaint)")
                for text in [ending.output, ending.complaint] {
                    #expect(!text.unicodeScalars.contains(where: Self.acts), "\(arguments)")
                }
                #expect((ending.output + ending.complaint).contains("title"), "\(arguments)")
                if arguments.last == "--json" {
                    let json = try JSON.parse(Array(ending.output.utf8), place: "output").compact
                    #expect(json.unicodeScalars.contains("\u{9B}"))
                }
            }
        }

        private static func acts(_ scalar: Unicode.Scalar) -> Bool {
            scalar != "\n" && scalar.value < 0x20 || 0x7F...0x9F ~= scalar.value || scalar == "\u{202E}"
        }

        @Test("a value of megabytes is cut in a message")
        func longValues() throws {
            let long = String(repeating: "x", count: 4_000_000)
            let grammar = try workshop.file("grammar.json", #"{"format": 1, "\#(long)": 1, "\#(long)": 2}"#)
            try expectRefused(
                ["grammar", "--grammar", grammar, "--out", workshop.path + "/g"],
                ["stands twice in one object", "characters) …", grammar], untouched: workshop.path + "/g")
            let study = try workshop.file("study.yaml", "\(long): 1\n")
            try expectRefused(
                ["run", study, "--dry-run"], ["characters) …", study], untouched: workshop.path + "/g")
            #expect(try Program.run(["run", study, "--dry-run"]).complaint.utf8.count < 5000)
        }

        // MARK: What is read and written

        @Test("a pipe, a device and a folder in the place of any input file are refused by name")
        func noPlainFile() throws {
            let pipe = workshop.path + "/pipe"
            try #require(mkfifo(pipe, 0o600) == 0)
            let out = workshop.path + "/out"
            let keys = [
                "forget.0.data", "forget.0.harmful.lexicon", "retain.data", "guard.data", "evaluate.perplexity",
                "evaluate.crows-pairs", "corpus",
            ]
            for (path, words) in [
                (pipe, "a pipe or device"), ("/dev/zero", "a pipe or device"), ("/", "a folder where"),
            ] {
                for key in keys {
                    try expectRefused(
                        ["run", "built-in", "--dry-run", "--quiet", "--set", "\(key)=\(path)"], [words, path],
                        untouched: out)
                }
                for arguments in [
                    ["run", path, "--out", out], ["grammar", "--grammar", path, "--out", out],
                    ["train", "--quiet", "--text", path, "--out", out],
                    ["train", "--quiet", "--text", guardText, "--configuration", path, "--out", out],
                    ["evaluate", "--quiet", "--model", "built-in", "--text", path],
                    ["evaluate", "--quiet", "--model", "built-in", "--crows-pairs", path],
                ] { try expectRefused(arguments, [words, path], untouched: out) }
            }
            for arguments in [
                ["inspect", pipe], ["report", pipe], ["export", pipe, "--format", "npy", "--out", out],
                ["evaluate", "--model", pipe, "--text", guardText],
            ] { try expectRefused(arguments, [pipe], untouched: out) }
            // A file that is renamed into place would take the device away.
            try expectRefused(
                ["evaluate", "--quiet", "--model", "built-in", "--text", guardText, "--per-token", pipe, "--force"],
                ["a pipe or device where a file is to be written", pipe], untouched: out)
        }

        @Test("names of one character, with no folder before them")
        func shortNames() throws {
            let texts = [
                "--crows-pairs", BuiltInStudy.path("planted/pairs.csv"), "--per-item", "a", "--per-token", "b",
            ]
            let there = "cd '\(workshop.path)' && exec \"$0\" \"$@\""
            for arguments in [
                ["evaluate", "--quiet", "--model", "built-in"] + texts,
                ["snapshot", "--quiet", "--model", "built-in", "--into", "s"],
                ["export", "s", "--snapshot", "before", "--format", "glove", "--out", "c"],
                ["pack", "s", "--out", "d"],
                ["inspect", "s"], ["export", "d", "--snapshot", "before", "--format", "npy", "--out", "e"],
                ["grammar", "--out", "g"],
                ["export", "d", "--snapshot", "before", "--format", "tensorboard", "--out", "t"],
                ["init", "--quiet", "--model", "built-in", "--data", "g", "--out", "f"],
            ] {
                let ending = try Program.run(arguments, script: there)
                #expect(ending.code == 0, "\(arguments) \(ending.complaint)")
            }
            let names = try FileManager.default.contentsOfDirectory(atPath: workshop.path).sorted()
            #expect(names == ["a", "b", "c", "d", "e", "e.tokens.json", "f", "g", "s", "t"])
        }
    }
}
