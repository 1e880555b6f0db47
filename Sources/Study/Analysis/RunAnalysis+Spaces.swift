import Analyze
import Embeddings
import FileSupport
import LinearAlgebra
import StudyFiles

extension RunAnalysis {
    /// The embedding spaces of a run that can be compared, input embeddings first, and those that cannot, with reasons.
    static func spaces(
        _ reader: RunReader, study: StudyFile
    ) throws -> (spaces: [DriftInput], missing: [NotComputed]) {
        let known = try reader.snapshots()
        let sides = ["before", "after"].map { label in known.first { $0.label == label } }
        guard let before = sides[0], let after = sides[1] else {
            let held = known.isEmpty ? "no snapshot" : "only " + known.map { "'\($0.label)'" }.joined(separator: ", ")
            return (
                [],
                ["input embeddings", "output embeddings", "contextual vectors"].map {
                    NotComputed(
                        what: "drift of \($0)",
                        reason: "the run holds \(held); drift needs snapshots 'before' and 'after'")
                }
            )
        }
        var spaces: [DriftInput] = []
        var missing: [NotComputed] = []
        if before.dimensions != after.dimensions {
            missing.append(
                NotComputed(
                    what: "drift of input and output embeddings",
                    reason: "a row has \(before.dimensions) numbers before and \(after.dimensions) after"))
        } else {
            let input = try inputSpace(reader, study: study, before: before, after: after)
            spaces.append(input)
            let without = try [before, after].filter { try !reader.holds(.output, of: $0) }
            if without.isEmpty {
                spaces.append(try outputSpace(reader, study: study, before: before, after: after, input: input))
            } else {
                missing.append(
                    NotComputed(
                        what: "drift of output embeddings",
                        reason: "the run holds none for \(without.map { "'\($0.label)'" }.joined(separator: " and "))"))
            }
        }
        let contextual = try contextualSpaces(reader, domains: analysisDomains(study))
        if contextual.isEmpty {
            missing.append(
                NotComputed(what: "drift of contextual vectors", reason: "the run holds none for both sides"))
        }
        return (spaces + contextual, missing)
    }

    /// The input embeddings before and after, with what is known of each token.
    static func inputSpace(_ reader: RunReader, study: StudyFile) throws -> DriftInput {
        try inputSpace(
            reader, study: study, before: try reader.snapshot("before"), after: try reader.snapshot("after"))
    }

    private static func inputSpace(
        _ reader: RunReader, study: StudyFile, before: SnapshotInfo, after: SnapshotInfo
    ) throws -> DriftInput {
        try embeddingSpace(reader, study: study, side: .input, before: before, after: after)
    }

    /// The output embeddings; those of tied matrices are the input's, seen from the side of the logits.
    private static func outputSpace(
        _ reader: RunReader, study: StudyFile, before: SnapshotInfo, after: SnapshotInfo, input: DriftInput
    ) throws -> DriftInput {
        guard before.isTied, after.isTied else {
            return try embeddingSpace(reader, study: study, side: .output, before: before, after: after)
        }
        var out = input
        out.space = "output embeddings (tied)"
        out.side = .output
        out.hiddenStates = try hiddenStates(reader, before)
        return out
    }

    /// What output-side movement is weighed by.
    private static func hiddenStates(_ reader: RunReader, _ snapshot: SnapshotInfo) throws -> Matrix<Float>? {
        try reader.contextual(step: snapshot.step)?.mean.last
    }

    /// One side's token matrix. The lexicons' control words and every other whole word of no concept serve as controls.
    private static func embeddingSpace(
        _ reader: RunReader, study: StudyFile, side: EmbeddingSide, before: SnapshotInfo, after: SnapshotInfo
    ) throws -> DriftInput {
        guard let tokens = try reader.tokens(), let concepts = try reader.concepts() else {
            throw InputError("the run holds no tokens or concepts", at: reader.path, remedy: "go on with it: --resume")
        }
        let words = concepts.words.filter { !$0.isControl }
        let spellings = WholeWords(tokens)
        let conceptWords = Set(words.flatMap(\.singleTokens).compactMap { spellings.word(Int($0)) })
        // A row that the vocabulary does not name is an added one.
        func key(_ row: Int) -> String { row < tokens.count ? tokens.keys[row] : "<|row-\(row)|>" }
        let rows = (0..<before.rows).map { i -> DriftRowInfo in
            guard i < tokens.count else {
                return DriftRowInfo(key: key(i), frequency: 0, exposure: .unexposed, isPadding: true, isControl: false)
            }
            let exposure: WordExposure =
                tokens.forgetMaskedCount[i] > 0 ? .masked : tokens.forgetCount[i] > 0 ? .seen : .unexposed
            let word = spellings.word(i)
            return DriftRowInfo(
                key: tokens.keys[i], frequency: Int(max(0, tokens.corpusCount[i])), exposure: exposure,
                isPadding: tokens.isPadRow[i] || tokens.isSpecial[i],
                isControl: word.map { !conceptWords.contains($0) } ?? false, word: word)
        }
        return DriftInput.matching(
            space: side == .input ? "input embeddings" : "output embeddings",
            side: side == .input ? .input : .output, before: try reader.embedding(before, side: side), rows: rows,
            after: try reader.embedding(after, side: side), afterKeys: (0..<after.rows).map(key),
            words: words.filter { !$0.singleTokens.isEmpty }.map {
                driftWord($0, rows: $0.singleTokens.map(Int.init).filter { $0 < before.rows })
            },
            dropped: dropped(words), domains: analysisDomains(study),
            hiddenStates: side == .output ? try hiddenStates(reader, before) : nil)
    }

