import FileSupport
import Foundation
import LanguageModel
import TestSupport
import Testing

@Suite("Training")
struct TrainingTests {
    private var configuration: TrainingConfiguration {
        var out = TrainingConfiguration()
        (out.vocabularySize, out.contextLength, out.hiddenSize, out.layerCount, out.headCount) = (400, 16, 32, 1, 2)
        (out.steps, out.batchTokens, out.learningRate, out.warmupSteps) = (200, 128, 1e-2, 5)
        (out.heldOutFraction, out.evaluateEvery, out.seed) = (0.1, 80, 3)
        return out
    }

    /// Sentences of a grammar in which the third word follows from the first.
    private var texts: [String] {
        let pairs = [("miller", "flour"), ("smith", "iron"), ("weaver", "cloth"), ("baker", "bread")]
        return (0..<200).map { index in
            let (who, what) = pairs[index % pairs.count]
            return "The \(who) \(["sells", "keeps", "wants"][index % 3]) \(what)."
        }
    }

    @Test("a model learns a small grammar, and words that it has not seen together stay unlikely")
    func learns() throws {
        var points: [TrainingPoint] = []
        let (model, tokenizer, summary) = try Trainer.train(texts: texts, configuration: configuration) {
            points.append($0)
            return true
        }
        #expect(points.map(\.step) == Array(1...200))
        #expect(points.compactMap(\.heldOutLoss).count == 3 && summary.measurements.count == 3)
        let heldOut = try #require(summary.heldOutLoss)
        // Two of the six tokens asked for are open, one of four trades and one of three verbs.
        let best: Double = log(12) / 6
        #expect(heldOut > best - 0.05 && heldOut < best + 0.1, "\(heldOut) for \(best)")
        #expect(summary.heldOutPerplexity == exp(heldOut) && summary.heldOutDocuments == 20)
        #expect(points[0].loss > 3 * summary.trainingLoss)
        let begin = try #require(tokenizer.beginToken)
        let words = tokenizer.encode("The smith keeps iron.")
        let packed = PackedSequences([[begin] + words])
        let iron = try #require(tokenizer.id(ofKey: "Ġiron"))
        let bread = try #require(tokenizer.id(ofKey: "Ġbread"))
        let found = model.logProbabilities(
            [Prediction(row: 3, token: iron), Prediction(row: 3, token: bread)], in: packed)
        #expect(found[0] > -0.1 && found[1] < -3, "\(found)")
    }

    @Test("the same seed gives the same bits, another seed another model, and a training can be ended early")
    func deterministic() throws {
        var short = configuration
        short.steps = 5
        let (a, tokenizer, summary) = try Trainer.train(texts: texts, configuration: short)
        let (b, _, again) = try Trainer.train(texts: texts, configuration: short)
        #expect(a.values.buffer.elementsEqual(b.values.buffer) && summary == again)
        short.seed = 4
        let (c, _, _) = try Trainer.train(texts: texts, configuration: short, tokenizer: tokenizer)
        #expect(!a.values.buffer.elementsEqual(c.values.buffer))
        let (_, _, ended) = try Trainer.train(texts: texts, configuration: short) { $0.step < 2 }
        #expect(ended.steps == 2 && ended.heldOutLoss != nil)
    }

    @Test("documents are the lines of files, CR LF and blank lines dropped")
    func documents() throws {
        let folder = try temporaryFolder("documents")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try AtomicFile.write("one\r\ntwo words\n\n  \t\n\u{301}three\n", to: folder + "/a.txt")
        try AtomicFile.write("four", to: folder + "/b.txt")
        let found = try Trainer.documents(inFiles: [folder + "/a.txt", folder + "/b.txt"])
        #expect(found == ["one", "two words", "\u{301}three", "four"])
    }

    @Test("impossible settings and empty texts are refused by name")
    func refusals() throws {
        func message(_ change: (inout TrainingConfiguration) -> Void, _ texts: [String] = ["a b c"]) throws -> String {
            var changed = configuration
            change(&changed)
            return try #require(throws: InputError.self) {
                try Trainer.train(texts: texts, configuration: changed)
            }.description
        }
        #expect(try message { $0.headCount = 3 }.contains("headCount is 3"))
        #expect(try message { $0.steps = 0 }.contains("steps is 0"))
        #expect(try message { $0.learningRate = -1 }.contains("learningRate"))
        #expect(try message { $0.vocabularySize = 10 }.contains("10 tokens"))
        #expect(try message({ _ in }, ["", ""]).contains("no text"))
    }
}
