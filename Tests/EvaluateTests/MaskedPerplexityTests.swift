import Evaluate
import FileSupport
import Foundation
import LanguageModel
import TestSupport
import Testing

/// Pseudo-perplexity against transformers (UnlearnTests/Fixtures/masked-objectives/make_reference.py), and against one hidden
/// token at a time.
@Suite("Pseudo-perplexity of a masked model")
struct MaskedPerplexityTests {
    private static let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .path
    private static let models = tests + "/EvaluateTests/Fixtures/stereoset/"
    private static let reference = tests + "/UnlearnTests/Fixtures/masked-objectives/"

    private func layOut(
        _ text: String, _ tokenizer: some Tokenizer, byLine: Bool = false, window: Int? = nil, stride: Int? = nil,
        usesBegin: Bool = true
    ) throws -> PerplexityText {
        try PerplexityText(
            text, tokenizer: tokenizer, profile: .pseudoLogLikelihood, contextLength: 48, byLine: byLine,
            window: window,
            stride: stride, usesBegin: usesBegin)
    }

    @Test("lines, as transformers says", arguments: ["bert", "roberta"])
    func parity(name: String) throws {
        struct Asked: Decodable { let retain: [String] }
        let asked = try JSONDecoder().decode(Asked.self, from: Data(Input.bytes(Self.reference + "asked.json")))
        let checkpoint = try CheckpointFolder.load(Self.models + name, masked: true)
        let file = try Safetensors(Self.reference + name + ".safetensors")
        var expected = [Float](repeating: 0, count: 1)
        let tensor = try #require(file.tensors.first { $0.name == "pseudo-perplexity" })
        try expected.withUnsafeMutableBufferPointer { try file.read(tensor, into: $0) }
        let text = try PerplexityText(
            asked.retain.joined(separator: "\n"), tokenizer: checkpoint.tokenizer, profile: .pseudoLogLikelihood,
            contextLength: checkpoint.model.configuration.contextLength, byLine: true)
        let found = text.measure(checkpoint.model)
        #expect(found.name == "pseudo-perplexity")
        let close = compare([Float(found.value)], expected, absolute: 0, relative: 1e-5)
        #expect(close.isClose, "\(close)")
    }

    @Test("running text, in windows that lie end to end")
    func windows() throws {
        let checkpoint = try CheckpointFolder.load(Self.models + "bert", masked: true)
        let (model, tokenizer) = (checkpoint.model, checkpoint.tokenizer)
        let text = "the sailor is rough. men come from there, and he is a druid!"
        let ids = tokenizer.encode(text)
        var sum = 0.0
        for start in stride(from: 0, to: ids.count, by: 5) {
            let part = Array(ids[start..<min(start + 5, ids.count)])
            for place in part.indices {
                var hidden = tokenizer.framed(part)
                hidden[place + 1] = try #require(tokenizer.maskToken)
                let asked = [Prediction(row: place + 1, token: part[place])]
                sum -= Double(model.logProbabilities(asked, in: PackedSequences([hidden]))[0])
            }
        }
        let found = try layOut(text, tokenizer, window: 7).measure(model)
        #expect(found.scoredTokens == ids.count && found.window == 7 && found.stride == 5)
        #expect(abs(found.value / exp(sum / Double(ids.count)) - 1) < 1e-5)
        #expect(found.value != (try layOut(text, tokenizer).measure(model).value))
    }

    @Test("what makes no sense is refused in a line")
    func refusals() throws {
        let tokenizer = try CheckpointFolder.tokenizer(in: Self.models + "bert").tokenizer
        func message(_ body: () throws -> PerplexityText) -> String {
            (#expect(throws: InputError.self) { try body() })?.description ?? ""
        }
        #expect(message { try layOut("a sailor", tokenizer, stride: 2) }.contains("windows neither overlap"))
        #expect(message { try layOut("a sailor", tokenizer, usesBegin: false) }.contains("windows neither overlap"))
        #expect(message { try layOut("a sailor", tokenizer, window: 2) }.contains("a window of 2 tokens"))
        #expect(message { try layOut("a sailor", tokenizer, window: 49) }.contains("a window of 49 tokens"))
        #expect(message { try layOut(" \n", tokenizer) }.contains("no token to score"))
        #expect(message { try layOut("a sailor", LetterTokenizer()) }.contains("needs a mask token"))
    }
}
