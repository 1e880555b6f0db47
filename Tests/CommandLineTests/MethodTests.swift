import FileSupport
import Foundation
import LanguageModel
import StudyFiles
import Testing

extension ProgramTests {
    /// Each way to forget, from a study file to the checkpoint.
    @Suite("Methods in a study") struct MethodTests {
        private let place: Workshop

        init() throws { place = try Workshop() }

        /// The settings of a method that does not run with its defaults on every model.
        private func settings(_ method: String) throws -> [String] {
            let own =
                switch method {
                case "dpo": ["forget.0.pairs=" + (try pairs())]
                case "pcgu": ["forget.0.pairs=" + (try pairs()), "optimizer.name=sgd"]
                case "biasunlearn": ["forget.0.pairs=" + (try pairs()), "retain.weight=0"]
                case "cda": ["forget.0.swap={words: built-in}"]
                case "rmu": ["objective.layer=1", "objective.tokens=all", "retain.weight=0"]
                case "token-ascent": ["objective.context=replaced"]
                default: [String]()
                }
            return ["objective.method=" + method] + own
        }

        private func pairs() throws -> String {
            try place.file(
                "pairs.csv",
                """
                sent_more,sent_less,stereo_antistereo,bias_type
                The aunts are shy.,The uncles are shy.,stereo,gender
                The brothers are loud.,The sisters are loud.,stereo,gender
                The moors are shy.,The lakes are shy.,stereo,race
                """)
        }

        /// A run of few steps, without what explains them.
        private func arguments(_ run: String, _ method: String) throws -> [String] {
            let settings =
                [
                    "model=" + (try EveryStage.model()), "optimizer.steps=24", "guard.check-every=2",
                    "evaluate.pairs=8",
                    "analyze.null-draws=2", "analyze.controls=100", "analyze.bootstrap=100", "analyze.scaling=[1]",
                    "snapshots.contextual=false", "corpus=[]", "why=none",
                ] + (try settings(method))
            return ["demo", "--quiet", "--threads", "2", "--out", run] + settings.flatMap { ["--set", $0] }
        }

        @Test("every method runs from a study file; killed and resumed, it comes to the same parameters")
        func resumed() throws {
            let methods = StudyRegistry().objectives.names
            var kills = 0
            for method in methods {
                let (whole, cut) = (place.path + "/\(method)", place.path + "/\(method)-cut")
                let ending = try Program.run(arguments(whole, method))
                #expect(ending.code == 0 && ending.complaint.isEmpty, "\(method): \(ending.complaint)")
                let log = try Input.text(whole + "/audit.jsonl")
                #expect(log.contains("\"method\":\"\(method)\"") && log.contains("\"formula\":\""))

                let program = try Program(arguments(cut, method))
                #expect(program.waits(for: "check-passed", count: 3, in: cut))
                program.send(SIGKILL)
                let killed = try program.ending().code == nil
                if killed && Program.events("unlearn-ended", in: cut) == 0 { kills += 1 }
                if killed {
                    let rest = try Program.run(arguments(cut, method) + ["--resume"])
                    #expect(rest.code == 0 && rest.complaint.isEmpty, "\(method): \(rest.complaint)")
                }
                let parameters = try [whole, cut].map { try Input.bytes($0 + "/checkpoint/model.safetensors") }
                #expect(parameters[0] == parameters[1], "\(method): other parameters")
                let isLearned = try Input.text(whole + "/report.md").contains("Forgotten: nothing; learned: ")
                #expect(isLearned == (method == "cda"), "\(method)")
                let isSame = try SmallRun.comparable(whole).pretty == SmallRun.comparable(cut).pretty
                #expect(isSame, "\(method): another report")
            }
            #expect(kills > methods.count / 2, "\(kills) kills within the unlearning of \(methods.count) methods")
        }

