import Foundation
import LanguageModel
import LinearAlgebra
import TestSupport
import Testing

private func matmul(_ a: [Double], _ b: [Double], _ m: Int, _ k: Int, _ n: Int) -> [Double] {
    (0..<m * n).map { e in (0..<k).reduce(0) { $0 + a[e / n * k + $1] * b[$1 * n + e % n] } }
}

private func linearCase(_ rows: Int, _ inner: Int, _ outer: Int, residual: Bool) -> OperationCase {
    OperationCase(
        name: "linear (\(rows), \(inner)) to \(outer)\(residual ? " on a residual" : "")",
        inputs: [
            ("x", [rows, inner]), ("w", [inner, outer]), ("b", [outer]), ("r", [rows, outer]), ("0", [1, inner]),
            ("00", [1, outer]),
        ],
        operation: { tape, p in
            let kept = residual ? input(tape, p("r"), rows, zero: p("00")) : nil
            let x = input(tape, p("x"), rows, zero: p("0"))
            return tape.linear(x, weight: p("w"), bias: p("b"), residual: kept)
        },
        reference: { v in
            let y = matmul(v("x"), v("w"), rows, inner, outer)
            let (w0, r0) = (v("0"), v("00"))
            let shift = matmul(w0, v("w"), 1, inner, outer)
            return y.indices.map { e in
                let kept = residual ? v("r")[e] + r0[e % outer] : 0
                return y[e] + shift[e % outer] + v("b")[e % outer] + kept
            }
        })
}

private func normCase(_ rows: Int, _ columns: Int) -> OperationCase {
    OperationCase(
        name: "layer norm (\(rows), \(columns))",
        inputs: [("x", [rows, columns]), ("g", [columns]), ("b", [columns]), ("0", [1, columns])],
        operation: { tape, p in
            tape.layerNorm(input(tape, p("x"), rows, zero: p("0")), gain: p("g"), bias: p("b"), epsilon: 1e-3)
        },
        reference: { v in
            (0..<rows).flatMap { row -> [Double] in
                let x = (0..<columns).map { v("x")[row * columns + $0] + v("0")[$0] }
                let mean = x.reduce(0, +) / Double(columns)
                let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(columns)
                return (0..<columns).map {
                    (x[$0] - mean) / (variance + Double(Float(1e-3))).squareRoot() * v("g")[$0] + v("b")[$0]
                }
            }
        })
}

private func attentionCase(_ lengths: [Int], heads: Int, keyValueHeads: Int, size: Int) -> OperationCase {
    let rows = lengths.reduce(0, +)
    let columns = (heads + 2 * keyValueHeads) * size
    let starts = lengths.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1) }
    return OperationCase(
        name: "attention over \(lengths), \(heads) heads on \(keyValueHeads)",
        inputs: [("x", [rows, columns]), ("0", [1, columns])],
        operation: { tape, p in
            tape.attention(
                input(tape, p("x"), rows, zero: p("0")), spans: spans(starts),
                AttentionShape(heads: heads, keyValueHeads: keyValueHeads, headSize: size))
        },
        reference: { v in
            let (x, shift) = (v("x"), v("0"))
            func at(_ row: Int, _ column: Int) -> Double { x[row * columns + column] + shift[column] }
            var y = [Double](repeating: 0, count: rows * heads * size)
            for (first, end) in zip(starts, starts.dropFirst()) {
                for (head, row) in (0..<heads).flatMap({ head in (first..<end).map { (head, $0) } }) {
                    let keys = (heads + head / (heads / keyValueHeads)) * size
                    let values = keys + keyValueHeads * size
                    var weights: [Double] = []
                    for other in first...row {
                        var score = 0.0
                        for i in 0..<size { score += at(row, head * size + i) * at(other, keys + i) }
                        weights.append(exp(score / Double(size).squareRoot()))
                    }
                    let sum = weights.reduce(0, +)
                    for (other, weight) in zip(first...row, weights) {
                        for i in 0..<size {
                            y[(row * heads + head) * size + i] += weight / sum * at(other, values + i)
                        }
                    }
                }
            }
            return y
        })
}

