import FileSupport
import Foundation
import Testing

extension ProgramTests {
    @Suite("A model that cannot be used") struct BadModelTests {
        @Test("no such folder")
        func missing() throws {
            try expectRefusal(["--set", "model=/no/such/model"], ["no such folder", "/no/such/model"])
        }

        @Test("config.json of another family")
        func otherFamily() throws {
            try expectRefusal(["the model family is mamba", "config.json", "gpt2"]) {
                try $0.changeJSON("config.json") { $0.setting("model_type", to: "mamba") }
            }
        }

        @Test(
            "config.json that is cut off, or lacks a size",
            arguments: [("{\"model_type\":", "config.json"), ("{\"model_type\": \"gpt2\"}", "config.json")])
        func badConfiguration(text: String, message: String) throws {
            try expectRefusal([message]) { try $0.change("config.json") { $0 = Array(text.utf8) } }
        }

        @Test("weights that are cut off, in the elements and in the header", arguments: [2_000_000, 1000, 5])
        func cutOff(bytes count: Int) throws {
            try expectRefusal(["the file is cut off", "model.safetensors", "download it again"]) {
                try $0.change("model.safetensors") { $0 = Array($0.prefix(count)) }
            }
        }

        @Test("weights that a clone left as a Git LFS pointer, or a failed download empty")
        func standIn() throws {
            let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 2480000\n"
            for (text, message) in [(pointer, "a Git LFS pointer, not the file"), ("", "the file is empty")] {
                try expectRefusal([message, "model.safetensors"]) {
                    try $0.change("model.safetensors") { $0 = Array(text.utf8) }
                }
            }
        }

        @Test("weights whose header claims more than there can be")
        func hugeHeader() throws {
            try expectRefusal(["model.safetensors", "no safetensors file"]) {
                try $0.change("model.safetensors") { $0[7] = 0x7F }
            }
        }

        @Test("tensors that overlap")
        func overlapping() throws {
            try expectRefusal(["transformer.wpe.weight overlaps", "model.safetensors"]) {
                try $0.changeHeader("transformer.wpe.weight", offsets: (1_251_068, 1_275_644))
            }
        }

        @Test("a tensor outside the file")
        func outOfRange() throws {
            try expectRefusal(["transformer.ln_f.bias", "model.safetensors"]) {
                try $0.changeHeader("transformer.ln_f.bias", shape: [9600], offsets: (2_170_752, 2_209_152))
            }
        }

        @Test(
            "offsets that run backwards, or do not fit the shape",
            arguments: [(2_171_136, 2_170_752), (2_170_752, 2_171_132), (-4, 380)])
        func impossibleOffsets(first: Int, last: Int) throws {
            try expectRefusal(["transformer.ln_f.bias", "model.safetensors"]) {
                try $0.changeHeader("transformer.ln_f.bias", offsets: (first, last))
            }
        }

        @Test("a tensor of a wrong shape")
        func wrongShape() throws {
            try expectRefusal(["transformer.wte.weight has shape [96, 3258]", "[3258, 96]", "model.safetensors"]) {
                try $0.changeHeader("transformer.wte.weight", shape: [96, 3258])
            }
        }

        @Test("weights that are no numbers", arguments: [(Float.nan, "nan"), (-Float.infinity, "-inf")])
        func notFinite(value: Float, name: String) throws {
            try expectRefusal(["transformer.wte.weight holds \(name) at [2, 8]", "model.safetensors"]) {
                try $0.setElement(200, value)
            }
        }

        @Test("a vocabulary that does not match: more tokens than embeddings")
        func largerVocabulary() throws {
            try expectRefusal(["3259 tokens", "3258 embeddings", "one model"], tokenizerJSON: false) {
                try $0.changeJSON("vocab.json") { $0.setting("zzzz", to: 3258) }
            }
        }

        @Test("a vocabulary that does not match: merges of other tokens")
        func otherMerges() throws {
            try expectRefusal(["merges.txt"], tokenizerJSON: false) {
                try $0.change("merges.txt") { $0 += Array("zq zj\n".utf8) }
            }
        }

        @Test("no vocabulary at all")
        func noVocabulary() throws {
            try expectRefusal(["no tokenizer.json", "copy the model's tokenizer files"], tokenizerJSON: false) {
                try FileManager.default.removeItem(atPath: $0.path + "/vocab.json")
            }
        }

        private func expectRefusal(
            _ fragments: [String], tokenizerJSON: Bool = true, breaking: (ModelCopy) throws -> Void
        ) throws {
            let workshop = try Workshop()
            let model = try ModelCopy(in: workshop, tokenizerJSON: tokenizerJSON)
            try breaking(model)
            try expectRefusal(["--set", "model=\(model.path)"], fragments)
        }

        private func expectRefusal(_ arguments: [String], _ fragments: [String]) throws {
            let workshop = try Workshop()
            let out = workshop.path + "/run"
            try expectRefused(["demo", "--quiet", "--out", out] + arguments, fragments, untouched: out)
        }
    }
}
