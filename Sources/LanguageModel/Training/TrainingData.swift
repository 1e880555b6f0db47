import FileSupport
import LinearAlgebra

/// Documents as sequences of tokens, split into those to train on and those held out.
///
/// Every sequence begins with `<|endoftext|>` and asks for the same token after the last word of its document, so the
/// model learns where a text begins and ends, as GPT-2 does from documents laid end to end.
struct TrainingData {
    /// A stretch of a document.
    struct Sequence: Equatable {
        /// The begin token and what follows it; at most as long as the context.
        var tokens: [Int32]
        /// The token after each of `tokens`.
        var targets: [Int32]
    }

    private(set) var training: [Sequence] = []
    private(set) var heldOut: [Sequence] = []
    let heldOutDocuments: Int
    private let seed: UInt64

    /// Encodes and splits the documents.
    ///
    /// - Throws: ``InputError`` when no document holds a token.
    init(_ texts: [String], _ tokenizer: ByteLevelBPE, begin: Int32, _ configuration: TrainingConfiguration) throws {
        seed = configuration.seed
        let documents = texts.map { tokenizer.encode($0) }.filter { !$0.isEmpty }
        guard !documents.isEmpty else {
            throw InputError("no text to train on", at: "training", remedy: "give a file with a document on each line")
        }
        let wanted = Int((Double(documents.count) * configuration.heldOutFraction).rounded(.up))
        heldOutDocuments = min(wanted, documents.count - 1)
        var stream = RandomStream(seed: configuration.seed, label: "held-out documents")
        let held = Set(stream.sample(heldOutDocuments, below: documents.count))
        for (index, document) in documents.enumerated() {
            let sequences = Self.cut(document, begin: begin, context: configuration.contextLength)
            if held.contains(index) { heldOut += sequences } else { training += sequences }
        }
    }

    private static func cut(_ document: [Int32], begin: Int32, context: Int) -> [Sequence] {
        stride(from: 0, to: document.count, by: context - 1).map { start in
            let part = document[start..<min(start + context - 1, document.count)]
            let after = part.endIndex < document.count ? document[part.endIndex] : begin
            return Sequence(tokens: [begin] + part, targets: part + [after])
        }
    }

    /// The sequences of every step: an epoch after the other, each in an order of its own.
    func batches(tokens limit: Int) -> AnyIterator<[Sequence]> {
        var epoch = 0
        var order: [Int] = []
        return AnyIterator { [self] in
            var batch: [Sequence] = []
            var count = 0
            while count < limit {
                if order.isEmpty {
                    var stream = RandomStream(seed: seed, label: "training order \(epoch)")
                    order = stream.shuffled(Array(training.indices))
                    epoch += 1
                }
                let sequence = training[order.removeLast()]
                batch.append(sequence)
                count += sequence.tokens.count
            }
            return batch
        }
    }

    /// Packs sequences and asks for every target, each with weight -1/N: the loss is the mean negative
    /// log-likelihood.
    static func pack(_ sequences: [Sequence]) -> (packed: PackedSequences, predictions: [Prediction]) {
        let packed = PackedSequences(sequences.map(\.tokens))
        let weight = -1 / Float(packed.tokenCount)
        let predictions = sequences.lazy.flatMap(\.targets).enumerated().map {
            Prediction(row: $0, token: $1, weight: weight)
        }
        return (packed, predictions)
    }
}