/// A non-linearity as its definition has it.
func definition(_ function: ActivationFunction) -> @Sendable (Double) -> Double {
    switch function {
    case .gelu: { 0.5 * $0 * erfc(-$0 / 2.0.squareRoot()) }
    case .tanhGELU: { 0.5 * $0 * (1 + tanh((2 / Double.pi).squareRoot() * ($0 + 0.044715 * $0 * $0 * $0))) }
    case .clippedGELU: { min(10, 0.5 * $0 * erfc(-$0 / 2.0.squareRoot())) }
    case .quickGELU: { $0 / (1 + exp(-1.702 * $0)) }
    case .relu: { max($0, 0) }
    case .squaredReLU: { max($0, 0) * max($0, 0) }
    case .silu: { $0 / (1 + exp(-$0)) }
    case .tanh: { tanh($0) }
    }
}

private let activationCases = ActivationFunction.allCases.map { function in
    OperationCase(
        name: "\(function)", inputs: [("x", [7, 9]), ("0", [1, 9])],
        operation: { tape, p in tape.activation(input(tape, p("x"), 7, zero: p("0")), function) },
        reference: { v in v("x").indices.map { definition(function)(v("x")[$0] + v("0")[$0 % 9]) } })
}

private let embeddingCase = OperationCase(
    name: "embedding, with rows used twice",
    inputs: [("t", [5, 7]), ("p", [4, 7])],
    operation: { tape, p in
        tape.embedding(tokens: [4, 0, 4, 2], positions: [0, 1, 1, 3], tokenWeight: p("t"), positionWeight: p("p"))
    },
    reference: { v in
        var y: [Double] = []
        for (token, position) in zip([4, 0, 4, 2], [0, 1, 1, 3]) {
            for i in 0..<7 { y.append(v("t")[token * 7 + i] + v("p")[position * 7 + i]) }
        }
        return y
    })

private let everywhereCase = OperationCase(
    name: "embedding, with the first row of a third table everywhere",
    inputs: [("t", [5, 7]), ("p", [4, 7]), ("e", [2, 7])],
    operation: { tape, p in
        tape.embedding(
            tokens: [4, 0, 4, 2], positions: [0, 1, 1, 3], tokenWeight: p("t"), positionWeight: p("p"),
            everywhere: p("e"))
    },
    reference: { v in
        var y: [Double] = []
        for (token, position) in zip([4, 0, 4, 2], [0, 1, 1, 3]) {
            for i in 0..<7 { y.append(v("t")[token * 7 + i] + v("p")[position * 7 + i] + v("e")[i]) }
        }
        return y
    })

private let gatherCase = OperationCase(
    name: "gather, with a row used twice and one also read elsewhere", inputs: [("x", [5, 3]), ("0", [1, 3])],
    operation: { tape, p in
        let x = input(tape, p("x"), 5, zero: p("0"))
        return tape.gatherRows(tape.gatherRows(x, [3, 0, 3]), [2, 1, 0, 0])
    },
    reference: { v in
        var y: [Double] = []
        for row in [3, 0, 3, 3] { for i in 0..<3 { y.append(v("x")[row * 3 + i] + v("0")[i]) } }
        return y
    })

@Suite("Operations agree with finite differences")
struct EngineOperationTests {
    @Test(
        "value, and every gradient against central differences of a reference in double precision",
        arguments: [
            embeddingCase, everywhereCase, gatherCase, normCase(3, 1), normCase(7, 9), normCase(130, 5),
            normCase(2, 65),
            linearCase(1, 7, 9, residual: false), linearCase(9, 8, 63, residual: true),
            linearCase(65, 7, 3, residual: true),
            attentionCase([5, 1, 0, 9], heads: 3, keyValueHeads: 3, size: 5),
            attentionCase([7, 2], heads: 4, keyValueHeads: 2, size: 3),
            attentionCase([70, 3], heads: 2, keyValueHeads: 2, size: 2),
            attentionCase([67], heads: 2, keyValueHeads: 1, size: 1),
        ] + activationCases)
    func finiteDifferences(operation: OperationCase) {
        operation.check()
    }

