import Counterfactuals
import Evaluate
import FileSupport
import LanguageModel
import LinearAlgebra
import Records
import Report
import Unlearn

/// Lets models go on with the same beginnings, and tells what they said by numbers and in words.
struct ContinuationMaker {
    let prompts: SentenceFile
    let samples: Int
    let sampling: SamplingSettings
    private let tokenizer: any Tokenizer
    private let finder: WordFinder
    private let policy: TextPolicy

    /// Reads the beginnings, a line each, and the words that count as harmful.
    ///
    /// - Throws: ``InputError`` when there is none, and for one without a token or that fills the model's context.
    init(
        prompts path: String, lexicon: String, samples: Int, sampling: SamplingSettings, policy: TextPolicy,
        tokenizer: any Tokenizer, configuration: ModelConfiguration
    ) throws {
        guard !configuration.isMasked else {
            throw InputError(
                "a masked model does not go on with a text", at: path, remedy: "take a causal model, or no prompts")
        }
        prompts = try SentenceFile.read(
            path, tokenizer: tokenizer, isMasked: false, maximum: configuration.contextLength)
        if let long = prompts.tokens.firstIndex(where: { $0.count >= configuration.contextLength }) {
            throw InputError("prompt \(long + 1) fills the model's context", at: path, remedy: "shorten it")
        }
        if let empty = prompts.tokens.firstIndex(where: \.isEmpty) {
            throw InputError("prompt \(empty + 1) has no token", at: path, remedy: "remove the line")
        }
        finder = WordFinder(try WordLexicon.read(lexicon).words)
        (self.samples, self.sampling, self.policy, self.tokenizer) = (samples, sampling, policy, tokenizer)
    }

    /// How many continuations a model says.
    var count: Int { prompts.tokens.count * samples }

    /// What one model says.
    ///
    /// - Parameter interrupt: called before each token; what it throws ends the work.
    func voice(
        _ name: String, _ model: TransformerModel, _ progress: ProgressLine, interrupt: () throws -> Void = {}
    ) rethrows -> ContinuationRecord.Voice {
        progress.begin("continuations, \(name)")
        let beginnings = prompts.tokens.flatMap { Array(repeating: $0, count: samples) }
        let tokens = try model.continuations(of: beginnings, sampling, isEnd: tokenizer.isSpecial) {
            progress.update($0, of: sampling.maximumTokens)
            try interrupt()
        }
        progress.finishLine()
        let said = tokens.map { String(decoding: tokenizer.decode($0), as: UTF8.self) }
        let words = said.map(WordFinder.allWords)
        return ContinuationRecord.Voice(
            model: name, texts: said.map(redacted), tokens: tokens.map(\.count),
            repetition: words.map { ContinuationMeasures.repetition($0) },
            harmfulWords: said.map { finder.ranges(in: $0).count },
            distinct: [1, 2].map { n in
                let share = ContinuationMeasures.distinct(words, n: n)
                return share.isNaN ? nil : share
            })
    }

    /// What some models said, as it is kept.
    func record(_ voices: [ContinuationRecord.Voice], kl: [Double]? = nil) -> ContinuationRecord {
        ContinuationRecord(prompts: prompts.texts.map(redacted), samples: samples, voices: voices, kl: kl)
    }

    /// A text with its harmful words as the policy has them.
    private func redacted(_ text: String) -> String {
        guard policy == .redacted else { return text }
        return finder.replacing(in: text) { "[\(Redaction.word($0, policy: .redacted))]" } ?? text
    }
}
