import Evaluate
import LanguageModel
import LinearAlgebra

/// A sample of neutral text on which models are compared by the divergence of what they predict.
package struct DivergenceProbe: Sendable {
    package let sequences: PackedSequences
    /// Rows whose predictions are compared: all of a causal model's, those of the hidden tokens of a masked model's.
    package let rows: [Int]

    /// All rows of a text that is laid out, or as many of its sequences, chosen by seed, as reach `maximumRows`: of a masked model
    /// as many hidden tokens.
    package init(_ text: PerplexityText, maximumRows: Int = .max, seed: UInt64 = 0) {
        guard !text.isMasked else {
            var stream = RandomStream(seed: seed, label: "divergence-probe")
            let all = text.sequences
            let order = stream.shuffled(Array(text.predictions.indices)).prefix(maximumRows).sorted()
            // Each sequence hides one token.
            sequences = PackedSequences(order.map { Array(all.tokens[all.range($0)]) })
            rows = zip(order, sequences.starts).map { index, start in
                start + text.predictions[index].row - all.starts[index]
            }
            return
        }
        let all = text.sequences
        var order = Array(0..<all.sequenceCount)
        if all.tokenCount > maximumRows {
            var stream = RandomStream(seed: seed, label: "divergence-probe")
            order = stream.shuffled(order)
        }
        var chosen: [[Int32]] = []
        var count = 0
        for s in order where count < maximumRows {
            let sequence = all.tokens[all.range(s)].prefix(maximumRows - count)
            chosen.append(Array(sequence))
            count += sequence.count
        }
        sequences = PackedSequences(chosen)
        rows = Array(0..<count)
    }

    /// Mean over the rows of KL(reference ‖ model), in nats per token.
    package func divergence(from reference: TransformerModel, to model: TransformerModel) -> Double {
        Self.mean(model.klDivergence(from: reference, rows: rows, in: sequences))
    }

    /// What a model predicts on the sample, for many comparisons with it. Memory: rows × vocabulary floats.
    package func keep(_ reference: TransformerModel) -> KeptPredictions {
        reference.keepPredictions(at: rows, in: sequences)
    }

    /// As ``divergence(from:to:)``, from predictions that ``keep(_:)`` kept.
    package func divergence(from reference: KeptPredictions, to model: TransformerModel) -> Double {
        Self.mean(model.klDivergence(from: reference))
    }

    private static func mean(_ values: [Float]) -> Double {
        values.reduce(0) { $0 + Double($1) } / Double(values.count)
    }
}