    @Test("head, softmax, weighted likelihood and KL against central differences, without any block")
    func head() throws {
        // With no block the model is embedding, norm and head, small enough for a reference in plain loops.
        var sizes = ModelConfiguration(
            .gpt2, vocabularySize: 13, contextLength: 5, hiddenSize: 7, layerCount: 0, headCount: 1)
        sizes.normEpsilon = 1e-3
        let model = TransformerModel(configuration: sizes, seed: 1)
        let reference = TransformerModel(configuration: sizes, seed: 2)
        var stream = RandomStream(seed: 3)
        for i in 0..<model.values.count {
            model.values.pointer[i] = Float(0.7 * stream.normal())
            reference.values.pointer[i] = Float(0.7 * stream.normal())
        }
        let packed = PackedSequences([[1, 12, 5], [3, 3, 0, 7, 1]])
        let predictions = [
            Prediction(row: 1, token: 5, weight: 0.5), Prediction(row: 1, token: 0, weight: -2),
            Prediction(row: 6, token: 12, weight: 1),
        ]
        let rows = [2, 5, 2]
        let gradient = FloatBuffer(count: model.layout.count)
        let values = model.accumulateGradient(
            of: [.weightedLogLikelihood(predictions), .klDivergence(from: reference, rows: rows, weight: 0.75)],
            in: packed, into: gradient)

        let positions = [0, 1, 2, 0, 1, 2, 3, 4]
        let (gain, bias) = (
            try #require(model.layout["transformer.ln_f.weight"]), try #require(model.layout["transformer.ln_f.bias"])
        )
        func logProbabilities(_ v: [Double], _ row: Int) -> [Double] {
            let x = (0..<7).map { v[Int(packed.tokens[row]) * 7 + $0] + v[13 * 7 + positions[row] * 7 + $0] }
            let mean = x.reduce(0, +) / 7
            let rstd = 1 / (x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 7 + Double(Float(1e-3))).squareRoot()
            let h = (0..<7).map { (x[$0] - mean) * rstd * v[gain.offset + $0] + v[bias.offset + $0] }
            let logits = (0..<13).map { token in (0..<7).reduce(0) { $0 + h[$1] * v[token * 7 + $1] } }
            let sum = log(logits.reduce(0) { $0 + exp($1) })
            return logits.map { $0 - sum }
        }
        let other = reference.values.buffer.map(Double.init)
        func terms(_ v: [Double]) -> [Double] {
            let likelihood = predictions.reduce(0.0) {
                $0 + Double($1.weight) * logProbabilities(v, $1.row)[Int($1.token)]
            }
            let kl = rows.reduce(0.0) { sum, row in
                let (p, q) = (logProbabilities(other, row), logProbabilities(v, row))
                return sum + zip(p, q).reduce(0) { $0 + exp($1.0) * ($1.0 - $1.1) }
            }
            return [likelihood, 0.75 * kl / Double(rows.count)]
        }
        var v = model.values.buffer.map(Double.init)
        let close = compare(values, terms(v), absolute: 1e-5, relative: 1e-5)
        #expect(close.isClose, "\(close)")
        let slopes = v.indices.map { i in
            let value = v[i]
            v[i] = value + 1e-5
            let above = terms(v).reduce(0, +)
            v[i] = value - 1e-5
            let below = terms(v).reduce(0, +)
            v[i] = value
            return (above - below) / 2e-5
        }
        let agree = compare(gradient.buffer.map(Double.init), slopes, absolute: 1e-5, relative: 1e-4)
        #expect(agree.isClose, "\(agree)")
    }
}
