import BuiltInStudy
import FileSupport
import Foundation
import Testing

extension ProgramTests {
    @Suite("Input that cannot be used") struct BadInputTests {
        private let workshop: Workshop
        private let out: String

        init() throws {
            workshop = try Workshop()
            out = workshop.path + "/run"
        }

        // MARK: Texts and tables

        @Test("an empty forget set: no row is selected")
        func noRow() throws {
            try expectRefusal(
                ["forget.0.where.label=nothing"], ["none of 820 rows", "label equals nothing", "forget.csv"])
        }

        @Test(
            "an empty forget set: a file with nothing but a header, or nothing at all",
            arguments: ["id,text,label,type,target\n", ""])
        func emptyFile(text: String) throws {
            let path = try workshop.file("empty.csv", text)
            try expectRefusal(["forget.0.data=\(path)"], [path])
        }

        @Test("no harmful word in any row")
        func noHarmfulWord() throws {
            let words = try workshop.file(
                "words.json",
                #"{"format": "driftscope-words", "version": 1, "name": "other", "groups": [{"name": "a", "words": ["qqqq"]}]}"#
            )
            try expectRefusal(["forget.0.harmful.lexicon=\(words)"], ["no harmful word", "forget.csv"])
        }

        @Test("a column that the table does not have: the nearest is named")
        func noColumn() throws {
            try expectRefusal(["forget.0.text=texts"], ["no column `texts`", "forget.csv", "did you mean `text`?"])
            try expectRefusal(
                ["forget.0.where.lable=hate"], ["no column `lable`", "forget.csv", "did you mean `label`?"])
            try expectRefusal(["forget.0.id=ident"], ["no column `ident`", "forget.csv", "its columns are `id`"])
        }

        @Test("pairs without their columns, or about other domains only")
        func badPairs() throws {
            let other = try workshop.file("other.csv", "a,b\n1,2\n")
            try expectRefusal(["evaluate.crows-pairs=[\(other)]"], ["sent_more", other])
            let foreign = try workshop.file(
                "foreign.csv", ",sent_more,sent_less,stereo_antistereo,bias_type\n0,A b c.,A d c.,stereo,disability\n")
            try expectRefusal(["evaluate.crows-pairs=[\(foreign)]"], ["no item about the target domain", foreign])
        }

        @Test(
            "invalid UTF-8, with the byte",
            arguments: [
                "forget.0.data", "retain.data", "guard.data", "evaluate.perplexity", "evaluate.crows-pairs", "corpus",
            ])
        func invalidUTF8(key: String) throws {
            let text = "id,text,label,type,target,sent_more,sent_less,stereo_antistereo,bias_type\nf1,Many kings look "
            let path = try workshop.file("bad.csv", bytes: Array(text.utf8) + [0xC3, 0x28, 0x0A])
            try expectRefusal(["\(key)=\(path)"], ["UTF-8", path])
        }

        @Test(
            "an input file that is not there",
            arguments: [
                "forget.0.data", "forget.0.harmful.lexicon", "retain.data", "guard.data", "evaluate.perplexity",
                "evaluate.crows-pairs", "corpus", "concepts",
            ])
        func missingFile(key: String) throws {
            try expectRefusal(["\(key)=/no/such/thing"], ["no such", "/no/such/thing"])
        }

        @Test("a text without a sentence", arguments: ["retain.data", "guard.data", "evaluate.perplexity"])
        func emptyText(key: String) throws {
            let path = try workshop.file("empty.txt", " \n\n")
            try expectRefusal(["\(key)=\(path)"], [path])
        }

        // MARK: The study

        @Test("an unknown study key: the nearest is named, with its line")
        func unknownKey() throws {
            let text = try Input.text(BuiltInStudy.path("planted/study.yaml"))
            let path = try workshop.file("study.yaml", text.replacing("optimizer:", with: "optimiser:"))
            try expectRefused(
                ["run", path, "--quiet", "--out", out],
                ["unknown key 'optimiser'", "study.yaml:15 (optimiser)", "did you mean 'optimizer'?"], untouched: out)
            try expectRefusal(
                ["optimizer.step=3"], ["unknown key 'step'", "(optimizer.step)", "did you mean 'steps'?"])
        }

