import BuiltInStudy
import FileSupport
import Foundation
import LanguageModel
import LinearAlgebra
import Testing

extension ProgramTests {
    @Suite("A run of a model that fills in masked tokens") struct MaskedRunTests {
        private let place: Workshop
        private let run: String

        init() throws {
            place = try Workshop()
            run = place.path + "/run"
        }

        /// A tiny BERT with random weights that knows the words of the built-in study, and some of its pairs and texts.
        private static func write(to place: String) throws {
            let files = ["forget.csv", "pairs.csv", "perplexity.txt", "guard.txt", "retain.txt"]
            var words: Set<String> = []
            for file in files {
                let text = try Input.text(BuiltInStudy.path("planted/" + file))
                for word in text.lowercased().split(whereSeparator: { !$0.isLetter }) { words.insert(String(word)) }
            }
            // Some words fall into pieces.
            let pieces = ["stub", "##born", "##s", "##y"]
            let split = words.filter { $0.hasPrefix("stub") || $0.hasSuffix("y") }
            let letters = (UInt8(ascii: "a")...UInt8(ascii: "z")).map { String(UnicodeScalar($0)) }
            let vocabulary =
                ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ".", ",", "'", "-"] + pieces
                + (letters + letters.map { "##" + $0 }).filter { !pieces.contains($0) }
                + words.subtracting(split).subtracting(letters).subtracting(pieces).sorted()
            let model = TransformerModel(
                configuration: ModelConfiguration(
                    .bert, vocabularySize: vocabulary.count, contextLength: 48, hiddenSize: 16, layerCount: 2,
                    headCount: 2), seed: 5)
            var stream = RandomStream(seed: 6)
            for i in 0..<model.values.count { model.values.pointer[i] += Float(0.1 * stream.normal()) }
            try CheckpointFolder.save(model, tokenizer: nil, to: place + "/bert")
            try AtomicFile.write(vocabulary.joined(separator: "\n") + "\n", to: place + "/bert/vocab.txt")
            let pairs = try Input.text(BuiltInStudy.path("planted/pairs.csv")).split(separator: "\n")
            let every = max(1, (pairs.count - 1) / 96)
            let kept = pairs.dropFirst().enumerated().filter { $0.offset % every == 0 }.map(\.element)
            try AtomicFile.write(([pairs[0]] + kept).joined(separator: "\n") + "\n", to: place + "/pairs.csv")
            let text = try Input.text(BuiltInStudy.path("planted/perplexity.txt")).split(separator: "\n").prefix(40)
            try AtomicFile.write(text.joined(separator: "\n") + "\n", to: place + "/text.txt")
        }

        private static func arguments(_ place: String, _ run: String, _ extra: [String] = []) -> [String] {
            let settings =
                [
                    "model=\(place)/bert", "evaluate.crows-pairs=[\(place)/pairs.csv]",
                    "evaluate.profile=pseudo-log-likelihood", "evaluate.perplexity=[\(place)/text.txt]",
                    "optimizer.steps=8", "optimizer.learning-rate=1e-3", "guard.perplexity=none", "guard.kl=1",
                    "analyze.null-draws=3", "analyze.controls=100", "analyze.bootstrap=100", "analyze.scaling=[1]",
                    "corpus=[]", "why.controls=2", "why.mediation=false",
                ] + extra
            return ["demo", "--quiet", "--threads", "2", "--out", run] + settings.flatMap { ["--set", $0] }
        }

