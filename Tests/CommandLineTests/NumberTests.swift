import BuiltInStudy
import FileSupport
import Foundation
import Testing

extension ProgramTests {
    @Suite("Numbers beyond what their use can take") struct NumberTests {
        private static let largest = "9223372036854775807"
        private let workshop: Workshop
        private let out: String

        init() throws {
            workshop = try Workshop()
            out = workshop.path + "/out"
        }

        @Test(
            "of a study",
            arguments: [
                "optimizer.batch", "optimizer.steps", "optimizer.warmup", "optimizer.beta1", "optimizer.beta2",
                "retain.batch",
                "retain.max-tokens", "guard.check-every", "snapshots.rows-every", "evaluate.pairs", "evaluate.every",
                "analyze.controls", "analyze.bootstrap", "analyze.null-draws", "why.neutral-words", "why.controls",
                "seeds",
            ])
        func study(key: String) throws {
            for value in [Self.largest, "99999999999999999999", "-1"] {
                try expectRefused(
                    ["run", "built-in", "--quiet", "--out", out, "--set", "\(key)=\(value)"],
                    ["(\(key)", value, "write"],
                    untouched: out)
            }
        }

        @Test(
            "of a study, that single precision does not hold",
            arguments: [
                "optimizer.learning-rate", "objective.weight", "retain.weight", "analyze.margin", "analyze.scaling",
            ])
        func singlePrecision(key: String) throws {
            try expectRefused(
                ["run", "built-in", "--quiet", "--out", out, "--set", "\(key)=1e39"], ["(\(key)", "1e39 is too large"],
                untouched: out)
        }

        @Test("a path of thousands of keys, and a file of aliases that stand for a thousand million mappings")
        func deep() throws {
            let path = String(repeating: "a.", count: 30_000)
            try expectRefused(
                ["run", "built-in", "--dry-run", "--quiet", "--set", path + "b=1"], ["a path of 30001 keys"],
                untouched: out)
            try expectRefused(["report", out, "--fail-if", path + "b > 1"], ["60005 bytes"], untouched: out)
            let lines = (1...9).map { level in
                let members = (0..<10).map { "k\($0): *a\(level - 1)" }.joined(separator: ", ")
                return "b\(level): &a\(level) {\(members)}"
            }
            let study = try workshop.file(
                "study.yaml", "b0: &a0 {x: 1}\n" + lines.joined(separator: "\n") + "\nwhy: *a9\nanalyze: *a9\n")
            try expectRefused(["run", study, "--dry-run", "--quiet"], ["unknown key 'b0'"], untouched: out)
        }

        @Test("of the command line")
        func options() throws {
            let texts = ["--text", BuiltInStudy.path("planted/guard.txt")]
            for arguments in [
                ["inspect", "--machine", "--threads", Self.largest], ["inspect", "--machine", "--threads=-1"],
                ["snapshot", "--model", "built-in", "--into", out, "--step", Self.largest],
                ["snapshot", "--model", "built-in", "--into", out, "--step=-1"],
                ["train", "--out", out, "--seed=-1"] + texts,
                ["train", "--out", out, "--seed", "18446744073709551616"] + texts,
                ["run", "built-in", "--out", out, "--seed", Self.largest],
            ] { try expectRefused(arguments, [], untouched: out) }
        }

        @Test(
            "of a training",
            arguments: [
                "vocabularySize", "minimumFrequency", "contextLength", "hiddenSize", "layerCount", "headCount", "steps",
                "batchTokens", "learningRate", "warmupSteps", "finalLearningRateFraction", "beta2", "weightDecay",
                "clipNorm",
                "heldOutFraction", "evaluateEvery",
            ])
        func training(key: String) throws {
            for value in [Self.largest, "1e300", "-1", "\"many\"", "null"] {
                try expectTrainingRefused("{\"\(key)\": \(value)}", [key, "training.json"])
            }
        }

        @Test("of a training whose memory no machine has, and of an unknown or wrong kind, in words")
        func trainingInWords() throws {
            try expectTrainingRefused(
                #"{"hiddenSize": 65536, "layerCount": 1024}"#, ["GiB or more, more than the memory of this machine"])
            try expectTrainingRefused(#"{"layercount": 2}"#, ["unknown key", "did you mean 'layerCount'?"])
            try expectTrainingRefused(#"{"seed": -1}"#, ["seed: -1 is out of range"])
            try expectTrainingRefused(
                #"{"steps": "many"}"#, ["steps is \"many\", and a whole number is wanted - ", "training.json"])
        }

        @Test("of a grammar, and more sentences than it has words for")
        func grammar() throws {
            let grammar = try JSON.read(BuiltInStudy.path("planted/grammar.json"))
            let sizes = try #require(grammar["sizes"])
            for key in ["text", "forget", "retain", "guard", "perplexity", "placebo", "pairs-per-attribute"] {
                for value in [Int.max, -1] {
                    let path = try workshop.file(
                        "grammar.json", grammar.setting("sizes", to: sizes.setting(key, to: .integer(value))).compact)
                    try expectRefused(
                        ["grammar", "--grammar", path, "--out", out], ["sizes.\(key): \(value) is out of range", path],
                        untouched: out)
                }
            }
            let many = grammar.setting("sizes", to: sizes.setting("forget", to: 2_000_000))
            let path = try workshop.file("grammar.json", many.compact)
            try expectRefused(
                ["grammar", "--grammar", path, "--out", out], ["sentences that stand nowhere else", "sizes.forget"],
                untouched: out)
        }

        @Test(
            "of config.json: refused before memory is asked for",
            arguments: ["vocab_size", "n_positions", "n_embd", "n_layer", "n_head", "n_inner"])
        func model(key: String) throws {
            for value in [Int.max, 1 << 30, 1 << 20, 4096, 0, -1] {
                let place = try Workshop()
                let model = try ModelCopy(in: place)
                try model.changeJSON("config.json") { $0.setting(key, to: .integer(value)) }
                try expectRefused(["inspect", model.path], [model.path], untouched: model.path)
            }
        }

        private func expectTrainingRefused(
            _ text: String, _ fragments: [String], sourceLocation: SourceLocation = #_sourceLocation
        ) throws {
            let path = try workshop.file("training.json", text)
            try expectRefused(
                [
                    "train", "--quiet", "--text", BuiltInStudy.path("planted/guard.txt"), "--configuration", path,
                    "--out", out,
                ], fragments, untouched: out, sourceLocation: sourceLocation)
        }
    }
}
