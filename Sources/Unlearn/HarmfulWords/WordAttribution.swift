import FileSupport
import LanguageModel

/// Leads a model's answer to a question about a text back to the words of the text: gradient × input.
///
/// With s of ``AttributionQuestion`` and e_t the row of the input embedding that the token at place t is read by, the
/// attribution of a word is Σ ⟨∂s/∂e_t, e_t⟩ over the tokens whose bytes touch it (Shrikumar et al. 2016, arXiv 1605.01713,
/// on the gradients of Simonyan et al. 2013, arXiv 1312.6034): to first order what s would lose if these vectors were 0.
/// The same text gives the same bits.
public struct WordAttribution {
    /// What a model answers about a text.
    public struct Answer: Equatable, Sendable {
        /// s, in nats.
        public var score: Double
        /// The words that the model read, in order.
        public var words: [Word]
    }

    /// A word of a text.
    public struct Word: Equatable, Sendable {
        /// Its place in the text's UTF-8 bytes.
        public var bytes: Range<Int>
        /// Its part of s, in nats; above 0 where the word makes the harmful answer likelier.
        public var attribution: Double
    }

    private let model: TransformerModel
    private let tokenizer: any Tokenizer
    private let question: AttributionQuestion

    /// Makes ready to ask a model.
    ///
    /// - Throws: `InputError` for a masked model, and a question that fills the model's context.
    public init(_ model: TransformerModel, tokenizer: any Tokenizer, question: AttributionQuestion) throws {
        guard !model.isMasked else {
            throw InputError(
                "\(model.configuration.type.title) is a masked model, which does not go on after a text",
                at: "harmful.attribution", remedy: "name a causal model, or another source of harmful words")
        }
        (self.model, self.tokenizer, self.question) = (model, tokenizer, question)
        guard longest(after: "") < model.configuration.contextLength else {
            throw InputError(
                "cue and words fill the model's context of \(model.configuration.contextLength) tokens",
                at: "harmful.attribution", remedy: "give a shorter cue")
        }
    }

    /// s of a text, and the part of each of its words. Of a text that does not fit into the context with the question after
    /// it, the model reads as many words as do.
    public func answer(about text: String) -> Answer {
        let (read, words) = fitting(text)
        let sequences = self.sequences(after: read)
        let packed = PackedSequences(sequences.map { $0.tokens.map(\.token) })
        let predictions = zip(sequences, packed.starts).flatMap { sequence, start in
            sequence.asked.map { Prediction(row: start + $0.row, token: $0.token, weight: $0.weight) }
        }
        let (values, gradient) = model.inputGradient(of: [.weightedLogLikelihood(predictions)], in: packed)
        let vectors = model.inputRows(packed.tokens.map(Int.init))
        var parts = [Double](repeating: 0, count: words.count)
        for (sequence, start) in zip(sequences, packed.starts) {
            for (place, token) in sequence.tokens.enumerated() {
                let product = zip(gradient.row(start + place), vectors.row(start + place))
                    .reduce(0) { $0 + Double($1.0) * Double($1.1) }
                for (word, bytes) in words.enumerated() where bytes.overlaps(token.bytes) { parts[word] += product }
            }
        }
        return Answer(score: values[0], words: zip(words, parts).map { Word(bytes: $0, attribution: $1) })
    }
}

// MARK: - What the model reads

extension WordAttribution {
    /// Tokens with the bytes they stand for, and what is asked of them.
    private struct AskedSequence {
        var tokens: [(token: Int32, bytes: Range<Int>)]
        var asked: [(row: Int, token: Int32, weight: Float)] = []
    }

    /// The words of a text that fit, and the text up to the last of them.
    private func fitting(_ text: String) -> (text: String, words: [Range<Int>]) {
        var bytes = Array(text.utf8)
        var words = TextWords(text).words.map(\.bytes)
        // White space at the end is not the text's: the cue follows after one space.
        while let last = bytes.last, [32, 9, 10, 13].contains(last) { bytes.removeLast() }
        var read = String(decoding: bytes, as: UTF8.self)
        while !words.isEmpty {
            let excess = longest(after: read) - model.configuration.contextLength
            guard excess > 0 else { return (read, words) }
            let tokens = tokenizer.encodeWithOffsets(read)
            let end = min(tokens[max(0, tokens.count - excess)].bytes.lowerBound, read.utf8.count - 1)
            words.removeAll { $0.upperBound > end }
            read = String(decoding: bytes[..<(words.last?.upperBound ?? 0)], as: UTF8.self)
        }
        return ("", [])
    }

    /// The most tokens that the model reads of a text and a word of the question.
    private func longest(after text: String) -> Int {
        (question.harmful + question.harmless).map { encoded(text, $0).count }.max() ?? 0
    }

    /// Text, cue and a word.
    private func encoded(_ text: String, _ word: String) -> [(token: Int32, bytes: Range<Int>)] {
        let tokens = tokenizer.encodeWithOffsets(
            text + (text.isEmpty ? "" : " ") + question.cue + " " + word)
        return (tokenizer.beginToken.map { [(token: $0, bytes: 0..<0)] } ?? []) + tokens
    }

    /// The sequences to be read, each without the last token of its words; words whose beginnings are part of another's
    /// sequence are asked for there, so that words of one token take one sequence together.
    private func sequences(after text: String) -> [AskedSequence] {
        var asked: [(tokens: [(token: Int32, bytes: Range<Int>)], first: Int, weight: Float)] = []
        for (words, sign) in [(question.harmful, Float(1)), (question.harmless, -1)] {
            for word in words {
                let tokens = encoded(text, word)
                let length = tokens.last.map { $0.bytes.upperBound } ?? 0
                let first = tokens.firstIndex { $0.bytes.upperBound > length - word.utf8.count } ?? 0
                asked.append((tokens, first, sign / Float(words.count)))
            }
        }
        var sequences: [AskedSequence] = []
        // The longest first, in the order of the question where they are as long.
        let order = asked.indices.sorted { (asked[$1].tokens.count, $0) < (asked[$0].tokens.count, $1) }
        for index in order {
            let (tokens, first, weight) = asked[index]
            let context = tokens.dropLast()
            let known = sequences.firstIndex { $0.tokens.map(\.token).starts(with: context.map(\.token)) }
            if known == nil { sequences.append(AskedSequence(tokens: Array(context))) }
            let place = known ?? sequences.count - 1
            for position in max(first, 1)..<tokens.count {
                sequences[place].asked.append((position - 1, tokens[position].token, weight))
            }
        }
        return sequences
    }
}
