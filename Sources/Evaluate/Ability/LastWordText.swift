import FileSupport
import Foundation
import LanguageModel
import Records
import Statistics

/// Passages whose last word a model is asked for, laid out once: the task of LAMBADA (Paperno et al. 2016), from any text.
///
/// A passage a line. Its last word is what stands behind its last space, with the spaces before it; blanks at the end of a line are
/// not part of it. Its tokens are those of the whole passage behind the tokens of what stands before it, as lm-evaluation-harness
/// cuts them. Before a passage stands the begin token; in ``ScoringProfile/biasBench`` there is none, in ``ScoringProfile/lmEval``
/// only where the tokenizer itself puts one before every text.
public struct LastWordText: Sendable {
    /// Whether a begin token stands before every passage.
    public let beginToken: Bool
    private let name: String
    private let profile: ScoringProfile
    private let skipped: [SkippedRow]
    private let passages: [(row: Int, predictions: Range<Int>)]
    private let sequences: PackedSequences
    private let predictions: [Prediction]

    /// Tokenises passages and lays them out.
    ///
    /// - Parameters:
    ///   - contextLength: the most tokens that the models take; a longer passage is skipped with the reason.
    ///   - usesBegin: false leaves the begin token out in every profile.
    ///   - place: the file, for messages; its name is the table's.
    /// - Throws: ``InputError`` when no passage can be scored.
    public init(
        _ text: String, tokenizer: some Tokenizer, profile: ScoringProfile = .driftscope, contextLength: Int,
        usesBegin: Bool = true, place: String = "last words"
    ) throws {
        let begins = usesBegin && (profile == .lmEval ? tokenizer.addsBeginToken : profile != .biasBench)
        let front = begins ? tokenizer.beginToken.map { [$0] } ?? [] : []
        var (inputs, asked, passages): ([[Int32]], [Prediction], [(Int, Range<Int>)]) = ([], [], [])
        var (skipped, rows): ([SkippedRow], Int) = ([], 0)
        let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
        for (row, line) in lines.enumerated() {
            let passage = line.trimmed
            guard !passage.isEmpty else { continue }
            func skip(_ reason: String) {
                skipped.append(SkippedRow(row: row, domain: LastWordScore.domain, reason: reason))
            }
            guard let space = passage.lastIndex(of: " "), !passage[..<space].trimmed.isEmpty else {
                skip("a passage of one word")
                continue
            }
            let tokens = front + tokenizer.encode(String(passage))
            let known = front.count + tokenizer.encode(String(passage[..<space].trimmed)).count
            guard tokens.count - 1 <= contextLength else {
                skip("more tokens than the model takes (\(contextLength))")
                continue
            }
            guard known < tokens.count else {
                skip("a last word without a token of its own")
                continue
            }
            passages.append((row, asked.count..<asked.count + tokens.count - known))
            asked += (known..<tokens.count).map { Prediction(row: rows + $0 - 1, token: tokens[$0]) }
            inputs.append(tokens.dropLast())
            rows += tokens.count - 1
        }
        try tokenizer.requireRows(at: place)
        guard !passages.isEmpty else {
            throw InputError(
                "no passage with a last word to ask for" + (skipped.first.map { " (\($0.reason))" } ?? ""), at: place,
                remedy: "give a text with a passage a line")
        }
        (name, beginToken) = (((place as NSString).lastPathComponent as NSString).deletingPathExtension, !front.isEmpty)
        (self.profile, self.passages, self.skipped) = (profile, passages, skipped)
        (sequences, predictions) = (PackedSequences(inputs), asked)
    }

    /// Reads a file and lays it out; see ``init(_:tokenizer:profile:contextLength:usesBegin:place:)``.
    public static func read(
        _ path: String, tokenizer: some Tokenizer, profile: ScoringProfile = .driftscope, contextLength: Int,
        usesBegin: Bool = true
    ) throws -> LastWordText {
        try LastWordText(
            try Input.text(path), tokenizer: tokenizer, profile: profile, contextLength: contextLength,
            usesBegin: usesBegin, place: path)
    }

    /// The last words under a model, in the order of the text.
    public func measure(_ model: TransformerModel) -> BenchmarkTable<LastWordScore> {
        precondition(!model.isMasked, "a masked model gives no probability of the next token")
        let found = model.likelihoods(predictions, in: sequences)
        let scores = passages.map { row, places in
            LastWordScore(
                row: row, logProbability: found[places].reduce(0) { $0 + Double($1.log) }, tokens: places.count,
                isRight: found[places].allSatisfy(\.isLikeliest))
        }
        return BenchmarkTable(benchmark: name, profile: profile, scores: scores, skipped: skipped)
    }
}

/// What a model gives to the last word of one passage.
public struct LastWordScore: BenchmarkScore {
    static let domain = "passages"

    /// The passage's line, counted from 0.
    public let row: Int
    /// log p of the word, the sum over its tokens.
    public let logProbability: Double
    /// Number of its tokens.
    public let tokens: Int
    /// Whether every one of them is the likeliest token at its place.
    public let isRight: Bool
    /// One for all passages.
    public var domain: String { Self.domain }
    /// log p of the word: there is nothing to compare it with.
    public var gap: Double { logProbability }

    /// Number of tokens, and whether the word is found (1) or not (0).
    public static func columns(_ scores: [LastWordScore]) -> [ScoreColumn] {
        [
            ScoreColumn("tokens", .count(scores.map(\.tokens))),
            ScoreColumn("right", .count(scores.map { $0.isRight ? 1 : 0 })),
        ]
    }

    /// Number; words found, in per cent; exp of the mean −log p of a word, which counts once whatever its tokens.
    public static func measures(_ scores: [LastWordScore]) -> [Measure] {
        [
            .count("count", scores.count, heading: "N"),
            .share("accuracy", scores.map(\.isRight), heading: "acc %"),
            Measure(
                "perplexity", exp(-mean(scores.map(\.logProbability))), heading: "perplexity of a word",
                statistic: Statistic([scores.map(\.logProbability)]) { exp(-$0[0]) }),
        ]
    }
}

extension Substring {
    /// Without blanks at its end.
    fileprivate var trimmed: Substring {
        guard let last = lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return self[...last]
    }
}