        @Test("low-rank factors are trained, saved as an adapter and merged; killed and resumed, they come to the same")
        func lowRank() throws {
            let (whole, cut) = (place.path + "/lora", place.path + "/lora-cut")
            func lora(_ run: String) throws -> [String] {
                try arguments(run, "sentence-ascent") + ["--set", "optimizer.lora={rank: 2, modules: [c_attn, c_fc]}"]
            }
            let ending = try Program.run(lora(whole))
            #expect(ending.code == 0 && ending.complaint.isEmpty, "\(ending.complaint)")
            let merged = try CheckpointFolder.model(in: whole + "/checkpoint")
            let adapted = try CheckpointFolder.model(in: whole + "/adapter")
            #expect(Array(adapted.values.buffer) == Array(merged.values.buffer))
            let before = try CheckpointFolder.model(in: EveryStage.model())
            #expect(Array(before.values.buffer) != Array(merged.values.buffer))

            let program = try Program(lora(cut))
            #expect(program.waits(for: "check-passed", count: 3, in: cut))
            program.send(SIGKILL)
            #expect(try program.ending().code == nil)
            let rest = try Program.run(lora(cut) + ["--resume"])
            #expect(rest.code == 0 && rest.complaint.isEmpty, "\(rest.complaint)")
            for file in ["/checkpoint/model.safetensors", "/adapter/adapter_model.safetensors"] {
                let bytes = try [whole, cut].map { try Input.bytes($0 + file) }
                #expect(bytes[0] == bytes[1], "\(file)")
            }
        }

        @Test("a method that is no sum over tokens leaves contributions out by name, and every other stage is there")
        func notBySentence() throws {
            let run = place.path + "/run"
            let ending = try Program.run(EveryStage.arguments(run) + settings("dpo").flatMap { ["--set", $0] })
            #expect(ending.code == 0 && ending.complaint.isEmpty, "\(ending.complaint)")
            let report = try Input.text(run + "/report.json")
            #expect(report.contains("not available for the objective dpo, which is no sum over tokens"))
            #expect(report.contains("\"forgotten pairs\""))
            #expect(report.contains("the method dpo reads pairs, which this leaves as they are"))
        }

        @Test(
            "a study that a method cannot do with is refused before the run begins",
            arguments: [
                (["objective.method=dpo"], "the method dpo has no pairs of sentences - forget.pairs"),
                (["objective.method=cda"], "the method cda has no pairs of sentences - forget.pairs"),
                (
                    ["objective.method=dpo", "forget.0.swap={words: built-in}"],
                    "swapped words do not say - forget.swap"
                ),
                (["forget.0.swap={words: built-in}", "forget.0.pairs=p.csv"], "both pairs and swap"),
                (["optimizer.lora={modules: c_attn}"], "the forecast takes steps in the parameters themselves"),
                (["optimizer.lora={modules: c_attn}", "why.forecast=false"], "the update decomposition takes steps"),
                (["optimizer.lora={modules: [c_attn, q]}"], "no linear layer of a block is called 'q'"),
                (["optimizer.lora={modules: c_fc}", "why=none", "parameters=[mlp]"], "both parameters and optimizer"),
                (["forget.0.swap={words: built-in, lines: 1-2}"], "lines without data"),
                (["objective.method=rmu", "objective.layer=9"], "the states after block 9, and the model has"),
                (["objective.method=rmu", "objective.layer=1", "retain=none"], "the method rmu has no retain text"),
                (["objective.method=npo", "objective.beta=0"], "the option 'beta' is '0'"),
                (["objective.method=wga", "objective.gamma=1"], "wga has no option 'gamma'"),
            ])
        func refused(settings: [String], words: String) throws {
            let run = place.path + "/run"
            let ending = try Program.run(
                ["demo", "--quiet", "--out", run, "--set", "model=" + EveryStage.model()]
                    + settings.flatMap { ["--set", $0] })
            #expect(ending.code == 2 && ending.complaints.count == 1)
            #expect(ending.complaint.contains(words), "\(ending.complaint)")
            #expect(!FileManager.default.fileExists(atPath: run))
        }

        @Test(
            "pairs to forget are those about the domain; a file without one is refused, and a text without a word to swap"
        )
        func noPairs() throws {
            let text = try place.file("plain.txt", "The lakes are shy.\n")
            let plain = try Program.run([
                "demo", "--quiet", "--out", place.path + "/run", "--set", "model=" + EveryStage.model(), "--set",
                "objective.method=cda", "--set", "forget.0.swap={words: built-in, data: \(text)}",
            ])
            #expect(plain.code == 2 && plain.complaint.contains("no sentence of \(text) holds a word to swap - "))
            let path = try place.file(
                "other.csv",
                "sent_more,sent_less,stereo_antistereo,bias_type\nThe moors are shy.,The lakes are shy.,stereo,race\n")
            let ending = try Program.run([
                "demo", "--quiet", "--out", place.path + "/run", "--set", "model=" + EveryStage.model(), "--set",
                "objective.method=dpo", "--set", "forget.0.pairs=" + path,
            ])
            #expect(ending.code == 2 && ending.complaint.contains("no pair about the domain 'gender' - \(path)"))
        }
    }
}
