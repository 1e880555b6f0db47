import FileSupport
import LinearAlgebra
import Records

/// The embedding spaces of a run.
public enum EmbeddingSpaces {
    /// Those that can be compared, input embeddings first, and those that cannot, with reasons.
    static func all(
        of records: RunRecords, domains: [AnalysisDomain]
    ) throws -> (spaces: [DriftInput], missing: [NotComputed]) {
        var spaces: [DriftInput] = []
        var missing: [NotComputed] = []
        let isMasked = records.evaluations.first.map { ScoringProfile(named: $0.profile).isMasked } ?? false
        if isMasked {
            missing.append(
                NotComputed(
                    what: "logit change",
                    reason: "the states that a masked model's head multiplies come from a layer of the head's own"))
        }
        func miss(_ what: String, _ reason: String) {
            missing.append(NotComputed(what: "drift of " + what, reason: reason))
        }
        guard let before = records.before, let after = records.after else {
            let labels = records.snapshots.map { "'\($0.label)'" }.joined(separator: ", ")
            for what in ["input embeddings", "output embeddings", "contextual vectors"] {
                miss(
                    what,
                    "the run holds \(labels.isEmpty ? "no snapshot" : "only " + labels); "
                        + "drift needs snapshots 'before' and 'after'")
            }
            return ([], missing)
        }
        guard let concepts = records.concepts, let tokens = records.tokens else {
            throw InputError("the run holds no tokens or concepts", at: "run.h5", remedy: "go on with it: --resume")
        }
        if before.info.dimensions != after.info.dimensions {
            miss(
                "input and output embeddings",
                "a row has \(before.info.dimensions) numbers before and \(after.info.dimensions) after")
        } else {
            let rows = TokenRows(tokens, concepts, domains: domains)
            var input = rows.space("input embeddings", before: before.input, after: after.input)
            spaces.append(input)
            if let outputBefore = before.output, let outputAfter = after.output {
                if before.info.isTied, after.info.isTied {
                    // The same matrices, seen from the side of the logits.
                    input.space = "output embeddings (tied)"
                } else {
                    input = rows.space("output embeddings", before: outputBefore, after: outputAfter)
                }
                input.side = .output
                // A masked model's head has a layer of its own, whose output is not among the states.
                if !isMasked { input.hiddenStates = before.contextual?.mean.last }
                spaces.append(input)
            } else {
                let without = [before, after].filter { $0.output == nil }.map { "'\($0.info.label)'" }
                miss("output embeddings", "the run holds none for \(without.joined(separator: " and "))")
            }
        }
        if let before = before.contextual, let after = after.contextual {
            spaces += try contextual(before, after, concepts.words, domains: domains)
        } else {
            miss("contextual vectors", "the run holds none for both sides")
        }
        return (spaces, missing)
    }

    /// The input embeddings before and after, with what is known of each token.
    public static func input(
        before: Matrix<Float>, after: Matrix<Float>, tokens: TokenTable, concepts: ConceptTable,
        domains: [AnalysisDomain]
    ) -> DriftInput {
        TokenRows(tokens, concepts, domains: domains).space("input embeddings", before: before, after: after)
    }

    /// The word vectors of every layer; the controls are the control lexicons' words.
    private static func contextual(
        _ before: ContextualTable, _ after: ContextualTable, _ words: [ResolvedWord], domains: [AnalysisDomain]
    ) throws -> [DriftInput] {
        guard words.count == before.words.count, before.words.count == after.words.count,
            before.mean.count == after.mean.count
        else {
            throw InputError(
                "the contextual vectors are of other words than the concepts", at: "/contextual",
                remedy: "run the study again")
        }
        return before.mean.indices.map { layer in
            DriftInput(
                space: layer == 0 ? "contextual, embeddings" : "contextual, layer \(layer)", side: .contextual,
                before: before.mean[layer], after: after.mean[layer],
                rows: words.map { word in
                    DriftRowInfo(
                        key: word.word, frequency: 0, exposure: word.exposure,
                        tokenCount: word.singleTokens.isEmpty ? 2 : 1, isControl: word.isControl)
                },
                words: words.enumerated().filter { !$1.isControl }.map { DriftWord($1, rows: [$0]) },
                domains: domains)
        }
    }
}

/// What is known of the rows of a token matrix. The lexicons' control words and every other whole word of no concept
/// serve as controls.
private struct TokenRows {
    let tokens: TokenTable
    let words: [ResolvedWord]
    let spellings: WholeWords
    let domains: [AnalysisDomain]

    init(_ tokens: TokenTable, _ concepts: ConceptTable, domains: [AnalysisDomain]) {
        (self.tokens, self.domains, spellings) = (tokens, domains, WholeWords(tokens))
        words = concepts.words.filter { !$0.isControl }
    }

    func space(_ name: String, before: Matrix<Float>, after: Matrix<Float>) -> DriftInput {
        let conceptWords = Set(words.flatMap(\.singleTokens).compactMap { spellings.word(Int($0)) })
        return DriftInput.matching(
            space: name, before: before, rows: (0..<before.rows).map { row($0, conceptWords) }, after: after,
            afterKeys: (0..<after.rows).map(key),
            words: words.filter { !$0.singleTokens.isEmpty }.map { word in
                DriftWord(word, rows: word.singleTokens.map(Int.init).filter { $0 < before.rows })
            },
            dropped: words.filter(\.singleTokens.isEmpty).map {
                DroppedWord(
                    domain: $0.domain, group: $0.group, word: $0.word,
                    reason: $0.status == .multi ? "no spelling is a single token" : "the tokenizer cannot spell it")
            }, domains: domains)
    }

    /// A row that the vocabulary does not name is an added one.
    private func key(_ row: Int) -> String { row < tokens.count ? tokens.keys[row] : "<|row-\(row)|>" }

    private func row(_ i: Int, _ conceptWords: Set<String>) -> DriftRowInfo {
        guard i < tokens.count else {
            return DriftRowInfo(key: key(i), frequency: 0, exposure: .unexposed, isPadding: true, isControl: false)
        }
        let word = spellings.word(i)
        return DriftRowInfo(
            key: tokens.keys[i], frequency: Int(max(0, tokens.corpusCount[i])),
            exposure: tokens.forgetMaskedCount[i] > 0 ? .masked : tokens.forgetCount[i] > 0 ? .seen : .unexposed,
            isPadding: tokens.isPadRow[i] || tokens.isSpecial[i],
            isControl: word.map { !conceptWords.contains($0) } ?? false, word: word)
    }
}

/// Which tokens spell whole words, and which word: ` word`, ` Word`, `word`, `Word` and ` WORD` are one word's variants, as
/// they are for concept words, provided that one of them has the leading space; without it a token may be a piece. Where
/// pieces are marked instead, as in `##ing`, every other token begins a word as if it had the space.
private struct WholeWords {
    private var words: [String?]

    init(_ tokens: TokenTable) {
        let arePieces = zip(tokens.keys, tokens.bytes).map { key, bytes in
            key.hasPrefix("##") && key.utf8.count == bytes.count + 2
        }
        let marksPieces = arePieces.contains(true)
        let texts = tokens.bytes.indices.map { index in
            Self.text(marksPieces && !arePieces[index] ? [0x20] + tokens.bytes[index] : tokens.bytes[index])
        }
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
