import FileSupport
import LanguageModel
import LinearAlgebra
import Records

/// Sentences with a place for a word.
public struct TemplateSet: Equatable, Sendable {
    /// The set's name.
    public var name: String
    /// The sentences; each holds `{}` once, where the word stands.
    public var sentences: [String]

    /// The SHA-256 of the sentences, a line each.
    public var sha256: String { SHA256Hex.of(sentences.joined(separator: "\n")) }

    /// Makes a set.
    ///
    /// - Throws: `InputError` when it is empty or a sentence does not hold `{}` exactly once.
    public init(name: String, sentences: [String]) throws {
        guard !sentences.isEmpty else {
            throw InputError("no templates", at: name, remedy: "give at least one sentence with {}")
        }
        for sentence in sentences where sentence.ranges(of: "{}").count != 1 {
            throw InputError(
                "the template \"\(sentence)\" does not hold {} once", at: name, remedy: "write {} where the word stands"
            )
        }
        self.init(trusted: name, sentences)
    }

    private init(trusted name: String, _ sentences: [String]) {
        (self.name, self.sentences) = (name, sentences)
    }

    /// Sentences of our own that say nothing about the word and suit nouns and adjectives alike.
    public static let plain = TemplateSet(
        trusted: "plain-1",
        [
            "The next word on the list is {}.", "She wrote down the word {} and closed the book.",
            "They talked about the word {} for a while.", "In the middle of the page stood {} in large letters.",
            "The first entry was {} and the second was blank.", "He read {} aloud once more.",
            "Somebody had underlined {} twice.",
        ])
}

/// The vectors of concept words inside sentences, layer by layer.
public enum ContextualVectors {
    private static let wordsAtOnce = 16

    /// Runs the model over every word in every template.
    ///
    /// For word w, template s and layer l: v = mean over the word's tokens of the hidden state; the table holds mean and
    /// deviation (divisor n) of v over templates, summed in double precision. A sentence stands between the tokenizer's
    /// begin and end token where there are such. The word is spelled as the lexicon writes it; a sentence in which a token
    /// joins the word with its surroundings counts that token to the word. A sentence longer than the model's context
    /// is left out; a word without any has NaN and 0 contexts.
    ///
    /// - Returns: matrices `(C, D)`, one for each of the `L + 1` layers of `hiddenStates(at:in:)`.
    public static func compute(
        model: TransformerModel, tokenizer: some Tokenizer, words: [ResolvedWord], templates: TemplateSet = .plain
    ) -> ContextualTable {
        let dimensions = model.configuration.hiddenSize
        let layers = model.configuration.layerCount + 1
        var mean = [[Float]](repeating: [], count: layers)
        var spread = mean
        var kept: [Int32] = []
        // Several words at once make products of a good size.
        for start in stride(from: 0, to: words.count, by: wordsAtOnce) {
            let contexts = words[start..<min(start + wordsAtOnce, words.count)].map { word in
                templates.sentences.map { context(word.word, in: $0, tokenizer) }
                    .filter { $0.tokens.count <= model.configuration.contextLength }
            }
            let sentences = contexts.flatMap { $0 }
            let packed = PackedSequences(sentences.map(\.tokens))
            let rows = zip(sentences, packed.starts).flatMap { sentence, start in sentence.positions.map { start + $0 }
            }
            let states =
                rows.isEmpty
                ? [Matrix<Float>](repeating: Matrix(rows: 0, columns: dimensions), count: layers)
                : model.hiddenStates(at: rows, in: packed)
            kept += contexts.map { Int32($0.count) }
            for (layer, state) in states.enumerated() {
                var row = 0
                for word in contexts {
                    let moments = moments(of: state, from: &row, word.map(\.positions.count))
                    mean[layer] += moments.mean
                    spread[layer] += moments.spread
                }
            }
        }
        func matrices(_ values: [[Float]]) -> [Matrix<Float>] {
            values.map { Matrix(rows: words.count, columns: dimensions, elements: $0) }
        }
        return ContextualTable(
            words: words.map { ($0.domain, $0.group, $0.word) }, mean: matrices(mean), spread: matrices(spread),
            contexts: kept, templateSet: (templates.name, templates.sha256))
    }

    /// The tokens of a template with the word in it, and the positions of the word's tokens.
    static func context(
        _ word: String, in template: String, _ tokenizer: some Tokenizer
    ) -> (tokens: [Int32], positions: [Int]) {
        let start = template.firstRange(of: "{}").map { template[..<$0.lowerBound].utf8.count } ?? 0
        let place = start..<start + word.utf8.count
        let pieces = tokenizer.encodeWithOffsets(template.replacing("{}", with: word))
        let positions = pieces.indices.filter { pieces[$0].bytes.overlaps(place) }.map {
            $0 + (tokenizer.beginToken == nil ? 0 : 1)
        }
        return (tokenizer.framed(pieces.map(\.token)), positions)
    }

    /// Mean and deviation over contexts, where context i has the next `pieces[i]` rows, averaged first.
    private static func moments(
        of states: Matrix<Float>, from row: inout Int, _ pieces: [Int]
    ) -> (mean: [Float], spread: [Float]) {
        var sum = [Double](repeating: 0, count: states.columns)
        var vectors: [[Double]] = []
        for count in pieces {
            var vector = [Double](repeating: 0, count: states.columns)
            for _ in 0..<count {
                for (column, value) in states.row(row).enumerated() { vector[column] += Double(value) / Double(count) }
                row += 1
            }
            for column in sum.indices { sum[column] += vector[column] }
            vectors.append(vector)
        }
        let mean = sum.map { $0 / Double(pieces.count) }
        let spread = mean.indices.map { column in
            let squares = vectors.reduce(0) { $0 + ($1[column] - mean[column]) * ($1[column] - mean[column]) }
            return (squares / Double(pieces.count)).squareRoot()
        }
        return (mean.map(Float.init), spread.map(Float.init))
    }
}
