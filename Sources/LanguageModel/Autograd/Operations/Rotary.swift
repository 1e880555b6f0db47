import Foundation
import LinearAlgebra

/// Rotary positions (Su et al. 2021): pair i of a head turns by position · frequency i.
public struct RotaryFrequencies: Sendable, Equatable {
    /// The base of the frequencies, `rope_theta`.
    public let base: Float
    /// D: of how many values of a head the frequencies are.
    public let size: Int
    /// How they were stretched.
    public let scaling: Scaling
    /// Angle of each pair of a head at position 1, `(D/2)`, or fewer where only the front of a head turns. Where D is
    /// odd, one value more turns. Of sequences beyond ``limit`` ``values(length:)`` gives them.
    public let values: [Float]

    /// Frequencies `base^(−2i/D)`, scaled.
    ///
    /// - Parameter headSize: D, how many values of a head turn.
    public init(base: Float, headSize: Int, scaling: Scaling = .none) {
        self.base = base
        size = headSize
        self.scaling = scaling
        values = scaling.frequencies(base: base, size: headSize, length: 1)
    }

    /// Factor of cosines and sines.
    public var amplitude: Float { scaling.amplitude }

    /// The longest sequence that ``values`` are for; nil where they are for all.
    public var limit: Int? { scaling.limit }

    /// The frequencies of a sequence of `length` tokens.
    public func values(length: Int) -> [Float] {
        length <= limit ?? .max ? values : scaling.frequencies(base: base, size: size, length: length)
    }
}

extension Tape {
    /// Queries and keys turned by their positions: of each head `(x₁, x₂)`, two halves,
    /// `(x₁ cos − x₂ sin, x₂ cos + x₁ sin)`, or of pairs of neighbours where the shape says so, times the amplitude of the
    /// frequencies.
    ///
    /// - Parameters:
    ///   - x: `(tokens, (H + 2 H_kv) D)`: queries, keys and values in the order of ``AttentionShape/packing``; values
    ///     stay.
    ///   - positions: of each token within its sequence.
    ///   - spans: the rows of each sequence; needed where frequencies depend on a sequence's length.
    ///   - frequencies: where they are fewer than D/2, the values of a head after the first pairs stay as well.
    /// - Returns: the shape of `x`. Backward turns the gradient the other way.
    package func rotary(
        _ x: Activation, positions: [Int32], spans: [AttentionSpan] = [], _ frequencies: RotaryFrequencies,
        _ shape: AttentionShape
    ) -> Activation {
        let (rows, columns, half) = (x.rows, x.columns, frequencies.values.count)
        precondition(2 * half <= shape.headSize, "more values turn than a head has")
        let isWhole = 2 * half == shape.headSize && shape.packing == .byKind && !shape.turnsNeighbours
        // The sets of frequencies in use, and the one of each row where there are several.
        var sets = [frequencies.values]
        var setOfRow: [Int] = []
        if let limit = frequencies.limit, spans.contains(where: { $0.length > limit }) {
            setOfRow = Array(repeating: 0, count: rows)
            for span in spans where span.length > limit {
                let values = frequencies.values(length: span.length)
                let set = sets.firstIndex(of: values) ?? sets.count
                if set == sets.count { sets.append(values) }
                for row in span.rows { setOfRow[row] = set }
            }
        }
        // One row of cosines and sines a set and position, whatever the number of sequences.
        let count = Int(positions.max() ?? 0) + 1
        let amplitude = Double(frequencies.amplitude)
        let table = workspace.take(2 * sets.count * count * half)
        parallelFor(sets.count * count, grain: 64) { range in
            for place in range {
                let (set, position) = place.quotientAndRemainder(dividingBy: count)
                for i in 0..<half {
                    let angle = Double(Float(position) * sets[set][i])
                    table.pointer[2 * place * half + i] = Float(cos(angle) * amplitude)
                    table.pointer[(2 * place + 1) * half + i] = Float(sin(angle) * amplitude)
                }
            }
        }
        func turn(
            head: UnsafeMutablePointer<Float>, _ angles: UnsafeMutablePointer<Float>, _ direction: Float
        ) {
            guard shape.turnsNeighbours else {
                kernels.rotate(head, angles, angles + half, direction, 1, half)
                return
            }
            for i in 0..<half {
                let (cosine, sine) = (angles[i], direction * angles[half + i])
                let (a, b) = (head[2 * i], head[2 * i + 1])
                head[2 * i] = a * cosine - b * sine
                head[2 * i + 1] = b * cosine + a * sine
            }
        }
        func turn(_ packed: UnsafeMutablePointer<Float>, _ direction: Float) {
            parallelFor(rows, grain: rowGrain(columns)) { range in
                for row in range {
                    let set = setOfRow.isEmpty ? 0 : setOfRow[row]
                    let angles = table.pointer + 2 * (set * count + Int(positions[row])) * half
                    let place = packed + row * columns
                    if isWhole {
                        kernels.rotate(
                            place, angles, angles + half, direction, shape.heads + shape.keyValueHeads, half)
                        continue
                    }
                    for head in 0..<shape.heads {
                        turn(head: place + shape.queryColumn(head), angles, direction)
                    }
                    for head in 0..<shape.keyValueHeads {
                        turn(head: place + shape.keyColumn(head), angles, direction)
                    }
                }
            }
        }
        let y = output(rows: rows, columns: columns, needsGradient: x.needsGradient)
        y.data.update(from: x.data, count: x.count)
        turn(y.data, 1)
        record(y) { gradient in
            turn(gradient, -1)
            x.inheritGradient(of: y)
        }
        return y
    }

