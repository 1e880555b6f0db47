import FileSupport
import Foundation
import LanguageModel
import TestSupport
import Testing

extension ProgramTests {
    @Suite("driftscope evaluate with a masked model") struct MaskedModelTests {
        private let folder: String
        private var model: String { folder + "/bert" }
        private var pairs: String { folder + "/pairs.csv" }

        init() throws {
            folder = try temporaryFolder("masked-model")
            let words = [
                "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "nurse", "doctor", "said", "she", "he", ".",
            ]
            let network = TransformerModel(
                configuration: ModelConfiguration(
                    .bert, vocabularySize: words.count, contextLength: 16, hiddenSize: 16, layerCount: 2, headCount: 2),
                seed: 1)
            try CheckpointFolder.save(network, tokenizer: nil, to: folder + "/bert")
            try AtomicFile.write(words.joined(separator: "\n") + "\n", to: folder + "/bert/vocab.txt")
            try AtomicFile.write(
                """
                ,sent_more,sent_less,stereo_antistereo,bias_type
                0,The nurse said she.,The nurse said he.,stereo,gender
                1,The doctor said he.,The doctor said she.,stereo,gender

                """, to: folder + "/pairs.csv")
        }

        @Test("pairs are scored by pseudo-log-likelihood")
        func scores() throws {
            let ending = try Program.run([
                "evaluate", "--model", model, "--crows-pairs", pairs, "--profile", "pseudo-log-likelihood", "--quiet",
            ])
            #expect(ending.code == 0, "\(ending.complaint)")
            #expect(ending.output.contains("pairs, profile pseudo-log-likelihood"))
            #expect(ending.output.contains("gender"))
        }

        @Test("what does not fit is refused in one line")
        func refusals() throws {
            for (arguments, message) in [
                (
                    ["--model", model, "--crows-pairs", pairs],
                    "the profile driftscope does not score a model that fills in masked tokens"
                ),
                (
                    [
                        "--model", model, "--crows-pairs", pairs, "--last-word", pairs, "--profile",
                        "pseudo-log-likelihood",
                    ], "predicts no next word of a text"
                ),
                (
                    ["--model", model, "--text", pairs, "--stride", "4", "--profile", "pseudo-log-likelihood"],
                    "windows neither overlap nor"
                ),
                (
                    ["--model", "built-in", "--crows-pairs", pairs, "--profile", "pseudo-log-likelihood"],
                    "does not score a model that predicts the next token"
                ),
            ] {
                let ending = try Program.run(["evaluate", "--quiet"] + arguments)
                #expect(ending.code == 2)
                #expect(ending.complaints.count == 1)
                #expect(ending.complaint.contains(message), "\(ending.complaint)")
            }
        }
    }
}
