import LanguageModel
import LinearAlgebra
import Records

extension AssociationSets {
    /// The associations of the targets in the spaces of a model.
    ///
    /// - `input embeddings`: a word's vector is the mean over the rows of its spellings that are one token (``ConceptTable``), of a
    ///   tokenizer that changes the letters the row of the one token that it makes of the word; a text without is left out.
    /// - `contextual, embeddings` and `contextual, layer l`: the word in neutral sentences (``ContextualVectors``); only of tests
    ///   without sentences.
    /// - `sentence vectors`: the mean over all tokens of the last hidden state, the text as the tokenizer frames it by itself:
    ///   GPT-2 without a begin token, BERT with `[CLS]` and `[SEP]`, both counted (McGill-NLP/bias-bench, `seat.py`). A text
    ///   longer than the model's context is left out.
    ///
    /// A vector of zeros, or with a number that is not finite, is left out too.
    ///
    /// - Throws: `InputError` for a text with an added token that the model has no row of.
    public func scores(
        of model: TransformerModel, tokenizer: any Tokenizer, templates: TemplateSet = .plain
    ) throws -> [AssociationScores] {
        let texts = self.texts
        let lexicon = ConceptLexicon(
            name: name, domain: name, role: .concept, words: texts.map { .init(text: $0, group: "") }, citations: [:],
            sha256: "")
        let words = ConceptTable.resolve([lexicon], tokenizer: tokenizer, exposure: nil).words
        let embedding = model.inputEmbedding
        let (table, width) = (model.values.pointer + embedding.offset, embedding.shape[1])
        var out = [
            scores(
                "input embeddings", texts,
                zip(texts, words).map { text, word in
                    mean(
                        tokens(text, word, tokenizer).map {
                            UnsafeBufferPointer(start: table + Int($0) * width, count: width)
                        })
                })
        ]
        if !holdsSentences {
            let table = ContextualVectors.compute(
                model: model, tokenizer: tokenizer, words: words, templates: templates)
            out += table.mean.enumerated().map { layer, vectors in
                scores(
                    layer == 0 ? "contextual, embeddings" : "contextual, layer \(layer)", texts,
                    (0..<vectors.rows).map { vectors.row($0).map(Double.init) })
            }
        }
        out.append(scores("sentence vectors", texts, sentenceVectors(texts, model, tokenizer)))
        try tokenizer.requireRows(at: name)
        return out
    }

    private func tokens(_ text: String, _ word: ResolvedWord, _ tokenizer: any Tokenizer) -> [Int32] {
        guard word.singleTokens.isEmpty else { return word.singleTokens }
        let tokens = tokenizer.encode(text)
        return tokens.count == 1 && !tokenizer.isSpecial(tokens[0]) ? tokens : []
    }

    private func sentenceVectors(
        _ texts: [String], _ model: TransformerModel, _ tokenizer: any Tokenizer
    ) -> [[Double]] {
        var vectors: [[Double]] = []
        for start in stride(from: 0, to: texts.count, by: 64) {
            let sequences = texts[start..<min(start + 64, texts.count)].map { text in
                let tokens = tokenizer.encode(text)
                let isFramed = model.isMasked || tokenizer.addsBeginToken
                return isFramed ? tokenizer.framed(tokens) : tokens
            }
            let kept = sequences.indices.filter { 1...model.configuration.contextLength ~= sequences[$0].count }
            let packed = PackedSequences(kept.map { sequences[$0] })
            let states = kept.isEmpty ? nil : model.hiddenStates(at: Array(0..<packed.tokenCount), in: packed).last
            var place: [Int: Int] = [:]
            for (sequence, index) in kept.enumerated() { place[index] = sequence }
            vectors += sequences.indices.map { index in
                guard let states, let sequence = place[index] else { return [] }
                return mean(packed.range(sequence).map { states.row($0) })
            }
        }
        return vectors
    }

    /// The mean of some rows; empty of none.
    private func mean<Row: RandomAccessCollection<Float>>(_ rows: [Row]) -> [Double] {
        var sum = [Double](repeating: 0, count: rows.first?.count ?? 0)
        for row in rows { for (i, value) in row.enumerated() { sum[i] += Double(value) / Double(rows.count) } }
        return sum
    }

    /// Associations from a vector for each text; empty where it has none.
    private func scores(_ space: String, _ texts: [String], _ vectors: [[Double]]) -> AssociationScores {
        var units: [String: [Double]] = [:]
        for (text, vector) in zip(texts, vectors) {
            let norm = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
            if norm > 0, norm.isFinite { units[text] = vector.map { $0 / norm } }
        }
        // A mean of cosines is a product with the mean of unit vectors.
        func direction(_ group: Group) -> [Double]? {
            let members = group.examples.compactMap { units[$0] }
            guard let width = members.first?.count else { return nil }
            return (0..<width).map { i in members.reduce(0) { $0 + $1[i] } / Double(members.count) }
        }
        let ends = direction(attributes.first).flatMap { a in direction(attributes.second).map { (a, $0) } }
        func associations(_ group: Group) -> [AssociationScores.Target] {
            guard let ends else { return [] }
            return group.examples.compactMap { text in
                units[text].map { unit in
                    AssociationScores.Target(
                        text, unit.indices.reduce(0) { $0 + unit[$1] * (ends.0[$1] - ends.1[$1]) })
                }
            }
        }
        return AssociationScores(
            test: name, space: space, first: associations(targets.first), second: associations(targets.second),
            leftOut: texts.filter { units[$0] == nil })
    }
}
