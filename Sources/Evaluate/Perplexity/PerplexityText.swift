import FileSupport
import Foundation
import LanguageModel
import Records

/// A text laid out once for measuring the perplexity of many models.
///
/// In every profile but ``ScoringProfile/biasBench`` a begin token stands before every window, every token of the text is
/// scored once, and the normaliser is the number of scored tokens. In ``ScoringProfile/biasBench`` there is no begin
/// token, the mean over the scored tokens of a window counts once for each of its new tokens, and the normaliser is
/// the number of tokens of the text (McGill-NLP/bias-bench; the first token of a window is never scored, and a last
/// window of one token, for which that script gives NaN, is left out).
///
/// A window is `window` tokens, the begin token included and the last one only predicted. The first one scores all that it holds;
/// each later one advances by `stride` tokens and scores only those that the one before it did not hold, the others being context:
/// the windows of transformers' guide "Perplexity of fixed-length models".
///
/// In a profile for masked models it is the pseudo-perplexity (Salazar et al. 2020, arXiv 1910.14659, section 2.2):
/// exp of the mean of −log p over the tokens of the text, each hidden by itself in a copy of its window, between begin and end
/// token. Windows lie end to end, of ``maskedWindow`` tokens unless asked for: each token costs a whole one.
public struct PerplexityText: Sendable {
    /// The input of the model.
    public let sequences: PackedSequences
    /// Every probability taken; the weight is its factor in the sum, 1 but in the profile ``ScoringProfile/biasBench``.
    public let predictions: [Prediction]
    private let blank: Perplexity

    /// The most tokens of a window in which tokens are hidden one by one, unless asked for.
    package static let maskedWindow = 128

    /// Whether it is laid out for masked models: each sequence hides one token, that of the prediction of the same index.
    public var isMasked: Bool { blank.profile.isMasked }

    /// Tokenises a text and lays it out.
    ///
    /// - Parameters:
    ///   - byLine: makes every line that is not empty a text of its own.
    ///   - window: most tokens of a window, the begin token included; nil takes the context length, less 32 in the profile
    ///     `bias-bench`, and at most ``maskedWindow`` in one for masked models.
    ///   - stride: tokens by which windows advance; nil makes them lie end to end.
    ///   - usesBegin: false leaves the begin token out in every profile.
    ///   - place: the file's name, for messages.
    /// - Throws: ``InputError`` for a text without a token to score, for a window or stride out of range, and for a stride or a
    ///   missing frame where tokens are hidden.
    public init(
        _ text: String, tokenizer: some Tokenizer, profile: ScoringProfile = .driftscope, contextLength: Int,
        byLine: Bool = false, window: Int? = nil, stride: Int? = nil, usesBegin: Bool = true,
        place: String = "perplexity text"
    ) throws {
        guard !profile.isMasked else {
            self = try PerplexityText(
                masking: Self.texts(text, byLine: byLine), tokenizer, contextLength: contextLength, byLine: byLine,
                window: window, hasStride: stride != nil, usesBegin: usesBegin, place: place)
            return
        }
        let beginToken = usesBegin && profile != .biasBench ? tokenizer.beginToken : nil
        let window = window ?? (profile == .biasBench ? contextLength - 32 : contextLength)
        let capacity = window - (beginToken == nil ? 0 : 1)
        let stride = stride ?? capacity
        guard capacity >= (beginToken == nil ? 2 : 1), window <= contextLength else {
            throw InputError(
                "a window of \(window) tokens for a context of \(contextLength)", at: place,
                remedy: "give a window between 2 and the model's context length")
        }
        guard (1...capacity).contains(stride) else {
            throw InputError(
                "a stride of \(stride) for a window that holds \(capacity) tokens of text", at: place,
                remedy: "give a stride between 1 and that")
        }
        let texts = Self.texts(text, byLine: byLine)
        var layout = WindowLayout(
            beginToken: beginToken, capacity: capacity, stride: stride, meanPerWindow: profile == .biasBench)
        for bytes in texts where !bytes.isEmpty { layout.add(tokenizer.encode(bytes)) }
        try tokenizer.requireRows(at: place)
        try Self.requireTokens(layout.predictions, texts, at: place)
        sequences = PackedSequences(layout.sequences)
        predictions = layout.predictions
        blank = Perplexity(
            value: .nan, negativeLogLikelihood: .nan,
            normaliser: Double(profile == .biasBench ? layout.coveredTokens : layout.predictions.count),
            normaliserName: profile == .biasBench ? "tokens of the text" : "scored tokens",
            scoredTokens: layout.predictions.count, tokens: layout.tokens, bytes: texts.reduce(0) { $0 + $1.count },
            window: window, stride: stride, beginToken: beginToken != nil, byLine: byLine, profile: profile)
    }

    /// Reads a file and lays it out; see ``init(_:tokenizer:profile:contextLength:byLine:window:stride:usesBegin:place:)``.
    public static func read(
        _ path: String, tokenizer: some Tokenizer, profile: ScoringProfile = .driftscope, contextLength: Int,
        byLine: Bool = false, window: Int? = nil, stride: Int? = nil, usesBegin: Bool = true
    ) throws -> PerplexityText {
        try PerplexityText(
            try Input.text(path), tokenizer: tokenizer, profile: profile, contextLength: contextLength,
            byLine: byLine, window: window, stride: stride, usesBegin: usesBegin, place: path)
    }

