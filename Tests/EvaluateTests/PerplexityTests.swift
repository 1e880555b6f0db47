import Evaluate
import FileSupport
import Foundation
import LanguageModel
import LinearAlgebra
import Records
import TestSupport
import Testing

@Suite("Perplexity")
struct PerplexityTests {
    static let text = "the cat sat on the mat\nand the dog lay down by the door\nuntil morning"
    private let context = TinyModels.sizes.contextLength

    private func laidOut(
        _ text: String = Self.text, _ profile: ScoringProfile = .driftscope, byLine: Bool = false, window: Int? = 16,
        stride: Int? = nil, begin: Int32? = 27
    ) throws -> PerplexityText {
        try PerplexityText(
            text, tokenizer: LetterTokenizer(beginToken: begin), profile: profile, contextLength: context,
            byLine: byLine, window: window, stride: stride)
    }

    @Test(
        "a model without knowledge has the vocabulary's size, in every window and profile",
        arguments: [2, 3, 7, 16, 24], ScoringProfile.causal)
    func uniform(window: Int, profile: ScoringProfile) throws {
        for stride in Set([1, (window + 1) / 2, window - 1]) {
            for byLine in [false, true] {
                let value = try laidOut(Self.text, profile, byLine: byLine, window: window, stride: stride)
                    .measure(TinyModels.uniform()).value
                #expect(abs(value - 28) < 1e-4, "stride \(stride), by line \(byLine): \(value)")
            }
        }
    }

    @Test("every token is scored exactly once with a begin token, whatever the window", arguments: [2, 5, 16, 24])
    func coverage(window: Int) throws {
        let tokens = LetterTokenizer().encode(Self.text)
        for stride in 1...window - 1 {
            let layout = try laidOut(window: window, stride: stride)
            #expect(layout.predictions.map(\.token) == tokens)
            let lengths = (0..<layout.sequences.sequenceCount).map { layout.sequences.range($0).count }
            #expect(lengths.allSatisfy { $0 < window })
        }
    }

    @Test("windows and lines are those of one token at a time")
    func naive() throws {
        let model = TinyModels.random()
        let naive = NaiveScorer(model: model)
        let tokens = LetterTokenizer().encode(Self.text)

        // Windows of 16 with the begin token, advancing by 4: one holds 15 tokens, and its last 4 see 11 to 14 before them.
        var sum = 0.0
        for i in tokens.indices {
            let start = i < 15 ? 0 : (i - 15) / 4 * 4 + 4
            sum -= naive.log(tokens[i], [27] + tokens[start..<i])
        }
        let sliding = try laidOut(stride: 4).measure(model)
        #expect(abs(sliding.negativeLogLikelihood - sum) < 1e-3)
        #expect(abs(sliding.value - exp(sum / Double(tokens.count))) < 1e-4 * sliding.value)
        #expect(sliding.scoredTokens == tokens.count && sliding.tokens == tokens.count)
        #expect(sliding.window == 16 && sliding.stride == 4 && sliding.beginToken)

        sum = 0
        let lines = Self.text.split(separator: "\n").map { LetterTokenizer().encode(String($0)) }
        for line in lines where line.count < 24 {
            sum -= naive.tokens(line, beginsInContext: true).reduce(0, +)
        }
        let short = Self.text.split(separator: "\n").filter { $0.utf8.count < 24 }.joined(separator: "\r\n\n")
        let byLine = try laidOut(short, byLine: true, window: 24).measure(model)
        #expect(abs(byLine.negativeLogLikelihood - sum) < 1e-3)
        #expect(byLine.bytes == lines.filter { $0.count < 24 }.reduce(0) { $0 + $1.count })
    }

    @Test("bias-bench weighs each window's mean by its length and divides by all tokens")
    func biasBench() throws {
        let model = TinyModels.random()
        let naive = NaiveScorer(model: model)
        let tokens = Array(LetterTokenizer().encode(Self.text).prefix(60))
        var sum = 0.0
        for start in stride(from: 0, to: 60, by: 16) {
            let window = Array(tokens[start..<min(start + 16, 60)])
            let logs = window.indices.dropFirst().map { naive.log(window[$0], Array(window[..<$0])) }
            sum -= logs.reduce(0, +) / Double(logs.count) * Double(window.count)
        }
        let text = String(decoding: Array(Self.text.utf8.prefix(60)), as: UTF8.self)
        let result = try laidOut(text, .biasBench).measure(model)
        #expect(abs(result.value - exp(sum / 60)) < 1e-4 * result.value)
        #expect(result.normaliser == 60 && result.normaliserName == "tokens of the text")
        #expect(result.scoredTokens == 56 && !result.beginToken && result.stride == 16)
    }

    @Test("without a begin token the first token is not scored")
    func noBeginToken() throws {
        let layout = try laidOut(stride: 8, begin: nil)
        #expect(layout.predictions.map(\.token) == Array(LetterTokenizer().encode(Self.text).dropFirst()))
    }

    @Test("the default windows are the whole context, and 32 less in bias-bench")
    func defaults() throws {
        #expect(try laidOut(window: nil).measure(TinyModels.uniform()).window == 24)
        let tokenizer = LetterTokenizer()
        let wide = try PerplexityText(Self.text, tokenizer: tokenizer, profile: .biasBench, contextLength: 1024)
        #expect(wide.sequences.tokenCount == Self.text.utf8.count - 1)
        let error = #expect(throws: InputError.self) { try laidOut(Self.text, .biasBench, window: nil) }
        #expect(error?.description.contains("a window of -8 tokens") == true)
    }

    @Test("an empty text, a window out of range and a stride that skips tokens are refused")
    func refused() {
        #expect(throws: InputError.self) { try laidOut("") }
        #expect(throws: InputError.self) { try laidOut("a", .biasBench) }
        #expect(throws: InputError.self) { try laidOut(window: 25) }
        #expect(throws: InputError.self) { try laidOut(window: 1) }
        #expect(throws: InputError.self) { try laidOut(window: 16, stride: 16) }
        #expect(throws: InputError.self) { try laidOut(window: 16, stride: 0) }
    }

    @Test("bits per byte are the same number in another unit")
    func bitsPerByte() throws {
        let result = try laidOut().measure(TinyModels.uniform())
        #expect(abs(result.bitsPerByte - log2(28.0)) < 1e-5)
    }
}