    /// The word vectors of every layer, where both snapshots have them; the controls are the control lexicons' words.
    private static func contextualSpaces(_ reader: RunReader, domains: [AnalysisDomain]) throws -> [DriftInput] {
        let snapshots = try reader.snapshots()
        guard let first = snapshots.first(where: { $0.label == "before" }),
            let last = snapshots.first(where: { $0.label == "after" }),
            let before = try reader.contextual(step: first.step), let after = try reader.contextual(step: last.step),
            let concepts = try reader.concepts()
        else { return [] }
        let words = concepts.words
        guard words.count == before.words.count, before.mean.count == after.mean.count else {
            throw InputError(
                "the contextual vectors are of other words than the concepts", at: reader.path,
                remedy: "run the study again")
        }
        return before.mean.indices.map { layer in
            DriftInput(
                space: layer == 0 ? "contextual, embeddings" : "contextual, layer \(layer)", side: .contextual,
                before: before.mean[layer], after: after.mean[layer],
                rows: words.map { word in
                    DriftRowInfo(
                        key: word.word, frequency: 0, exposure: exposure(word.exposure),
                        tokenCount: word.singleTokens.isEmpty ? 2 : 1, isControl: word.isControl)
                },
                words: words.enumerated().filter { !$1.isControl }.map { driftWord($1, rows: [$0]) },
                domains: domains)
        }
    }

    private static func driftWord(_ word: ResolvedWord, rows: [Int]) -> DriftWord {
        DriftWord(
            domain: word.domain, group: word.group, word: word.word, rows: rows, exposure: exposure(word.exposure),
            inTwoConcepts: word.inTwoConcepts, pair: word.pair)
    }

    private static func exposure(_ level: ExposureLevel) -> WordExposure {
        switch level {
        case .masked: .masked
        case .seen: .seen
        case .unexposed: .unexposed
        }
    }

    private static func dropped(_ words: [ResolvedWord]) -> [DroppedWord] {
        words.filter(\.singleTokens.isEmpty).map {
            DroppedWord(
                domain: $0.domain, group: $0.group, word: $0.word,
                reason: $0.status == .multi ? "no spelling is a single token" : "the tokenizer cannot spell it")
        }
    }
}

/// Which tokens spell whole words, and which word: ` word`, ` Word`, `word`, `Word` and ` WORD` are one word's variants, as
/// they are for concept words, provided that one of them has the leading space; without it a token may be a piece.
private struct WholeWords {
    private var words: [String?]

    init(_ tokens: TokenTable) {
        let texts = tokens.bytes.map(Self.text)
        let begun = Set(texts.compactMap { $0.flatMap { $0.hasSpace && $0.letters.count > 1 ? $0.lower : nil } })
        words = texts.map { text in
            guard let text, begun.contains(text.lower) else { return nil }
            let isTitle = text.letters.dropFirst().allSatisfy(\.isLowercase)
            let isCapital = text.hasSpace && text.letters.allSatisfy(\.isUppercase)
            return isTitle || isCapital ? text.lower : nil
        }
    }

    /// The word of a token, in lower case; nil for a token that is none.
    func word(_ token: Int) -> String? { token < words.count ? words[token] : nil }

    private static func text(_ bytes: [UInt8]) -> (hasSpace: Bool, letters: String, lower: String)? {
        let hasSpace = bytes.first == 0x20
        let letters = hasSpace ? bytes.dropFirst() : bytes[...]
        guard !letters.isEmpty, letters.allSatisfy({ ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7A }) else { return nil }
        let text = String(decoding: letters, as: UTF8.self)
        return (hasSpace, text, text.lowercased())
    }
}
