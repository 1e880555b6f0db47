import Foundation
import LanguageModel
import LinearAlgebra
import TestSupport
import Testing

/// An activation whose gradient arrives in the table it was read from.
private func table(_ tape: Tape, _ parameter: Parameter, _ rows: Int) -> Activation {
    tape.embedding(tokens: (0..<rows).map(Int32.init), tokenWeight: parameter)
}

/// First row of each sequence and, last, the number of rows; and the place of each row in its sequence.
private func places(_ lengths: [Int]) -> (starts: [Int], positions: [Int32]) {
    (lengths.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1) }, lengths.flatMap { (0..<$0).map(Int32.init) })
}

/// `x / √(mean(x²) + ε) · (offset + gain)`.
private func rmsNormed(_ x: ArraySlice<Double>, _ gain: [Double], _ offset: Double, _ epsilon: Float) -> [Double] {
    let square = x.reduce(0) { $0 + $1 * $1 } / Double(x.count)
    let rstd = 1 / (square + Double(epsilon)).squareRoot()
    return zip(x, gain).map { $0 * rstd * (offset + $1) }
}

private func rmsNormCase(_ rows: Int, _ columns: Int, offset: Float) -> OperationCase {
    OperationCase(
        name: "RMS norm (\(rows), \(columns)), gain \(offset == 0 ? "" : "1 + ")g",
        inputs: [("x", [rows, columns]), ("g", [columns])],
        operation: { tape, p in tape.rmsNorm(table(tape, p("x"), rows), gain: p("g"), offset: offset, epsilon: 1e-3) },
        reference: { v in
            let (x, gain) = (v("x"), v("g"))
            return (0..<rows).flatMap {
                rmsNormed(x[$0 * columns..<($0 + 1) * columns], gain, Double(offset), 1e-3)
            }
        })
}

/// First columns of a head's queries and of the keys and values it reads.
private func columns(of head: Int, _ shape: AttentionShape) -> (query: Int, key: Int, value: Int) {
    let size = shape.headSize
    guard shape.packing == .byKind else { return (3 * head * size, (3 * head + 1) * size, (3 * head + 2) * size) }
    let key = shape.heads + head / (shape.heads / shape.keyValueHeads)
    return (head * size, key * size, (key + shape.keyValueHeads) * size)
}

/// Queries and keys through norms of their own and then turned, or only turned.
private func rotaryCase(
    _ lengths: [Int], heads: Int, keyValueHeads: Int, size: Int, norms offset: Float?,
    _ scaling: RotaryFrequencies.Scaling
) -> OperationCase {
    let rows = lengths.reduce(0, +)
    let shape = AttentionShape(heads: heads, keyValueHeads: keyValueHeads, headSize: size)
    let columns = (heads + 2 * keyValueHeads) * size
    let (positions, starts) = (places(lengths).positions, places(lengths).starts)
    let frequencies = RotaryFrequencies(base: 50, headSize: size, scaling: scaling)
    let amplitude = Double(frequencies.amplitude)
    return OperationCase(
        name: "rotary over \(lengths), \(heads) heads of \(size) on \(keyValueHeads)"
            + (offset.map { ", normed with gain \($0) + g" } ?? ""),
        inputs: [("x", [rows, columns])] + (offset == nil ? [] : [("q", [size]), ("k", [size])]),
        operation: { tape, p in
            var x = table(tape, p("x"), rows)
            if let offset {
                x = tape.headNorms(x, queryGain: p("q"), keyGain: p("k"), offset: offset, epsilon: 1e-3, shape)
            }
            return tape.rotary(x, positions: positions, spans: spans(starts), frequencies, shape)
        },
        reference: { v in
            var y = v("x")
            let (queryGain, keyGain) = (v("q"), v("k"))
            for (row, head) in (0..<rows).flatMap({ row in (0..<heads + keyValueHeads).map { (row, $0) } }) {
                let first = row * columns + head * size
                var x = Array(y[first..<first + size])
                if let offset { x = rmsNormed(x[...], head < heads ? queryGain : keyGain, Double(offset), 1e-3) }
                let length = zip(starts, starts.dropFirst()).first { $0 <= row && row < $1 }.map { $1 - $0 } ?? 0
                for i in 0..<size / 2 {
                    let angle = Double(Float(positions[row]) * frequencies.values(length: length)[i])
                    let (a, b) = (amplitude * x[i], amplitude * x[i + size / 2])
                    y[first + i] = a * cos(angle) - b * sin(angle)
                    y[first + i + size / 2] = b * cos(angle) + a * sin(angle)
                }
            }
            return y
        })
}