    /// Each head of queries and keys through an RMS norm of its own gain, as Gemma 3 and Qwen 3 do before they rotate, or
    /// all heads of queries through one norm and all of keys through another, as OLMo 2 does.
    ///
    /// - Parameters:
    ///   - x: `(tokens, (H + 2 H_kv) D)`: queries, keys, values; values stay.
    ///   - queryGain: `(D)`, or `(H D)` of all heads; `keyGain` the same.
    package func headNorms(
        _ x: Activation, queryGain: Parameter, keyGain: Parameter, offset: Float, epsilon: Float,
        _ shape: AttentionShape
    ) -> Activation {
        precondition(shape.packing == .byKind, "norms of heads go through heads that lie together")
        let (rows, columns, size) = (x.rows, x.columns, shape.headSize)
        let normed = shape.heads + shape.keyValueHeads
        func vectors(_ heads: Int, _ gain: Parameter) -> (count: Int, width: Int) {
            (heads * size / gain.shape[0], gain.shape[0])
        }
        let isTrained = queryGain.gradient != nil || keyGain.gradient != nil
        let needsGradient = x.needsGradient || isTrained
        let statistics = workspace.take(rows * normed)
        let parts = [
            (gain: queryGain, vectors: vectors(shape.heads, queryGain), first: 0),
            (gain: keyGain, vectors: vectors(shape.keyValueHeads, keyGain), first: shape.heads),
        ]
        let y = output(rows: rows, columns: columns, needsGradient: needsGradient)
        let (source, target) = (x.data, y.data)
        parallelFor(rows, grain: rowGrain(columns)) { range in
            for row in range {
                for part in parts {
                    let place = row * columns + part.first * size
                    kernels.rms_norm(
                        source + place, part.gain.values, offset, target + place,
                        statistics.pointer + row * normed + part.first, part.vectors.count, part.vectors.width, epsilon)
                }
                let values = row * columns + normed * size
                (target + values).update(from: source + values, count: shape.keyValueHeads * size)
            }
        }
        record(y) { [workspace] gradient in
            let source = x.data
            for part in parts {
                guard let dgain = part.gain.gradient else { continue }
                addPartialSums(rows: rows, columns: part.vectors.width, to: dgain, workspace) { range, partial in
                    for row in range {
                        let place = row * columns + part.first * size
                        kernels.rms_norm_gradient(
                            source + place, part.gain.values, offset, statistics.pointer + row * normed + part.first,
                            gradient + place, nil, 0, partial, part.vectors.count, part.vectors.width)
                    }
                }
            }
            guard x.needsGradient else { return }
            let (dx, accumulate) = x.gradientTarget()
            precondition(!accumulate, "packed queries, keys and values have one reader")
            parallelFor(rows, grain: rowGrain(columns)) { range in
                for row in range {
                    for part in parts {
                        let place = row * columns + part.first * size
                        kernels.rms_norm_gradient(
                            source + place, part.gain.values, offset, statistics.pointer + row * normed + part.first,
                            gradient + place, dx + place, 0, nil, part.vectors.count, part.vectors.width)
                    }
                    let values = row * columns + normed * size
                    (dx + values).update(from: gradient + values, count: shape.keyValueHeads * size)
                }
            }
        }
        return y
    }
}