    /// A text of a masked model, whose tokens are hidden one by one.
    private init(
        masking texts: [[UInt8]], _ tokenizer: some Tokenizer, contextLength: Int, byLine: Bool, window: Int?,
        hasStride: Bool, usesBegin: Bool, place: String
    ) throws {
        guard let maskToken = tokenizer.maskToken else {
            throw InputError(
                "pseudo-perplexity needs a mask token and the tokenizer has none", at: place,
                remedy: "name it in tokenizer_config.json as mask_token")
        }
        guard !hasStride, usesBegin else {
            throw InputError(
                "a masked model is given all of a window between begin and end token, so that windows neither overlap nor "
                    + "go without them", at: place, remedy: "leave the stride out, and the begin token in")
        }
        let window = window ?? min(contextLength, Self.maskedWindow)
        let capacity = window - tokenizer.framed([]).count
        guard capacity >= 1, window <= contextLength else {
            throw InputError(
                "a window of \(window) tokens for a context of \(contextLength)", at: place,
                remedy: "give a window that holds begin token, end token and text, and no more than the context length")
        }
        let before = tokenizer.beginToken == nil ? 0 : 1
        var (sequences, predictions, tokens, rows) = ([[Int32]](), [Prediction](), 0, 0)
        for ids in texts.map({ tokenizer.encode($0) }) {
            tokens += ids.count
            for start in stride(from: 0, to: ids.count, by: capacity) {
                let whole = tokenizer.framed(Array(ids[start..<min(start + capacity, ids.count)]))
                for row in before..<before + min(capacity, ids.count - start) {
                    var hidden = whole
                    hidden[row] = maskToken
                    predictions.append(Prediction(row: rows + row, token: whole[row]))
                    sequences.append(hidden)
                    rows += hidden.count
                }
            }
        }
        try tokenizer.requireRows(at: place)
        try Self.requireTokens(predictions, texts, at: place)
        self.sequences = PackedSequences(sequences)
        self.predictions = predictions
        blank = Perplexity(
            value: .nan, negativeLogLikelihood: .nan, normaliser: Double(predictions.count),
            normaliserName: "scored tokens", scoredTokens: predictions.count, tokens: tokens,
            bytes: texts.reduce(0) { $0 + $1.count }, window: window, stride: capacity, beginToken: before == 1,
            byLine: byLine, profile: .pseudoLogLikelihood)
    }

    private static func requireTokens(_ predictions: [Prediction], _ texts: [[UInt8]], at place: String) throws {
        guard !predictions.isEmpty, texts.joined().contains(where: { $0 > 0x20 }) else {
            throw InputError("no token to score", at: place, remedy: "give a text with at least two words")
        }
    }

    /// The perplexity of a model on the text; of a masked model the pseudo-perplexity.
    public func measure(_ model: TransformerModel) -> Perplexity {
        precondition(model.isMasked == blank.profile.isMasked, "laid out for models of the other kind")
        let logs = model.logProbabilities(predictions, in: sequences)
        var result = blank
        result.negativeLogLikelihood = -zip(logs, predictions).reduce(0) { $0 + Double($1.0) * Double($1.1.weight) }
        result.value = exp(result.negativeLogLikelihood / result.normaliser)
        return result
    }

    /// The whole text, or its lines.
    private static func texts(_ text: String, byLine: Bool) -> [[UInt8]] {
        byLine ? text.utf8.split(separator: 10).map { withoutReturn($0) } : [Array(text.utf8)]
    }

    private static func withoutReturn(_ line: Substring.UTF8View) -> [UInt8] {
        line.last == 13 ? Array(line.dropLast()) : Array(line)
    }
}

/// Cuts token sequences into windows.
private struct WindowLayout {
    let beginToken: Int32?
    /// Tokens of text that a window holds.
    let capacity: Int
    let stride: Int
    /// Whether a window's mean counts once for each of its new tokens.
    let meanPerWindow: Bool
    var sequences: [[Int32]] = []
    var predictions: [Prediction] = []
    var tokens = 0
    /// New tokens of the windows that have a scored one.
    var coveredTokens = 0
    var rows = 0

    mutating func add(_ text: [Int32]) {
        tokens += text.count
        var fresh = 0
        for start in Swift.stride(from: 0, to: text.count, by: stride) where fresh < text.count {
            let end = min(start + capacity, text.count)
            defer { fresh = end }
            // Without a begin token nothing stands before the first token of a window.
            let firstScored = max(fresh, start + (beginToken == nil ? 1 : 0))
            guard firstScored < end else { continue }
            let input = (beginToken.map { [$0] } ?? []) + text[start..<end - 1]
            let before = rows + (beginToken == nil ? -1 : 0)
            let weight = meanPerWindow ? Float(end - fresh) / Float(end - firstScored) : 1
            for index in firstScored..<end {
                predictions.append(Prediction(row: before + index - start, token: text[index], weight: weight))
            }
            coveredTokens += end - fresh
            sequences.append(input)
            rows += input.count
        }
    }
}