/// The first `turning` values of each head turned, the rest kept.
private func partialRotaryCase(_ lengths: [Int], turning: Int, _ shape: AttentionShape) -> OperationCase {
    let rows = lengths.reduce(0, +)
    let width = (shape.heads + 2 * shape.keyValueHeads) * shape.headSize
    let positions = places(lengths).positions
    let frequencies = RotaryFrequencies(base: 50, headSize: turning)
    return OperationCase(
        name: "rotary over \(lengths), \(turning) of \(shape.headSize) values, \(shape.packing)"
            + (shape.turnsNeighbours ? ", neighbours" : ""),
        inputs: [("x", [rows, width])],
        operation: { tape, p in tape.rotary(table(tape, p("x"), rows), positions: positions, frequencies, shape) },
        reference: { v in
            var y = v("x")
            let heads = (0..<shape.heads).map { columns(of: $0, shape) }
            let turned = Set(heads.map(\.query) + heads.map(\.key))
            for (row, column) in (0..<rows).flatMap({ row in turned.map { (row, $0) } }) {
                let first = row * width + column
                for i in 0..<turning / 2 {
                    let angle = Double(Float(positions[row]) * frequencies.values[i])
                    let (one, other) = shape.turnsNeighbours ? (2 * i, 2 * i + 1) : (i, i + turning / 2)
                    let (a, b) = (y[first + one], y[first + other])
                    y[first + one] = a * cos(angle) - b * sin(angle)
                    y[first + other] = b * cos(angle) + a * sin(angle)
                }
            }
            return y
        })
}

private func gatedCase(_ rows: Int, _ width: Int, _ function: ActivationFunction) -> OperationCase {
    OperationCase(
        name: "gated \(function), (\(rows), 2 x \(width))", inputs: [("x", [rows, 2 * width])],
        operation: { tape, p in tape.gated(table(tape, p("x"), rows), function) },
        reference: { v in
            (0..<rows * width).map { index in
                let place = index / width * 2 * width + index % width
                return definition(function)(v("x")[place]) * v("x")[place + width]
            }
        })
}

private func attentionCase(_ lengths: [Int], _ shape: AttentionShape) -> OperationCase {
    let (rows, size) = (lengths.reduce(0, +), shape.headSize)
    let width = (shape.heads + 2 * shape.keyValueHeads) * size
    let starts = places(lengths).starts
    return OperationCase(
        name: "attention over \(lengths), \(shape.heads) heads on \(shape.keyValueHeads), \(shape.packing), scale "
            + "\(shape.scale), \(shape.isCausal ? "causal" : "both ways"), \(shape.window.map { "window \($0)" } ?? "all")"
            + "\(shape.cap.map { ", cap \($0)" } ?? "")\(shape.slopes.isEmpty ? "" : ", slopes")",
        inputs: [("x", [rows, width])],
        operation: { tape, p in tape.attention(table(tape, p("x"), rows), spans: spans(starts), shape) },
        reference: { v in
            let x = v("x")
            var y = [Double](repeating: 0, count: rows * shape.heads * size)
            for (first, end) in zip(starts, starts.dropFirst()) {
                for (head, row) in (0..<shape.heads).flatMap({ head in (first..<end).map { (head, $0) } }) {
                    let place = columns(of: head, shape)
                    let last = shape.isCausal ? row : min(end, row + (shape.window ?? end)) - 1
                    let seen = max(first, shape.window.map { row + 1 - $0 } ?? first)...last
                    let weights = seen.map { other -> Double in
                        var score = 0.0
                        for i in 0..<size {
                            score += x[row * width + place.query + i] * x[other * width + place.key + i]
                        }
                        score *= Double(shape.scale)
                        if let cap = shape.cap.map(Double.init) { score = cap * tanh(score / cap) }
                        if !shape.slopes.isEmpty { score += Double(shape.slopes[head]) * Double(other - first) }
                        return exp(score)
                    }
                    let sum = weights.reduce(0, +)
                    for (other, weight) in zip(seen, weights) {
                        for i in 0..<size {
                            y[(row * shape.heads + head) * size + i] +=
                                weight / sum * x[other * width + place.value + i]
                        }
                    }
                }
            }
            return y
        })
}

private func scaledEmbeddingCase(_ columns: Int, scale: Float) -> OperationCase {
    OperationCase(
        name: "embedding of \(columns) times \(scale), with rows used twice", inputs: [("t", [5, columns])],
        operation: { tape, p in tape.embedding(tokens: [4, 0, 4, 2, 4], tokenWeight: p("t"), scale: scale) },
        reference: { v in
            [4, 0, 4, 2, 4].flatMap { token in
                v("t")[token * columns..<(token + 1) * columns].map { Double(scale) * $0 }
            }
        })
}