        @Test("from its texts to its report, killed on the way; what evaluate says of the checkpoint is what it says")
        func wholeRun() throws {
            try Self.write(to: place.path)
            let ending = try Program.run(Self.arguments(place.path, run))
            #expect(ending.code == 0, "\(ending.complaint)")
            try SmallRun.expectWhole(run)
            let markdown = try Input.text(run + "/report.md")
            #expect(markdown.contains("**Pseudo-perplexity** "))
            #expect(!markdown.split(separator: "\n").contains { $0.contains("| Perplexity |") })
            let report = JSONCursor(try JSON.parse(try Input.bytes(run + "/report.json"), place: run), place: run)

            // The checkpoint, scored by itself.
            let scored = try Program.run([
                "evaluate", "--model", run + "/checkpoint", "--crows-pairs", place.path + "/pairs.csv", "--profile",
                "pseudo-log-likelihood", "--text", place.path + "/text.txt", "--lines", "--json", "--quiet",
            ])
            #expect(scored.code == 0, "\(scored.complaint)")
            let found = JSONCursor(try JSON.parse(Array(scored.output.utf8), place: "evaluate"), place: "evaluate")
            let text = try found.member("perplexity").elements()[0]
            #expect(try text.member("name").string() == "pseudo-perplexity")
            #expect(
                try text.member("value").double()
                    == report.member("quality").member("perplexity").member("after").double())
            let domains = try found.member("benchmarks").elements()[0].member("domains")
            let transfer = try report.member("transfer").members()
            #expect(transfer.count == 4)
            for (domain, row) in transfer {
                let bias = try domains.member(domain).member("bias").double()
                #expect(bias == (try row.member("bias_after").double()), "\(domain)")
            }

            // The unlearning alone.
            let model = place.path + "/model"
            let alone = try Program.run(["unlearn", run + "/study.yaml", "--threads", "2", "--quiet", "--out", model])
            #expect(alone.code == 0, "\(alone.complaint)")
            #expect(alone.output.contains("guard text: pseudo-perplexity "))
            #expect(
                try Input.bytes(model + "/model.safetensors") == Input.bytes(run + "/checkpoint/model.safetensors"))

            // Killed behind one stage after the other, it comes to the same report.
            let second = place.path + "/second"
            var kills = 0
            for (event, count) in [("unlearn-started", 1), ("check-passed", 1), ("scored", 2), ("alignment", 1)] {
                let resume = FileManager.default.fileExists(atPath: second + "/study.yaml") ? ["--resume"] : []
                let program = try Program(Self.arguments(place.path, second) + resume)
                let came = program.waits(for: event, count: count, in: second)
                program.send(SIGKILL)
                if try came && program.ending().code == nil { kills += 1 }
            }
            #expect(kills >= 2)
            let last = try Program.run(Self.arguments(place.path, second) + ["--resume"])
            #expect(last.code == 0, "\(last.complaint)")
            let isSame = try SmallRun.comparable(second).pretty == SmallRun.comparable(run).pretty
            #expect(isSame, "the report differs from that of an uninterrupted run")
            #expect(
                try Input.bytes(second + "/checkpoint/model.safetensors")
                    == Input.bytes(run + "/checkpoint/model.safetensors"))
        }

        @Test("what cannot be asked of it is refused by its key, before any work")
        func refusals() throws {
            try Self.write(to: place.path)
            for (setting, message) in [
                ("why.mediation=true", "BERT norms it after every sum - why.mediation"),
                ("generate={prompts: \(place.path)/text.txt}", "BERT does not go on with a text - generate"),
                (
                    "evaluate.profile=driftscope",
                    "does not score a model that fills in masked tokens - evaluate.profile"
                ),
            ] {
                let ending = try Program.run(Self.arguments(place.path, run, [setting]))
                #expect(ending.code == 2)
                #expect(ending.complaints.count == 1)
                #expect(ending.complaint.contains(message), "\(ending.complaint)")
            }
            // Without a mask token there is nothing to hide behind.
            let path = place.path + "/bert/vocab.txt"
            try AtomicFile.write(Input.text(path).replacingOccurrences(of: "[MASK]", with: "[GONE]"), to: path)
            let ending = try Program.run(Self.arguments(place.path, run))
            #expect(ending.code == 2 && ending.complaints.count == 1)
            #expect(ending.complaint.contains("no mask token - \(place.path)/bert"), "\(ending.complaint)")
        }
    }
}