        @Test("a study that is no YAML, empty, or not UTF-8", arguments: ["a: [", "", "model: \u{FF}"])
        func badStudy(text: String) throws {
            let bytes = text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
            let path = try workshop.file("study.yaml", bytes: bytes)
            try expectRefused(["run", path, "--quiet", "--out", out], ["study.yaml"], untouched: out)
        }

        @Test(
            "a wrong override",
            arguments: [
                "optimizer.steps", "=3", "optimizer={a", "optimizer.steps=many", "optimizer.steps=0", "forget.7.data=x",
                "optimizer.steps=99999999999999999999", "guard.perplexity=10",
            ])
        func badOverride(text: String) throws {
            try expectRefusal([text], [])
        }

        // MARK: The folder

        @Test("an output folder that holds another run")
        func otherRun() throws {
            try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true)
            try Data("model: built-in\n".utf8).write(to: URL(fileURLWithPath: out + "/study.yaml"))
            try expectRefusal([], ["this folder holds another run", out, "--resume"])
            try expectRefused(
                ["demo", "--quiet", "--resume", "--out", out], ["begun with another study", out], untouched: out)
        }

        @Test("an output folder with something else in it, and a file in its place")
        func otherThings() throws {
            let file = try workshop.file("file", "mine")
            try expectRefused(["demo", "--quiet", "--out", file], ["a file where", file], untouched: file)
            try expectRefused(
                ["demo", "--quiet", "--out", workshop.path], ["not empty and holds no run", workshop.path],
                untouched: workshop.path)
        }

        @Test("nothing to resume, report, analyse or inspect")
        func nothingThere() throws {
            try expectRefused(
                ["demo", "--quiet", "--resume", "--out", out], ["no run to go on with", out], untouched: out)
            for command in ["report", "analyze", "inspect"] {
                try expectRefused([command, out, "--quiet"], [out], untouched: out)
            }
            let text = try workshop.file("run.h5", "no HDF5")
            try expectRefused(["inspect", text], ["not an HDF5 file", text], untouched: text)
            let model = try workshop.file("model.gguf", "no model")
            try expectRefused(["inspect", model], ["no GGUF file", model], untouched: model)
        }

        // MARK: The command line

        @Test(
            "wrong arguments",
            arguments: [
                (["frobnicate"], "'frobnicate'"), (["demo", "--bogus"], "'--bogus'"), (["run"], "'<study>'"),
                (["demo", "--threads", "0"], "--threads 0"), (["demo", "--threads", "two"], "'two'"),
                (["demo", "--seed=-1"], "-1"), (["demo", "extra"], "'extra'"), (["demo", "--set"], "--set"),
                (["report", "x", "--fail-if", "nonsense"], "nonsense"),
                (["report", "x", "--fail-if", "a.b > many"], "many"),
                (["report", "x", "--fail-if", "a.b != 3"], "!="),
                (["evaluate", "--model", "built-in"], "nothing to score"),
                (["evaluate", "--model", "built-in", "--text", "x", "--profile", "other"], "'other'"),
                (["export", "x", "--format", "word3vec", "--out", "y"], "word2vec"),
            ])
        func wrongArguments(arguments: [String], fragment: String) throws {
            try expectRefused(arguments, [fragment], untouched: "out/demo")
        }

        @Test("a forget set about another domain than the target, and a domain without a lexicon")
        func wrongDomain() throws {
            try expectRefusal(["domains.target=height"], ["the domain 'gender' is not among the study's domains"])
            try expectRefusal(["domains.control=[height]"], ["'age' is not among"])
            try expectRefusal(["domains.control=[age, height]"], ["no lexicon for the domain 'height'", "height.json"])
        }

        private func expectRefusal(
            _ settings: [String], _ fragments: [String], sourceLocation: SourceLocation = #_sourceLocation
        ) throws {
            try expectRefused(
                ["demo", "--quiet", "--out", out] + settings.flatMap { ["--set", $0] }, fragments, untouched: out,
                sourceLocation: sourceLocation)
        }
    }
}