/// Three layers of one input, the middle one without a bias, and their sum with what was read.
private func projectionCase(_ rows: Int, _ inner: Int) -> OperationCase {
    let outers = [inner - 2, 1, 1]
    return OperationCase(
        name: "projections (\(rows), \(inner)) to \(outers), added to their input",
        inputs: [("x", [rows, inner]), ("b0", [outers[0]]), ("b2", [outers[2]])]
            + outers.enumerated().map { ("w\($0)", [$1, inner]) },
        operation: { tape, p in
            let x = table(tape, p("x"), rows)
            let y = tape.projection(
                x,
                [
                    Projection(weight: p("w0"), bias: p("b0")), Projection(weight: p("w1")),
                    Projection(weight: p("w2"), bias: p("b2")),
                ])
            return tape.add(x, y)
        },
        reference: { v in
            let x = v("x")
            var y = x
            for row in 0..<rows {
                var place = row * inner
                for (layer, outer) in outers.enumerated() {
                    let (weight, bias) = (v("w\(layer)"), layer == 1 ? [0] : v("b\(layer)"))
                    for out in 0..<outer {
                        y[place] += bias[out]
                        for i in 0..<inner { y[place] += x[row * inner + i] * weight[out * inner + i] }
                        place += 1
                    }
                }
            }
            return y
        })
}

@Suite("Operations of the decoder line agree with finite differences")
struct EngineDecoderOperationTests {
    @Test(
        "RMS norm, its gain as it stands and on 1",
        arguments: [(1, 1), (9, 7), (7, 8), (130, 9), (3, 63), (2, 64), (1, 65)],
        [Float(0), 1])
    func rmsNorm(shape: (Int, Int), offset: Float) { rmsNormCase(shape.0, shape.1, offset: offset).check() }

    @Test("rotary positions over sequences of mixed length", arguments: [2, 14, 16, 18, 126, 128, 130])
    func rotary(size: Int) {
        rotaryCase([3, 1, 0, 2], heads: 1, keyValueHeads: 1, size: size, norms: nil, .none).check()
    }

    @Test(
        "rotary positions after norms of the heads, with grouped queries",
        arguments: [
            rotaryCase([9, 1, 0, 7], heads: 4, keyValueHeads: 2, size: 6, norms: 0, .linear(factor: 2)),
            rotaryCase([1, 8], heads: 3, keyValueHeads: 1, size: 14, norms: 1, .none),
            rotaryCase([65, 1], heads: 2, keyValueHeads: 2, size: 2, norms: 1, .none),
            rotaryCase([2, 1], heads: 2, keyValueHeads: 1, size: 130, norms: 0, .none),
            rotaryCase(
                [64], heads: 2, keyValueHeads: 1, size: 4, norms: nil,
                .llama3(factor: 4, low: 1, high: 3, original: 16)),
            rotaryCase(
                [9, 1], heads: 2, keyValueHeads: 1, size: 4, norms: nil,
                .yarn(RotaryFrequencies.YaRN(factor: 4, original: 16, amplitude: 1.25))),
            rotaryCase(
                [3, 9, 4, 8], heads: 1, keyValueHeads: 1, size: 4, norms: nil, .dynamic(factor: 2, context: 4)),
            rotaryCase(
                [5, 6, 1], heads: 2, keyValueHeads: 1, size: 4, norms: nil,
                .longRope(
                    RotaryFrequencies.LongRoPE(short: [1, 1.5], long: [2, 3], original: 5, amplitude: 1.5))),
        ])
    func headNorms(operation: OperationCase) { operation.check() }

    @Test("gated activations", arguments: [1, 7, 8, 9, 63, 64, 65], ActivationFunction.allCases)
    func gated(width: Int, function: ActivationFunction) { gatedCase(3, width, function).check() }

    @Test(
        "attention with a scale of its own, and a window shorter and longer than sequences and tiles",
        arguments: [
            attentionCase([5, 1, 0, 9], AttentionShape(heads: 3, keyValueHeads: 3, headSize: 5, scale: 0.7)),
            attentionCase(
                [7, 1, 8, 2], AttentionShape(heads: 4, keyValueHeads: 2, headSize: 3, scale: 0.25, window: 3)),
            attentionCase([9, 1], AttentionShape(heads: 2, keyValueHeads: 1, headSize: 2, scale: 1, window: 1)),
            attentionCase(
                [65, 1, 63], AttentionShape(heads: 1, keyValueHeads: 1, headSize: 2, scale: 0.5, window: 64)),
            attentionCase([70, 64], AttentionShape(heads: 2, keyValueHeads: 1, headSize: 1, scale: 1.5, window: 7)),
            attentionCase(
                [8, 130], AttentionShape(heads: 1, keyValueHeads: 1, headSize: 1, scale: 0.5, window: 200)),
        ])
    func windows(operation: OperationCase) { operation.check() }

    @Test(
        "attention with a soft cap, with slopes, within windows and over tiles",
        arguments: [
            attentionCase([5, 1, 0, 9], AttentionShape(heads: 3, keyValueHeads: 3, headSize: 5, cap: 1.5)),
            attentionCase(
                [7, 66, 2], AttentionShape(heads: 4, keyValueHeads: 2, headSize: 2, scale: 0.8, window: 5, cap: 2)),
            attentionCase(
                [5, 1, 0, 9],
                AttentionShape(
                    heads: 3, keyValueHeads: 3, headSize: 4, scale: 0.3, packing: .byHead, slopes: [0.5, 0.1, 0.02])),
            attentionCase([70, 3], AttentionShape(heads: 2, keyValueHeads: 1, headSize: 1, slopes: [0.25, 0.01])),
        ])
    func capsAndSlopes(operation: OperationCase) { operation.check() }

    @Test("norms over all heads of queries and of keys")
    func wholeNorms() {
        let shape = AttentionShape(heads: 4, keyValueHeads: 2, headSize: 3)
        OperationCase(
            name: "norms over all heads", inputs: [("x", [5, 24]), ("q", [12]), ("k", [6])],
            operation: { tape, p in
                tape.headNorms(
                    table(tape, p("x"), 5), queryGain: p("q"), keyGain: p("k"), offset: 0, epsilon: 1e-3, shape)
            },
            reference: { v in
                let x = v("x")
                return (0..<5).flatMap { row in
                    let start = row * 24
                    return rmsNormed(x[start..<start + 12], v("q"), 0, 1e-3)
                        + rmsNormed(x[start + 12..<start + 18], v("k"), 0, 1e-3) + x[start + 18..<start + 24]
                }
            }
        ).check()
    }

    @Test("rotary positions of neighbouring pairs")
    func neighbours() {
        for turning in [2, 4, 6] {
            let shape = AttentionShape(heads: 2, keyValueHeads: 2, headSize: 6, turnsNeighbours: true)
            partialRotaryCase([3, 1, 5], turning: turning, shape).check()
        }
    }

    @Test(
        "attention that sees both ways, and queries, keys and values packed head by head",
        arguments: [
            attentionCase([5, 1, 0, 9], AttentionShape(heads: 3, keyValueHeads: 3, headSize: 5, isCausal: false)),
            attentionCase([63, 1, 65], AttentionShape(heads: 2, keyValueHeads: 1, headSize: 1, isCausal: false)),
            attentionCase([130, 7], AttentionShape(heads: 1, keyValueHeads: 1, headSize: 1, isCausal: false)),
            attentionCase(
                [5, 1, 0, 9],
                AttentionShape(heads: 2, keyValueHeads: 1, headSize: 3, scale: 0.5, window: 3, isCausal: false)),
            attentionCase(
                [65, 130, 3],
                AttentionShape(heads: 1, keyValueHeads: 1, headSize: 1, scale: 0.5, window: 7, isCausal: false)),
            attentionCase(
                [70], AttentionShape(heads: 1, keyValueHeads: 1, headSize: 1, scale: 1, window: 66, isCausal: false)),
            attentionCase(
                [9, 65], AttentionShape(heads: 1, keyValueHeads: 1, headSize: 1, scale: 1, window: 1, isCausal: false)),
            attentionCase([7, 1, 9], AttentionShape(heads: 3, keyValueHeads: 3, headSize: 3, packing: .byHead)),
            attentionCase([65, 1, 8], AttentionShape(heads: 2, keyValueHeads: 2, headSize: 1, packing: .byHead)),
        ])
    func shapes(operation: OperationCase) { operation.check() }

    @Test(
        "rotary positions on a part of each head",
        arguments: [
            partialRotaryCase([7, 1, 0, 9], turning: 2, AttentionShape(heads: 3, keyValueHeads: 3, headSize: 7)),
            partialRotaryCase([3, 1], turning: 18, AttentionShape(heads: 4, keyValueHeads: 2, headSize: 63)),
            partialRotaryCase(
                [8, 1], turning: 6, AttentionShape(heads: 3, keyValueHeads: 3, headSize: 9, packing: .byHead)),
            partialRotaryCase(
                [65], turning: 2, AttentionShape(heads: 2, keyValueHeads: 2, headSize: 2, packing: .byHead)),
        ])
    func partialRotary(operation: OperationCase) { operation.check() }

    @Test("embeddings times a factor", arguments: [1, 7, 8, 9, 63, 64, 65], [Float(1), 3.5])
    func scaledEmbedding(columns: Int, scale: Float) { scaledEmbeddingCase(columns, scale: scale).check() }

    @Test("projections side by side, on a residual", arguments: [(1, 7), (7, 8), (130, 3), (9, 63), (8, 65)])
    func projections(shape: (Int, Int)) { projectionCase(shape.0, shape.1).check() }
}
